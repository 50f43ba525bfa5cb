# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix drivers/iommu/vtd/,vtd.o vtd_ctx.o vtd_fault.o vtd_ir.o \
    vtd_mmio.o vtd_pt.o vtd_qi.o vtd_scope.o)
