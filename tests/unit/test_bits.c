/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits, fields, rounding and multiplication. */
#include <core/lib/bits.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

static_assert(GENMASK64(63, 0) == UINT64_MAX, "all");
static_assert(GENMASK64(7, 4) == 0xf0, "middle");
static_assert(GENMASK32(31, 31) == 0x80000000u, "top");
static_assert(FIELD_PREP(0xf00, 5) == 0x500, "constant");
static_assert(FIELD_GET(0xf00, 0x1534) == 5, "constant");
static_assert(IS_ENABLED(UNIT_TEST) == 1, "on");
static_assert(IS_ENABLED(NEVER_DEFINED) == 0, "off");

TEST(fields)
{
    CHECK_EQ(field_get(GENMASK64(51, 12), 0x123456789abcdef0), 0x456789abcd);
    CHECK_EQ(field_prep(GENMASK64(51, 12), 0xfff123456789a),
             0x123456789a000);
    CHECK_EQ(field_set(0xffff, 0xff0, 0x12), 0xf12f);
}

TEST(searching)
{
    for (unsigned int i = 0; i < 64; i++) {
        const uint64_t bit = UINT64_C(1) << i;

        CHECK_EQ(bit_lowest(bit | UINT64_C(1) << 63), i);
        CHECK_EQ(bit_highest(bit | 1), i);
        CHECK_EQ(bit_ffs(bit), i + 1);
        CHECK_EQ(bit_fls(bit), i + 1);
        CHECK_EQ(bit_count(bit - 1), i);
        CHECK(is_power_of_2(bit));
        CHECK_EQ(order_of_pages(bit), i);
    }
    CHECK_EQ(bit_ffs(0), 0);
    CHECK_EQ(bit_fls(0), 0);
    CHECK_EQ(bit_count(UINT64_MAX), 64);
    CHECK(!is_power_of_2(0));
    CHECK(!is_power_of_2(6));
    CHECK_EQ(order_of_pages(0), 0);
    CHECK_EQ(order_of_pages(3), 2);
    CHECK_EQ(order_of_pages(513), 10);
}

TEST(extending)
{
    CHECK_EQ(sign_extend(0x80, 1), 0xffffffffffffff80);
    CHECK_EQ(sign_extend(0x17f, 1), 0x7f);
    CHECK_EQ(sign_extend(0x80000000, 4), 0xffffffff80000000);
    CHECK_EQ(sign_extend(UINT64_MAX, 8), UINT64_MAX);
    CHECK_EQ(zero_extend(UINT64_MAX, 2), 0xffff);
    CHECK_EQ(zero_extend(UINT64_MAX, 8), UINT64_MAX);
    CHECK_EQ(rol32(0x80000001, 1), 3);
    CHECK_EQ(rol32(5, 0), 5);
    CHECK_EQ(rol64(1, 64), 1);
    CHECK_EQ(ror64(1, 1), UINT64_C(1) << 63);
    CHECK_EQ(make64(1, 2), 0x100000002);
    CHECK_EQ(hi32(0x100000002), 1);
    CHECK_EQ(lo32(0x100000002), 2);
}

TEST(rounding)
{
    CHECK_EQ(round_up(1, 4096), 4096);
    CHECK_EQ(round_up(4096, 4096), 4096);
    CHECK_EQ(round_down(4097, 4096), 4096);
    CHECK(is_aligned(0x200000, 0x1000));
    CHECK(!is_aligned(0x200800, 0x1000));
    CHECK_EQ(DIV_ROUND_UP(7u, 3u), 3);
    CHECK_EQ(DIV_ROUND_UP(UINT64_MAX, UINT64_C(2)), UINT64_C(1) << 63);
    CHECK_EQ(bytes_to_pages(0), 0);
    CHECK_EQ(bytes_to_pages(1), 1);
    CHECK_EQ(bytes_to_pages(4096), 1);
    CHECK_EQ(bytes_to_pages(4097), 2);
    CHECK_EQ(min(3, 4) + max(5, 6) + clamp(9, 1, 7), 16);
}

TEST(multiplying)
{
    CHECK_EQ(mul64_shift(UINT64_MAX, UINT64_MAX, 64), UINT64_MAX - 1);
    CHECK_EQ(muldiv64(10, 10, 3), 33);
    CHECK_EQ(muldiv64(UINT64_MAX, 5, 5), UINT64_MAX);
    CHECK_EQ(muldiv64(UINT64_MAX, 5, 4), UINT64_MAX);
    for (int i = 0; i < 10000; i++) {
        const uint64_t a = unit_random() >> (unit_random() & 63);
        const uint64_t b = unit_random() >> (unit_random() & 63);
        const uint64_t c = (unit_random() >> (unit_random() & 63)) | 1;
        const unsigned __int128 q = (unsigned __int128)a * b / c;

        CHECK_EQ(muldiv64(a, b, c),
                 q > UINT64_MAX ? UINT64_MAX : (uint64_t)q);
    }
}

TEST(nospec)
{
    for (uint64_t size = 1; size < 40; size++) {
        for (uint64_t i = 0; i < 80; i++) {
            CHECK_EQ(index_nospec(i, size), i < size ? i : 0);
        }
    }
    CHECK_EQ(index_nospec(UINT64_MAX, 5), 0);
    CHECK_EQ(index_nospec(UINT64_C(1) << 63, UINT64_C(1) << 63), 0);
    CHECK_EQ(index_nospec(77, UINT64_C(1) << 63), 77);
}

TEST(frames)
{
    CHECK_EQ(mfn_x(paddr_to_mfn(0x12345678)), 0x12345);
    CHECK_EQ(mfn_to_paddr(MFN(0x12345)), 0x12345000);
    CHECK_EQ(gfn_x(gpa_to_gfn(gfn_to_gpa(GFN(7)))), 7);
    CHECK(mfn_eq(mfn_add(MFN(1), 2), MFN(3)));
    CHECK(!gfn_valid(INVALID_GFN));
    CHECK_EQ(dfn_x(dfn_max(DFN(3), DFN(9))), 9);
    CHECK_EQ(page_offset(0x12345678), 0x678);
}
