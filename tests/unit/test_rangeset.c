/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Range sets against an array of bool.
 * Links: core/lib/rangeset.c
 */
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <tests/unit/unit.h>

#define SPAN 96u

static void check_set(const struct rangeset *set, const bool *model)
{
    const struct range *r;
    uint64_t before = 0, count = 0;
    bool first = true;

    rangeset_for_each(r, set) {
        CHECK(r->first <= r->last);
        CHECK(first || r->first > before + 1);
        before = r->last;
        first = false;
    }
    for (unsigned int i = 0; i < SPAN; i++) {
        CHECK_EQ(rangeset_contains(set, i, i), model[i]);
        count += model[i];
    }
    CHECK_EQ(rangeset_count(set), count);
    CHECK_EQ(rangeset_is_empty(set), count == 0);
}

TEST(random_operations)
{
    struct range array[SPAN];
    struct range_pool pool;
    struct rangeset set;
    bool model[SPAN] = { false };

    range_pool_init(&pool, array, SPAN);
    rangeset_init(&set, &range_pool_ops, &pool);
    for (int round = 0; round < 5000; round++) {
        const uint64_t a = unit_random() % SPAN;
        const uint64_t b = a + unit_random() % (SPAN - a);
        const bool add = unit_random() & 1;
        bool all = true, any = false;

        for (uint64_t i = a; i <= b; i++) {
            all &= model[i];
            any |= model[i];
        }
        CHECK_EQ(rangeset_contains(&set, a, b), all);
        CHECK_EQ(rangeset_overlaps(&set, a, b), any);
        CHECK_EQ(add ? rangeset_add(&set, a, b) : rangeset_remove(&set, a, b),
                 0);
        for (uint64_t i = a; i <= b; i++) {
            model[i] = add;
        }
        check_set(&set, model);
    }
    rangeset_clear(&set);
    CHECK(rangeset_is_empty(&set));
}

TEST(ends_of_the_numbers)
{
    struct range array[4];
    struct range_pool pool;
    struct rangeset set;

    range_pool_init(&pool, array, 4);
    rangeset_init(&set, &range_pool_ops, &pool);
    CHECK_EQ(rangeset_add(&set, UINT64_MAX, UINT64_MAX), 0);
    CHECK_EQ(rangeset_add(&set, 0, 0), 0);
    CHECK_EQ(rangeset_count(&set), 2);
    CHECK_EQ(rangeset_add(&set, 1, UINT64_MAX - 1), 0);
    CHECK(rangeset_contains(&set, 0, UINT64_MAX));
    CHECK_EQ(rangeset_count(&set), 0);
    CHECK_EQ(rangeset_remove(&set, 5, UINT64_MAX), 0);
    CHECK_EQ(rangeset_count(&set), 5);
    CHECK_EQ(rangeset_add(&set, 7, 6), -EINVAL);
    CHECK_EQ(rangeset_remove(&set, 7, 6), -EINVAL);
    CHECK(!rangeset_contains(&set, 3, 2));
}

TEST(no_node_left)
{
    struct range array[2];
    struct range_pool pool;
    struct rangeset set;

    range_pool_init(&pool, array, 2);
    rangeset_init(&set, &range_pool_ops, &pool);
    CHECK_EQ(rangeset_add(&set, 0, 9), 0);
    CHECK_EQ(rangeset_add(&set, 20, 29), 0);
    CHECK_EQ(rangeset_add(&set, 40, 49), -ENOMEM);
    CHECK_EQ(rangeset_remove(&set, 5, 6), -ENOMEM);
    CHECK_EQ(rangeset_count(&set), 20);
    CHECK_EQ(rangeset_add(&set, 10, 19), 0);
    CHECK_EQ(rangeset_count(&set), 30);
    CHECK_EQ(rangeset_remove(&set, 5, 6), 0);
    CHECK_EQ(rangeset_count(&set), 28);
}
