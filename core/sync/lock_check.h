/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of lock discipline in debug builds: every spin_lock() is compared
 * with what the CPU holds.  A violation is a BUG: it names both locks and
 * where they were taken.
 */
#ifndef CORE_SYNC_LOCK_CHECK_H
#define CORE_SYNC_LOCK_CHECK_H

#include <core/sync/spinlock.h>

/* The loop head: no lock may be held there. */
void lock_check_none_held(void);

/* Debug key l: the locks that every CPU holds. */
void lock_check_dump(void);

const char *lock_class_name(unsigned int lock_class);

#endif /* CORE_SYNC_LOCK_CHECK_H */
