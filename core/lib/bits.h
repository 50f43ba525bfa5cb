/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits and fields of integers. Hardware and guest layouts are described by
 * GENMASK64 masks and read and written with field_get() and field_prep();
 * FIELD_PREP is the constant expression for initialisers. No locking, no
 * manual chapter.
 */
#ifndef CORE_LIB_BITS_H
#define CORE_LIB_BITS_H

#include <core/lib/types.h>

#define BIT32(n) (UINT32_C(1) << (n))

/* Bits high to low, both included, 63 >= high >= low >= 0. */
#define GENMASK64(high, low) \
    ((~UINT64_C(0) << (low)) & (~UINT64_C(0) >> (63 - (high))))
#define GENMASK32(high, low) \
    ((~UINT32_C(0) << (low)) & (~UINT32_C(0) >> (31 - (high))))

/* Lowest set bit of a mask, as a value. */
#define MASK_UNIT(mask) ((mask) & (0 - (mask)))

/* Constant expressions; surplus bits of value are cut off. */
#define FIELD_PREP(mask, value) \
    (((uint64_t)(value) * MASK_UNIT((uint64_t)(mask))) & (uint64_t)(mask))
#define FIELD_GET(mask, reg) \
    (((uint64_t)(reg) & (uint64_t)(mask)) / MASK_UNIT((uint64_t)(mask)))

/* Place of the lowest or highest set bit, 0 to 63. Requires x != 0. */
static inline unsigned int bit_lowest(uint64_t x)
{
    return (unsigned int)__builtin_ctzl(x);
}

static inline unsigned int bit_highest(uint64_t x)
{
    return 63u - (unsigned int)__builtin_clzl(x);
}

/* As the POSIX function and its twin: 1 to 64, 0 when no bit is set. */
static inline unsigned int bit_ffs(uint64_t x)
{
    return x ? bit_lowest(x) + 1 : 0;
}

static inline unsigned int bit_fls(uint64_t x)
{
    return x ? bit_highest(x) + 1 : 0;
}

/* Number of set bits. Without a library call and without POPCNT. */
static inline unsigned int bit_count(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) +
        ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned int)((x * UINT64_C(0x0101010101010101)) >> 56);
}

/* The field of reg that mask names, moved to bit 0. Requires mask != 0. */
static inline uint64_t field_get(uint64_t mask, uint64_t reg)
{
    return (reg & mask) >> bit_lowest(mask);
}

/* value moved to the field; surplus bits are cut off. */
static inline uint64_t field_prep(uint64_t mask, uint64_t value)
{
    return (value << bit_lowest(mask)) & mask;
}

/* reg with the field replaced. */
static inline uint64_t field_set(uint64_t reg, uint64_t mask, uint64_t value)
{
    return (reg & ~mask) | field_prep(mask, value);
}

static inline uint32_t lo32(uint64_t x)
{
    return (uint32_t)x;
}

static inline uint32_t hi32(uint64_t x)
{
    return (uint32_t)(x >> 32);
}

static inline uint64_t make64(uint32_t high, uint32_t low)
{
    return ((uint64_t)high << 32) | low;
}

/* n is taken modulo the width. */
static inline uint32_t rol32(uint32_t x, unsigned int n)
{
    return (x << (n & 31)) | (x >> (-n & 31));
}

static inline uint64_t rol64(uint64_t x, unsigned int n)
{
    return (x << (n & 63)) | (x >> (-n & 63));
}

static inline uint64_t ror64(uint64_t x, unsigned int n)
{
    return (x >> (n & 63)) | (x << (-n & 63));
}

/* The low bytes of x, 1 to 8, extended with zeros or with the sign. */
static inline uint64_t zero_extend(uint64_t x, unsigned int bytes)
{
    return x & (~UINT64_C(0) >> (64 - 8 * bytes));
}

static inline uint64_t sign_extend(uint64_t x, unsigned int bytes)
{
    const unsigned int shift = 64 - 8 * bytes;

    return (uint64_t)((int64_t)(x << shift) >> shift);
}

/* Page order that holds this many pages: ceil(log2(pages)); 0 for 0. */
static inline unsigned int order_of_pages(uint64_t pages)
{
    return pages <= 1 ? 0 : bit_highest(pages - 1) + 1;
}

/* (a * mul) >> shift with a 128-bit product; shift 0 to 127. */
static inline uint64_t mul64_shift(uint64_t a, uint64_t mul,
                                   unsigned int shift)
{
    return (uint64_t)(((unsigned __int128)a * mul) >> shift);
}

/*
 * a * b / c rounded down, with a 128-bit product. Requires c != 0; the
 * result saturates at UINT64_MAX. Slow (64 steps): for set-up only.
 */
static inline uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    unsigned __int128 rest = product >> 64;
    uint64_t quotient = 0;

    if (rest >= c) {
        return UINT64_MAX;
    }
    for (unsigned int i = 64; i-- > 0;) {
        rest = (rest << 1) | ((uint64_t)product >> i & 1);
        quotient <<= 1;
        if (rest >= c) {
            rest -= c;
            quotient |= 1;
        }
    }
    return quotient;
}

#endif
