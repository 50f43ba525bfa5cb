/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of numbers as sorted ranges, on a list: the sets are short. No
 * locking, no manual chapter.
 */
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>

static struct range *range_pool_alloc(void *ctx)
{
    struct range_pool *const pool = ctx;
    struct range *const r =
        list_first_or_null(&pool->spare, struct range, link);

    if (r != NULL) {
        list_del(&r->link);
    }
    return r;
}

static void range_pool_free(void *ctx, struct range *r)
{
    struct range_pool *const pool = ctx;

    list_add(&r->link, &pool->spare);
}

const struct rangeset_ops range_pool_ops = {
    .alloc = range_pool_alloc,
    .free = range_pool_free,
};

void range_pool_init(struct range_pool *pool, struct range *array,
                     size_t count)
{
    list_init(&pool->spare);
    for (size_t i = 0; i < count; i++) {
        list_add_tail(&array[i].link, &pool->spare);
    }
}

void rangeset_init(struct rangeset *set, const struct rangeset_ops *ops,
                   void *ctx)
{
    list_init(&set->ranges);
    set->ops = ops;
    set->ctx = ctx;
}

static void rangeset_drop(struct rangeset *set, struct range *r)
{
    list_del(&r->link);
    set->ops->free(set->ctx, r);
}

void rangeset_clear(struct rangeset *set)
{
    struct range *r, *next;

    list_for_each_entry_safe(r, next, &set->ranges, link) {
        rangeset_drop(set, r);
    }
}

/* Whether r ends too far below first to touch it. */
static bool range_is_below(const struct range *r, uint64_t first)
{
    return r->last < first && first - r->last > 1;
}

static bool range_is_above(const struct range *r, uint64_t last)
{
    return r->first > last && r->first - last > 1;
}

int rangeset_add(struct rangeset *set, uint64_t first, uint64_t last)
{
    struct range *r, *next, *into = NULL;

    if (last < first) {
        return -EINVAL;
    }
    list_for_each_entry_safe(r, next, &set->ranges, link) {
        if (range_is_below(r, first)) {
            continue;
        }
        if (range_is_above(r, last)) {
            break;
        }
        /* r touches the new range: the first such one takes up all. */
        first = min(first, r->first);
        last = max(last, r->last);
        if (into == NULL) {
            into = r;
        } else {
            rangeset_drop(set, r);
        }
    }
    if (into == NULL) {
        into = set->ops->alloc(set->ctx);
        if (into == NULL) {
            return -ENOMEM;
        }
        /* r is the first range above, or the head: both insert before. */
        list_add_tail(&into->link, &r->link);
    }
    into->first = first;
    into->last = last;
    return 0;
}

/* Takes a hole out of r, which reaches beyond it on both sides. */
static int rangeset_split(struct rangeset *set, struct range *r,
                          uint64_t first, uint64_t last)
{
    struct range *const upper = set->ops->alloc(set->ctx);

    if (upper == NULL) {
        return -ENOMEM;
    }
    upper->first = last + 1;
    upper->last = r->last;
    r->last = first - 1;
    list_add(&upper->link, &r->link);
    return 0;
}

int rangeset_remove(struct rangeset *set, uint64_t first, uint64_t last)
{
    struct range *r, *next;

    if (last < first) {
        return -EINVAL;
    }
    list_for_each_entry_safe(r, next, &set->ranges, link) {
        if (r->last < first || r->first > last) {
            continue;
        }
        if (r->first < first && r->last > last) {
            return rangeset_split(set, r, first, last);
        }
        if (r->first < first) {
            r->last = first - 1;
        } else if (r->last > last) {
            r->first = last + 1;
        } else {
            rangeset_drop(set, r);
        }
    }
    return 0;
}

bool rangeset_contains(const struct rangeset *set, uint64_t first,
                       uint64_t last)
{
    const struct range *r;

    rangeset_for_each(r, set) {
        if (r->first <= first && first <= r->last) {
            return first <= last && last <= r->last;
        }
    }
    return false;
}

bool rangeset_overlaps(const struct rangeset *set, uint64_t first,
                       uint64_t last)
{
    const struct range *r;

    rangeset_for_each(r, set) {
        if (r->first <= last && first <= r->last) {
            return true;
        }
    }
    return false;
}

uint64_t rangeset_count(const struct rangeset *set)
{
    const struct range *r;
    uint64_t sum = 0;

    rangeset_for_each(r, set) {
        sum += r->last - r->first + 1;
    }
    return sum;
}
