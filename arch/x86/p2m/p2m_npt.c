/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of nested page tables: the ordinary long mode format, walked as
 * user accesses.  APM volume 2, "Nested Paging".  The memory type is write
 * back here; the machine's MTRRs and the guest's PAT decide.
 */
#include <arch/x86/hw/npt_bits.h>
#include <arch/x86/p2m/p2m.h>

static uint64_t npt_leaf(mfn_t mfn, unsigned int order, enum p2m_type type)
{
    uint64_t e = mfn_to_paddr(mfn) | NPT_P | NPT_U | NPT_A |
                 field_prep(P2M_TYPE, type);

    if (order) {
        e |= NPT_PS;
    }
    if (p2m_type_is_writable(type)) {
        e |= NPT_W | NPT_D;
    }
    if (p2m_type_is_mmio(type)) {
        e |= NPT_NX;
    }
    return e;
}

static uint64_t npt_table(mfn_t mfn)
{
    return mfn_to_paddr(mfn) | NPT_P | NPT_W | NPT_U | NPT_A;
}

/* NOLINTNEXTLINE(misc-redundant-expression): that they agree is checked. */
static_assert((NPT_P & ~P2M_PRESENT) == 0 && NPT_PS == P2M_LARGE, "p2m.h");

const struct p2m_format p2m_format_npt = {
    .name = "NPT",
    .leaf = npt_leaf,
    .table = npt_table,
};
