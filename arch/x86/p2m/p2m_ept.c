/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of extended page tables.  SDM volume 3, "EPT Translation Mechanism",
 * "EPT and Memory Typing".  The machine's MTRRs do not apply under EPT, its
 * entries stand in for them: RAM is write back, device memory what the MTRRs
 * say of it, and the guest's PAT decides on top of either as it does without
 * a hypervisor.
 *
 * Accessed and dirty flags are not enabled: the bits are set beforehand, so
 * that a switch which enables them finds what it would have found.
 */
#include <arch/x86/hw/ept_bits.h>
#include <arch/x86/mm/memtype.h>
#include <arch/x86/p2m/p2m.h>

static_assert((int)EPT_UC == (int)MEMTYPE_UC &&
                  (int)EPT_WC == (int)MEMTYPE_WC &&
                  (int)EPT_WB == (int)MEMTYPE_WB, "the same numbers");

/* Of a leaf that spans several types none is cached. */
static uint64_t device_memtype(mfn_t mfn, unsigned int order)
{
    bool uniform;
    const enum memtype type =
        memtype_of_range(mfn_to_paddr(mfn), PAGE_SIZE << order, &uniform);

    return uniform ? (uint64_t)type : EPT_UC;
}

static uint64_t ept_leaf(mfn_t mfn, unsigned int order, enum p2m_type type)
{
    uint64_t e = mfn_to_paddr(mfn) | EPT_R | EPT_A |
                 field_prep(P2M_TYPE, type);

    if (order) {
        e |= EPT_LARGE;
    }
    if (p2m_type_is_writable(type)) {
        e |= EPT_W | EPT_D;
    }
    if (p2m_type_is_mmio(type)) {
        e |= field_prep(EPT_MEMTYPE, device_memtype(mfn, order));
    } else {
        e |= EPT_X | FIELD_PREP(EPT_MEMTYPE, EPT_WB);
    }
    return e;
}

static uint64_t ept_table(mfn_t mfn)
{
    return mfn_to_paddr(mfn) | EPT_RWX;
}

/* NOLINTNEXTLINE(misc-redundant-expression): that they agree is checked. */
static_assert(EPT_RWX == P2M_PRESENT && EPT_LARGE == P2M_LARGE, "p2m.h");

const struct p2m_format p2m_format_ept = {
    .name = "EPT",
    .leaf = ept_leaf,
    .table = ept_table,
};
