/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps: arrays of 64-bit words, bit 0 is the lowest of word 0. Bits at
 * and above nbits in the last word are ignored by the readers and left
 * alone by the writers. Not atomic: whoever owns the map locks. No manual
 * chapter.
 */
#ifndef CORE_LIB_BITMAP_H
#define CORE_LIB_BITMAP_H

#include <core/lib/types.h>

#define BITMAP_WORDS(nbits) (((nbits) + 63u) / 64u)
#define BITMAP_LONGS(nbits) BITMAP_WORDS(nbits) /* as some contracts say */
#define DECLARE_BITMAP(name, nbits) uint64_t name[BITMAP_LONGS(nbits)]

static inline bool bitmap_test(const uint64_t *map, unsigned int bit)
{
    return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(uint64_t *map, unsigned int bit)
{
    map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, unsigned int bit)
{
    map[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

/* The bit's old value. */
static inline bool bitmap_test_and_set(uint64_t *map, unsigned int bit)
{
    const bool old = bitmap_test(map, bit);

    bitmap_set(map, bit);
    return old;
}

static inline bool bitmap_test_and_clear(uint64_t *map, unsigned int bit)
{
    const bool old = bitmap_test(map, bit);

    bitmap_clear(map, bit);
    return old;
}

/* Bits first .. first + count - 1. */
void bitmap_set_range(uint64_t *map, unsigned int first, unsigned int count);
void bitmap_clear_range(uint64_t *map, unsigned int first,
                        unsigned int count);

/* All nbits. */
void bitmap_zero(uint64_t *map, unsigned int nbits);
void bitmap_fill(uint64_t *map, unsigned int nbits);
void bitmap_copy(uint64_t *to, const uint64_t *from, unsigned int nbits);
void bitmap_and(uint64_t *to, const uint64_t *a, const uint64_t *b,
                unsigned int nbits);

bool bitmap_is_empty(const uint64_t *map, unsigned int nbits);
bool bitmap_is_full(const uint64_t *map, unsigned int nbits);
bool bitmap_is_subset(const uint64_t *part, const uint64_t *whole,
                      unsigned int nbits);
bool bitmap_has_common(const uint64_t *a, const uint64_t *b,
                       unsigned int nbits);
unsigned int bitmap_weight(const uint64_t *map, unsigned int nbits);

/* First set or clear bit at or above from; nbits when there is none. */
unsigned int bitmap_next_set(const uint64_t *map, unsigned int nbits,
                             unsigned int from);
unsigned int bitmap_next_clear(const uint64_t *map, unsigned int nbits,
                               unsigned int from);

#define bitmap_first_set(map, nbits) bitmap_next_set(map, nbits, 0)
#define bitmap_first_clear(map, nbits) bitmap_next_clear(map, nbits, 0)

#define bitmap_for_each_set(bit, map, nbits)                              \
    for ((bit) = bitmap_next_set(map, nbits, 0); (bit) < (nbits);         \
         (bit) = bitmap_next_set(map, nbits, (bit) + 1))

#endif
