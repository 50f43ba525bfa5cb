/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of 64-bit numbers kept as sorted ranges that neither touch nor
 * overlap: memory maps, permissions to map frames or use ports. Both ends of
 * a range belong to it. Nodes come from ops of the caller or from a pool
 * over an array. The lock of whoever owns the set protects it. No manual
 * chapter.
 */
#ifndef CORE_LIB_RANGESET_H
#define CORE_LIB_RANGESET_H

#include <core/lib/list.h>

struct range {
    struct list_head link;
    uint64_t first;
    uint64_t last;
};

struct rangeset_ops {
    struct range *(*alloc)(void *ctx); /* NULL: none left */
    void (*free)(void *ctx, struct range *r);
};

struct rangeset {
    struct list_head ranges; /* ascending */
    const struct rangeset_ops *ops;
    void *ctx;
};

/* Nodes of a fixed array. */
struct range_pool {
    struct list_head spare;
};

extern const struct rangeset_ops range_pool_ops; /* ctx: the range_pool */

void range_pool_init(struct range_pool *pool, struct range *array,
                     size_t count);

void rangeset_init(struct rangeset *set, const struct rangeset_ops *ops,
                   void *ctx);

/* Gives all nodes back; the set is then empty and may be used again. */
void rangeset_clear(struct rangeset *set);

/*
 * Add or remove first .. last. Return 0, -EINVAL when last < first, -ENOMEM
 * when a node is needed and there is none; the set is then unchanged.
 */
int __must_check rangeset_add(struct rangeset *set, uint64_t first,
                              uint64_t last);
int __must_check rangeset_remove(struct rangeset *set, uint64_t first,
                                 uint64_t last);

/* Whether all numbers, or any number, of first .. last is in the set. */
bool rangeset_contains(const struct rangeset *set, uint64_t first,
                       uint64_t last);
bool rangeset_overlaps(const struct rangeset *set, uint64_t first,
                       uint64_t last);

static inline bool rangeset_is_empty(const struct rangeset *set)
{
    return list_empty(&set->ranges);
}

/* How many numbers; wraps to 0 for all of them. */
uint64_t rangeset_count(const struct rangeset *set);

#define rangeset_for_each(r, set) \
    list_for_each_entry(r, &(set)->ranges, link)

#endif
