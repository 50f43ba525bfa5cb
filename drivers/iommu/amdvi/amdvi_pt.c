/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of AMD-Vi page tables.  A table's entry says the level of what it
 * leads to, with 1 for a table of 4 KiB leaves; 0 is a leaf.
 * Manual: AMD I/O Virtualization Technology specification, "I/O Page Tables
 * for Host Translations".
 */
#include <drivers/iommu/amdvi/amdvi_priv.h>

static uint64_t leaf(mfn_t mfn, unsigned int level, unsigned int perm)
{
    return mfn_to_paddr(mfn) | PTE_PR | PTE_FC |
           (perm & IOMMU_READ ? PTE_IR : 0) |
           (perm & IOMMU_WRITE ? PTE_IW : 0);
}

static uint64_t table(mfn_t mfn, unsigned int level)
{
    return mfn_to_paddr(mfn) | PTE_PR | PTE_IR | PTE_IW |
           field_prep(PTE_NEXT_LEVEL, level);
}

static bool is_table(uint64_t entry, unsigned int level)
{
    return field_get(PTE_NEXT_LEVEL, entry) != 0;
}

static unsigned int perm(uint64_t entry)
{
    return (entry & PTE_IR ? IOMMU_READ : 0) |
           (entry & PTE_IW ? IOMMU_WRITE : 0);
}

/*
 * Units ignore all of an entry without PR.  QEMU's logs no fault when it
 * meets 0, and does for this.
 */
const struct iommu_format amdvi_format = {
    .name = "AMD-Vi",
    .absent = FIELD_PREP(PTE_NEXT_LEVEL, 1),
    .leaf = leaf,
    .table = table,
    .is_table = is_table,
    .perm = perm,
};
