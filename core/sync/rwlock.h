/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks for many readers or one writer.  A writer that waits keeps new
 * readers out, so writers do not starve; the writers are in ticket order.
 * The word that readers share bounces between CPUs: only for sections much
 * longer than that.
 *
 * The lock checker sees writers, and readers only while they enter: a reader
 * must take no further lock of a lower level by its own care.
 */
#ifndef CORE_SYNC_RWLOCK_H
#define CORE_SYNC_RWLOCK_H

#include <core/sync/spinlock.h>

struct CAPABILITY("rwlock") rwlock {
    struct spinlock writers; /* Held by the writer, or the one next          */
    uint32_t readers;        /* [a] inside now                               */
};

#define RWLOCK_INIT(class_name) { .writers = SPINLOCK_INIT(class_name) }

void rwlock_init(struct rwlock *l, enum lock_class lock_class);

void read_lock(struct rwlock *l) ACQUIRES_SHARED(*l);
void read_unlock(struct rwlock *l) RELEASES_SHARED(*l);
void write_lock(struct rwlock *l) ACQUIRES(*l);
void write_unlock(struct rwlock *l) RELEASES(*l);

#endif /* CORE_SYNC_RWLOCK_H */
