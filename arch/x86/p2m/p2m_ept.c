/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of extended page tables.  SDM volume 3, "EPT Translation Mechanism",
 * "EPT and Memory Typing".  The machine's MTRRs do not apply under EPT: RAM
 * is write back, device memory uncached, which the guest's PAT may turn into
 * write combining.
 */
#include <arch/x86/hw/ept_bits.h>
#include <arch/x86/p2m/p2m.h>

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
    if (type == P2M_MMIO_DIRECT) {
        e |= FIELD_PREP(EPT_MEMTYPE, EPT_UC);
    } else {
        e |= EPT_X | FIELD_PREP(EPT_MEMTYPE, EPT_WB);
    }
    return e;
}

static uint64_t ept_table(mfn_t mfn)
{
    return mfn_to_paddr(mfn) | EPT_RWX;
}

static_assert(EPT_RWX == P2M_PRESENT && EPT_LARGE == P2M_LARGE, "p2m.h");

const struct p2m_format p2m_format_ept = {
    .name = "EPT",
    .leaf = ept_leaf,
    .table = ept_table,
};
