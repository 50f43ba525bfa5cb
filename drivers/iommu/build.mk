# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/iommu/iommu.o drivers/iommu/iommu_map.o
