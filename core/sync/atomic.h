/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic accesses to plain integers.  The order is in the name: _relaxed,
 * _acquire, _release; without a suffix: sequentially consistent.  Each use
 * says in a comment which access it pairs with.
 */
#ifndef CORE_SYNC_ATOMIC_H
#define CORE_SYNC_ATOMIC_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

#define atomic_read_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_read_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_set_relaxed(p, val) \
    __atomic_store_n((p), (val), __ATOMIC_RELAXED)
#define atomic_set_release(p, val) \
    __atomic_store_n((p), (val), __ATOMIC_RELEASE)
#define atomic_set(p, val) __atomic_store_n((p), (val), __ATOMIC_SEQ_CST)

/* These return the value after the operation. */
#define atomic_add(p, val) __atomic_add_fetch((p), (val), __ATOMIC_SEQ_CST)
#define atomic_sub(p, val) __atomic_sub_fetch((p), (val), __ATOMIC_SEQ_CST)
#define atomic_inc(p) atomic_add((p), 1)
#define atomic_dec(p) atomic_sub((p), 1)

/* These return the value before the operation. */
#define atomic_fetch_or(p, bits) \
    __atomic_fetch_or((p), (bits), __ATOMIC_SEQ_CST)
#define atomic_fetch_and(p, bits) \
    __atomic_fetch_and((p), (bits), __ATOMIC_SEQ_CST)
#define atomic_exchange(p, val) \
    __atomic_exchange_n((p), (val), __ATOMIC_SEQ_CST)

/*
 * If *@p is *@old, store @val and return true; else put what is there into
 * *@old and return false.
 */
#define atomic_cmpxchg(p, old, val)                                      \
    __atomic_compare_exchange_n((p), (old), (val), false,                \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Bits of a map of 64-bit words; the old value is returned. */
static inline bool atomic_test_and_set_bit(uint64_t *map, unsigned int bit)
{
    const uint64_t mask = UINT64_C(1) << (bit % 64);

    return atomic_fetch_or(&map[bit / 64], mask) & mask;
}

static inline bool atomic_test_and_clear_bit(uint64_t *map, unsigned int bit)
{
    const uint64_t mask = UINT64_C(1) << (bit % 64);

    return atomic_fetch_and(&map[bit / 64], ~mask) & mask;
}

#endif /* CORE_SYNC_ATOMIC_H */
