/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps against an array of bool.
 * Links: core/lib/bitmap.c
 */
#include <core/lib/bitmap.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

#define NBITS 150u

static void check_same(const uint64_t *map, const bool *model,
                       unsigned int nbits)
{
    unsigned int weight = 0, bit, seen = 0;

    for (unsigned int i = 0; i < nbits; i++) {
        CHECK_EQ(bitmap_test(map, i), model[i]);
        weight += model[i];
    }
    CHECK_EQ(bitmap_weight(map, nbits), weight);
    CHECK_EQ(bitmap_is_empty(map, nbits), weight == 0);
    CHECK_EQ(bitmap_is_full(map, nbits), weight == nbits);
    bitmap_for_each_set(bit, map, nbits) {
        CHECK(model[bit]);
        seen++;
    }
    CHECK_EQ(seen, weight);
    for (unsigned int from = 0; from <= nbits; from++) {
        unsigned int set = from, clear = from;

        while (set < nbits && !model[set]) {
            set++;
        }
        while (clear < nbits && model[clear]) {
            clear++;
        }
        CHECK_EQ(bitmap_next_set(map, nbits, from), set);
        CHECK_EQ(bitmap_next_clear(map, nbits, from), clear);
    }
}

TEST(random_ranges)
{
    DECLARE_BITMAP(map, NBITS) = { 0 };
    bool model[NBITS] = { false };

    for (int round = 0; round < 300; round++) {
        const unsigned int first = (unsigned int)(unit_random() % NBITS);
        const unsigned int count =
            (unsigned int)(unit_random() % (NBITS - first + 1));
        const bool set = unit_random() & 1;

        if (set) {
            bitmap_set_range(map, first, count);
        } else {
            bitmap_clear_range(map, first, count);
        }
        for (unsigned int i = 0; i < count; i++) {
            model[first + i] = set;
        }
        check_same(map, model, NBITS);
        check_same(map, model, 64);
        check_same(map, model, 65);
    }
}

TEST(surplus_bits_stay)
{
    DECLARE_BITMAP(a, NBITS) = { 0 };
    DECLARE_BITMAP(b, NBITS) = { ~0ULL, ~0ULL, ~0ULL };

    bitmap_fill(a, NBITS);
    CHECK_EQ(a[2] >> (NBITS - 128), 0);
    CHECK(bitmap_is_subset(a, b, NBITS) && bitmap_is_subset(b, a, NBITS));
    bitmap_zero(b, NBITS);
    CHECK_EQ(b[2], ~0ULL << (NBITS - 128));
    CHECK(bitmap_is_empty(b, NBITS));
    bitmap_copy(b, a, 10);
    CHECK_EQ(b[0], 0x3ff);
    CHECK(bitmap_is_empty(a, 0));
    CHECK(bitmap_is_full(a, 0));
}

TEST(two_maps)
{
    uint64_t a[2] = { 0xf0f0, 1 }, b[2] = { 0xff00, 1 }, c[2] = { 0, 0 };

    bitmap_and(c, a, b, 128);
    CHECK_EQ(c[0], 0xf000);
    CHECK_EQ(c[1], 1);
    CHECK(bitmap_is_subset(c, a, 128));
    CHECK(!bitmap_is_subset(a, b, 128));
    CHECK(bitmap_has_common(a, b, 128));
    c[0] = 0x00f0;
    c[1] = 0;
    CHECK(!bitmap_has_common(c, b, 128));
}

TEST(single_bits)
{
    uint64_t a[2] = { 0, 0 };

    CHECK(!bitmap_test_and_set(a, 70));
    CHECK(bitmap_test_and_set(a, 70));
    CHECK(bitmap_test_and_clear(a, 70));
    CHECK(!bitmap_test_and_clear(a, 70));
    bitmap_set(a, 3);
    CHECK_EQ(bitmap_first_set(a, 128u), 3);
    CHECK_EQ(bitmap_first_clear(a, 128u), 0);
    bitmap_clear(a, 3);
    CHECK(bitmap_is_empty(a, 128));
}
