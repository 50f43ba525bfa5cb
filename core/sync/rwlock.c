/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-write locks.  A reader counts itself in while it holds the writers'
 * lock for a moment; a writer takes that lock and waits until nobody is
 * counted.  Fair by the ticket lock underneath.
 */
#include <core/sync/atomic.h>
#include <core/sync/rwlock.h>

void rwlock_init(struct rwlock *l, enum lock_class lock_class)
{
    spin_init(&l->writers, lock_class);
    l->readers = 0;
}

void read_lock(struct rwlock *l) NO_LOCK_ANALYSIS
{
    spin_lock(&l->writers);
    atomic_inc(&l->readers);
    spin_unlock(&l->writers);
}

void read_unlock(struct rwlock *l) NO_LOCK_ANALYSIS
{
    /* Release pairs with the acquire in write_lock(). */
    __atomic_sub_fetch(&l->readers, 1, __ATOMIC_RELEASE);
}

void write_lock(struct rwlock *l) NO_LOCK_ANALYSIS
{
    spin_lock(&l->writers);
    while (atomic_read_acquire(&l->readers) != 0) {
        cpu_relax();
    }
}

void write_unlock(struct rwlock *l) NO_LOCK_ANALYSIS
{
    spin_unlock(&l->writers);
}
