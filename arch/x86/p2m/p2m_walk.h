/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through the second-level tables: from a frame number to a pointer
 * at its entry.
 */
#ifndef ARCH_X86_P2M_P2M_WALK_H
#define ARCH_X86_P2M_P2M_WALK_H

#include <arch/x86/p2m/p2m.h>

#define P2M_LEVEL_BITS 9u
#define P2M_ENTRIES 512u

/* Level of a leaf of @order: 0, 9, 18 give 0, 1, 2. */
static inline unsigned int p2m_level_of(unsigned int order)
{
    return order / P2M_LEVEL_BITS;
}

static inline unsigned int p2m_index(gfn_t gfn, unsigned int level)
{
    return (unsigned int)(gfn_x(gfn) >> (level * P2M_LEVEL_BITS)) %
           P2M_ENTRIES;
}

/*
 * The entry of @gfn where the walk ends: at a leaf, at an absent entry, or at
 * @level.  *@level becomes the level it stands at.  No lock needed to read.
 */
uint64_t *p2m_walk(const struct p2m *p2m, gfn_t gfn, unsigned int *level);

/*
 * The entry of @gfn at exactly @level, with tables made and large leaves
 * split on the way; NULL if there is no memory for them.  If a table stands
 * where a leaf of @level could be, it is returned like any entry.
 */
uint64_t *p2m_walk_create(struct p2m *p2m, gfn_t gfn, unsigned int level);

#endif /* ARCH_X86_P2M_P2M_WALK_H */
