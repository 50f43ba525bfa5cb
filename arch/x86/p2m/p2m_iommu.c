/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mirrors the physical-to-machine map of the domain that owns the machine's
 * devices into their address space.  See p2m_iommu.h.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/p2m/p2m_iommu.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <drivers/iommu/iommu.h>

/* 0: devices do not see it. */
static unsigned int perm_of(enum p2m_type type)
{
    if (!p2m_type_is_ram(type) || type == P2M_XENPAGE_RW) {
        return 0;
    }
    return p2m_type_is_writable(type) ? IOMMU_READ | IOMMU_WRITE : IOMMU_READ;
}

/*
 * Frames that devices do not see before and after are left alone: firmware's
 * reserved regions lie there.
 */
static bool is_unseen(const struct domain *d, gfn_t gfn, unsigned int order)
{
    const struct p2m_entry e = p2m_lookup(d, gfn);

    return e.order >= order && perm_of(e.type) == 0;
}

int p2m_iommu_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  enum p2m_type type)
{
    struct iommu_ctx *const ctx = p2m_of(d)->iommu;
    const unsigned int perm = perm_of(type);

    if (perm == 0 && is_unseen(d, gfn, order)) {
        return 0;
    }
    return iommu_map(ctx, DFN(gfn_x(gfn)), mfn, order, perm);
}

/* Taking away what was just set, and setting single frames where tables
 * stand, needs no memory; what does is lost to devices. */
void p2m_iommu_undo(struct domain *d, gfn_t gfn, unsigned int order)
{
    struct iommu_ctx *const ctx = p2m_of(d)->iommu;
    int rc = iommu_map(ctx, DFN(gfn_x(gfn)), MFN(0), order, 0);

    for (uint64_t i = 0; rc == 0 && i < UINT64_C(1) << order; i++) {
        const struct p2m_entry e = p2m_lookup(d, gfn_add(gfn, i));

        rc = iommu_map(ctx, DFN(gfn_x(gfn) + i), e.mfn, 0, perm_of(e.type));
    }
}

/* Where dom0 has nothing, firmware's regions may be, at their own addresses. */
bool p2m_iommu_agrees(const struct domain *d, gfn_t gfn,
                      const struct p2m_entry *e)
{
    const unsigned int perm = perm_of(e->type);
    unsigned int seen;
    const mfn_t mfn = iommu_lookup(p2m_of(d)->iommu, DFN(gfn_x(gfn)), &seen);

    if (perm == 0) {
        return seen == 0 || (mfn_x(mfn) == gfn_x(gfn) && !page_is_ram(mfn));
    }
    return seen == perm && mfn_eq(mfn, e->mfn);
}
