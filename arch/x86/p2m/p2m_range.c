/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of the physical-to-machine map, by the largest leaves that fit.
 */
#include <arch/x86/p2m/p2m_walk.h>

/* Largest order for a mapping at @gfn to @mfn of at most @nr frames. */
static unsigned int best_order(uint64_t gfn, uint64_t mfn, uint64_t nr)
{
    for (unsigned int order = p2m_limits.max_order; order > 0;
         order -= P2M_LEVEL_BITS) {
        const uint64_t size = UINT64_C(1) << order;

        if (((gfn | mfn) & (size - 1)) == 0 && nr >= size) {
            return order;
        }
    }
    return 0;
}

int p2m_map_range(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long nr,
                  enum p2m_type type)
{
    int rc = 0;

    p2m_begin_batch(d);
    while (nr && !rc) {
        const unsigned int order = best_order(gfn_x(gfn), mfn_x(mfn), nr);
        const uint64_t size = UINT64_C(1) << order;

        rc = p2m_map(d, gfn, mfn, order, type);
        gfn = gfn_add(gfn, size);
        mfn = mfn_add(mfn, size);
        nr -= size;
    }
    p2m_end_batch(d);
    return rc;
}

int p2m_unmap_range(struct domain *d, gfn_t gfn, unsigned long nr)
{
    int rc = 0;

    p2m_begin_batch(d);
    while (nr && !rc) {
        const unsigned int order = best_order(gfn_x(gfn), 0, nr);

        rc = p2m_unmap(d, gfn, order);
        gfn = gfn_add(gfn, UINT64_C(1) << order);
        nr -= UINT64_C(1) << order;
    }
    p2m_end_batch(d);
    return rc;
}
