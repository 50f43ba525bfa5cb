/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting, checksums, hashes.
 * Links: core/lib/sort.c core/lib/crc32.c
 */
#include <core/lib/crc32.h>
#include <core/lib/hash.h>
#include <core/lib/sort.h>
#include <tests/unit/unit.h>

static int cmp_u32(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

TEST(sorting)
{
    uint32_t array[200];

    for (size_t n = 0; n < 200; n++) {
        uint64_t sum = 0;

        for (size_t i = 0; i < n; i++) {
            array[i] = (uint32_t)unit_random() % 100;
            sum += array[i];
        }
        sort(array, n, sizeof(*array), cmp_u32);
        for (size_t i = 0; i < n; i++) {
            CHECK(i == 0 || array[i - 1] <= array[i]);
            sum -= array[i];
        }
        CHECK_EQ(sum, 0);
    }
}

TEST(checksum)
{
    CHECK_EQ(crc32(0, "", 0), 0);
    CHECK_EQ(crc32(0, "123456789", 9), 0xcbf43926);
    CHECK_EQ(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

TEST(hashes)
{
    CHECK_EQ(hash_bytes("", 0), 0x811c9dc5);
    CHECK_EQ(hash_bytes("a", 1), 0xe40c292c);
    for (uint64_t i = 0; i < 100; i++) {
        CHECK(hash_u64(i, 4) < 16);
    }
    CHECK(hash_u64(1, 32) != hash_u64(2, 32));
}
