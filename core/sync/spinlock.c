/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow halves of spin locks.
 */
#include <core/sync/spinlock.h>

void spin_wait(struct spinlock *l, uint16_t ticket)
{
    /* Acquire pairs with the release in spin_unlock(). */
    while (__atomic_load_n(&l->u.ticket.owner, __ATOMIC_ACQUIRE) != ticket) {
        cpu_relax();
    }
}

bool spin_trylock(struct spinlock *l) NO_LOCK_ANALYSIS
{
    uint32_t old = __atomic_load_n(&l->u.both, __ATOMIC_RELAXED);

    if ((uint16_t)old != (uint16_t)(old >> 16) ||
        !__atomic_compare_exchange_n(&l->u.both, &old, old + (1u << 16),
                                     false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return false;
    }
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_acquired(l);
    }
    return true;
}

void spin_lock_both(struct spinlock *a, struct spinlock *b) NO_LOCK_ANALYSIS
{
    struct spinlock *const first = a <= b ? a : b;
    struct spinlock *const second = a <= b ? b : a;

    spin_lock(first);
    if (first == second) {
        return;
    }
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_acquire(second, true);
    }
    spin_lock_raw(second);
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_acquired(second);
    }
}

void spin_unlock_both(struct spinlock *a, struct spinlock *b)
    NO_LOCK_ANALYSIS
{
    spin_unlock(a);
    if (a != b) {
        spin_unlock(b);
    }
}

void spin_lock_all(struct spinlock *const *locks, unsigned int n)
    NO_LOCK_ANALYSIS
{
    for (unsigned int i = 0; i < n; i++) {
        if (i == 0) {
            spin_lock(locks[i]);
        } else {
            spin_lock_raw(locks[i]);
        }
    }
}

void spin_unlock_all(struct spinlock *const *locks, unsigned int n)
    NO_LOCK_ANALYSIS
{
    while (n-- > 1) {
        spin_unlock_raw(locks[n]);
    }
    if (n == 0) {
        spin_unlock(locks[0]);
    }
}
