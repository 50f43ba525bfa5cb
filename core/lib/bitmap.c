/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps: whole-map and range operations. No locking, no manual chapter.
 */
#include <core/lib/bitmap.h>
#include <core/lib/bits.h>
#include <core/lib/util.h>

/* The valid bits of word i of a map of nbits. */
static uint64_t bitmap_valid(unsigned int i, unsigned int nbits)
{
    const unsigned int rest = nbits - i * 64;

    return rest >= 64 ? UINT64_MAX : (UINT64_C(1) << rest) - 1;
}

/* Bits low .. high - 1 of a word, high at most 64. */
static uint64_t bitmap_part(unsigned int low, unsigned int high)
{
    return GENMASK64(high - 1, low);
}

void bitmap_set_range(uint64_t *map, unsigned int first, unsigned int count)
{
    while (count != 0) {
        const unsigned int low = first % 64;
        const unsigned int n = min(count, 64 - low);

        map[first / 64] |= bitmap_part(low, low + n);
        first += n;
        count -= n;
    }
}

void bitmap_clear_range(uint64_t *map, unsigned int first,
                        unsigned int count)
{
    while (count != 0) {
        const unsigned int low = first % 64;
        const unsigned int n = min(count, 64 - low);

        map[first / 64] &= ~bitmap_part(low, low + n);
        first += n;
        count -= n;
    }
}

void bitmap_zero(uint64_t *map, unsigned int nbits)
{
    bitmap_clear_range(map, 0, nbits);
}

void bitmap_fill(uint64_t *map, unsigned int nbits)
{
    bitmap_set_range(map, 0, nbits);
}

/* to takes value in the valid bits of word i. */
static void bitmap_put(uint64_t *to, unsigned int i, unsigned int nbits,
                       uint64_t value)
{
    const uint64_t valid = bitmap_valid(i, nbits);

    to[i] = (to[i] & ~valid) | (value & valid);
}

void bitmap_copy(uint64_t *to, const uint64_t *from, unsigned int nbits)
{
    for (unsigned int i = 0; i < BITMAP_LONGS(nbits); i++) {
        bitmap_put(to, i, nbits, from[i]);
    }
}

void bitmap_and(uint64_t *to, const uint64_t *a, const uint64_t *b,
                unsigned int nbits)
{
    for (unsigned int i = 0; i < BITMAP_LONGS(nbits); i++) {
        bitmap_put(to, i, nbits, a[i] & b[i]);
    }
}

bool bitmap_is_empty(const uint64_t *map, unsigned int nbits)
{
    return bitmap_next_set(map, nbits, 0) == nbits;
}

bool bitmap_is_full(const uint64_t *map, unsigned int nbits)
{
    return bitmap_next_clear(map, nbits, 0) == nbits;
}

bool bitmap_is_subset(const uint64_t *part, const uint64_t *whole,
                      unsigned int nbits)
{
    for (unsigned int i = 0; i < BITMAP_LONGS(nbits); i++) {
        if ((part[i] & ~whole[i] & bitmap_valid(i, nbits)) != 0) {
            return false;
        }
    }
    return true;
}

bool bitmap_has_common(const uint64_t *a, const uint64_t *b,
                       unsigned int nbits)
{
    for (unsigned int i = 0; i < BITMAP_LONGS(nbits); i++) {
        if ((a[i] & b[i] & bitmap_valid(i, nbits)) != 0) {
            return true;
        }
    }
    return false;
}

unsigned int bitmap_weight(const uint64_t *map, unsigned int nbits)
{
    unsigned int sum = 0;

    for (unsigned int i = 0; i < BITMAP_LONGS(nbits); i++) {
        sum += bit_count(map[i] & bitmap_valid(i, nbits));
    }
    return sum;
}

/* flip turns set bits into clear ones, for the search of the latter. */
static unsigned int bitmap_next(const uint64_t *map, unsigned int nbits,
                                unsigned int from, uint64_t flip)
{
    if (from >= nbits) {
        return nbits;
    }
    uint64_t skip = (UINT64_C(1) << (from % 64)) - 1;

    for (unsigned int i = from / 64; i < BITMAP_LONGS(nbits); i++) {
        const uint64_t word =
            (map[i] ^ flip) & bitmap_valid(i, nbits) & ~skip;

        if (word != 0) {
            return i * 64 + bit_lowest(word);
        }
        skip = 0;
    }
    return nbits;
}

unsigned int bitmap_next_set(const uint64_t *map, unsigned int nbits,
                             unsigned int from)
{
    return bitmap_next(map, nbits, from, 0);
}

unsigned int bitmap_next_clear(const uint64_t *map, unsigned int nbits,
                               unsigned int from)
{
    return bitmap_next(map, nbits, from, UINT64_MAX);
}
