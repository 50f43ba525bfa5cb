/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of second-level page tables.  Constant after boot, no locks.
 * Manual: VT-d specification, "Second-Level Paging Entries".
 */
#include <core/lib/types.h>
#include <drivers/iommu/vtd/vtd_priv.h>

static RO_AFTER_INIT uint64_t leaf_bits;

void vtd_pt_set_snoop(bool on)
{
    leaf_bits = on ? VTD_PT_SNP : 0;
}

static uint64_t pt_leaf(mfn_t mfn, unsigned int level, unsigned int perm)
{
    uint64_t e = mfn_to_paddr(mfn) | leaf_bits;

    if (perm & IOMMU_READ) {
        e |= VTD_PT_R;
    }
    if (perm & IOMMU_WRITE) {
        e |= VTD_PT_W;
    }
    return level > 0 ? e | VTD_PT_PS : e;
}

static uint64_t pt_table(mfn_t mfn, unsigned int level)
{
    return mfn_to_paddr(mfn) | VTD_PT_R | VTD_PT_W;
}

static bool pt_is_table(uint64_t entry, unsigned int level)
{
    return !(entry & VTD_PT_PS);
}

static unsigned int pt_perm(uint64_t entry)
{
    return (entry & VTD_PT_R ? IOMMU_READ : 0) |
           (entry & VTD_PT_W ? IOMMU_WRITE : 0);
}

const struct iommu_format vtd_pt_format = {
    .name = "VT-d second level",
    .leaf = pt_leaf,
    .table = pt_table,
    .is_table = pt_is_table,
    .perm = pt_perm,
};
