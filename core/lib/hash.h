/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes: FNV-1a for bytes, a multiplicative one for numbers. Not for
 * untrusted keys. No locking, no manual chapter.
 */
#ifndef CORE_LIB_HASH_H
#define CORE_LIB_HASH_H

#include <core/lib/types.h>

static inline uint32_t hash_bytes(const void *data, size_t n)
{
    const unsigned char *p = data;
    uint32_t hash = 0x811c9dc5;

    for (; n != 0; n--, p++) {
        hash = (hash ^ *p) * 0x01000193;
    }
    return hash;
}

/* bits of hash, 1 to 32. */
static inline uint32_t hash_u64(uint64_t key, unsigned int bits)
{
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

#endif
