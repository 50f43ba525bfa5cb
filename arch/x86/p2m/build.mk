# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/p2m/,p2m.o p2m_ept.o p2m_fault.o p2m_iommu.o p2m_log.o \
           p2m_npt.o p2m_range.o p2m_walk.o)
