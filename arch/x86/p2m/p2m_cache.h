/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few translations of one vCPU, to reach its memory without walking the
 * second-level tables each time: what a TLB is to the processor.
 *
 * An entry is good while the p2m's generation is the one it was made in: any
 * change that takes something away bumps that before the page can be freed.
 * Owner: the CPU whose current the vCPU is.
 */
#ifndef ARCH_X86_P2M_P2M_CACHE_H
#define ARCH_X86_P2M_P2M_CACHE_H

#include <arch/x86/p2m/p2m.h>
#include <core/sync/atomic.h>

#define P2M_CACHE_ENTRIES 8u
#define P2M_CACHE_BLOCK_ORDER 9u

struct p2m_cache_entry {
    uint64_t first;      /* Guest frame                                      */
    uint64_t frames;     /* 512, 1, or 0: nothing                            */
    uint64_t generation;
    uint8_t *va;         /* Of @first, in the direct map                     */
    bool is_writable;
};

struct p2m_cache {
    struct p2m_cache_entry entry[P2M_CACHE_ENTRIES];
};

/* The slow half: fill @e for @gfn; false if there is no RAM. */
bool p2m_cache_fill(const struct domain *d, gfn_t gfn,
                    struct p2m_cache_entry *e);

static inline uint64_t p2m_generation(const struct p2m *p2m)
{
    return atomic_read_relaxed(&p2m->generation);
}

/*
 * The entry that holds @gfn, or NULL if it is no RAM-like page.  No reference
 * is taken: to read a table that may change under us it needs none.
 */
static inline const struct p2m_cache_entry *
p2m_cache_find(struct p2m_cache *cache, const struct p2m *p2m,
               const struct domain *d, gfn_t gfn)
{
    struct p2m_cache_entry *const e =
        &cache->entry[(gfn_x(gfn) >> P2M_CACHE_BLOCK_ORDER) %
                      P2M_CACHE_ENTRIES];

    if (likely(gfn_x(gfn) - e->first < e->frames &&
               e->generation == p2m_generation(p2m))) {
        return e;
    }
    return p2m_cache_fill(d, gfn, e) ? e : NULL;
}

#endif /* ARCH_X86_P2M_P2M_CACHE_H */
