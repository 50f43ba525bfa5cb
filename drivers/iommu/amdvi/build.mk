# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/iommu/amdvi/amdvi.o drivers/iommu/amdvi/amdvi_cmd.o \
         drivers/iommu/amdvi/amdvi_devtab.o drivers/iommu/amdvi/amdvi_event.o \
         drivers/iommu/amdvi/amdvi_ir.o drivers/iommu/amdvi/amdvi_pt.o
