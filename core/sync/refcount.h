/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference counts that die once: from zero there is no way back.
 * Lock-free, any context.
 */
#ifndef CORE_SYNC_REFCOUNT_H
#define CORE_SYNC_REFCOUNT_H

#include <core/lib/types.h>
#include <core/sync/atomic.h>

/* Take one unless it is already zero; false then. */
static inline bool __must_check refcount_get(uint32_t *count)
{
    uint32_t old = atomic_read_relaxed(count);

    do {
        if (old == 0) {
            return false;
        }
    } while (!atomic_cmpxchg(count, &old, old + 1));
    return true;
}

/* Drop one; true if it was the last.  Orders all uses before it. */
static inline bool __must_check refcount_put(uint32_t *count)
{
    return atomic_dec(count) == 0;
}

#endif /* CORE_SYNC_REFCOUNT_H */
