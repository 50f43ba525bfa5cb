/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fair spin locks: a ticket is drawn, served in order.  Not recursive.
 *
 * Interrupts are off wherever the hypervisor runs, so there is no variant
 * that saves flags.  Never wait, while holding one, for another CPU to reach
 * its loop head.
 *
 * With LOCK_CHECK (debug builds) each lock is checked against the levels of
 * lock_order.def, see lock_check.h.
 */
#ifndef CORE_SYNC_SPINLOCK_H
#define CORE_SYNC_SPINLOCK_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/sync/barrier.h>

#ifndef LOCK_CHECK
#define LOCK_CHECK DEBUG
#endif

enum lock_class {
#define LOCK_CLASS(name, level, what) LOCK_##name,
#include <core/sync/lock_order.def>
#undef LOCK_CLASS
    LOCK_CLASSES
};

/* @next is the ticket to draw, @owner the one being served. */
struct CAPABILITY("spinlock") spinlock {
    union {
        uint32_t both; /* [a] owner in the lower half */
        struct {
            uint16_t owner;
            uint16_t next;
        } ticket;
    } u;
    uint16_t lock_class; /* [c] enum lock_class                       */
    uint16_t holder;     /* LOCK_CHECK: CPU + 1, 0: none              */
};

#define SPINLOCK_INIT(class_name) { .lock_class = LOCK_##class_name }

static inline void spin_init(struct spinlock *l, enum lock_class lock_class)
{
    *l = (struct spinlock){ .lock_class = (uint16_t)lock_class };
}

/* Out of line: waiting, and the checks of debug builds. */
void spin_wait(struct spinlock *l, uint16_t ticket);
void lock_check_acquire(struct spinlock *l, bool is_second_of_both);
void lock_check_acquired(struct spinlock *l);
void lock_check_release(struct spinlock *l);

static inline void spin_lock_raw(struct spinlock *l)
    ACQUIRES(*l) NO_LOCK_ANALYSIS
{
    const uint32_t old = __atomic_fetch_add(&l->u.both, 1u << 16,
                                            __ATOMIC_ACQUIRE);

    if (unlikely((uint16_t)old != (uint16_t)(old >> 16))) {
        spin_wait(l, (uint16_t)(old >> 16));
    }
}

static inline void spin_lock(struct spinlock *l) ACQUIRES(*l) NO_LOCK_ANALYSIS
{
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_acquire(l, false);
    }
    spin_lock_raw(l);
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_acquired(l);
    }
}

/* Only the holder writes @owner, so the increment needs no lock prefix. */
static inline void spin_unlock_raw(struct spinlock *l)
    RELEASES(*l) NO_LOCK_ANALYSIS
{
    __atomic_store_n(&l->u.ticket.owner, (uint16_t)(l->u.ticket.owner + 1),
                     __ATOMIC_RELEASE);
}

static inline void spin_unlock(struct spinlock *l)
    RELEASES(*l) NO_LOCK_ANALYSIS
{
    if (IS_ENABLED(LOCK_CHECK)) {
        lock_check_release(l);
    }
    spin_unlock_raw(l);
}

/* Take it if it is free now.  Not checked against the order: cannot wait. */
bool __must_check spin_trylock(struct spinlock *l) TRY_ACQUIRES(true, *l);

/* Held by someone; for assertions. */
static inline bool spin_is_locked(const struct spinlock *l)
{
    const uint32_t both = __atomic_load_n(&l->u.both, __ATOMIC_RELAXED);

    return (uint16_t)both != (uint16_t)(both >> 16);
}

/* Two locks of one class, in order of address; @a may be @b. */
void spin_lock_both(struct spinlock *a, struct spinlock *b);
void spin_unlock_both(struct spinlock *a, struct spinlock *b);

/*
 * Any number of one class, which spin_lock_both() may take too: @locks is
 * sorted by address and without duplicates.  Only the first is recorded by
 * the checker.
 */
void spin_lock_all(struct spinlock *const *locks, unsigned int n);
void spin_unlock_all(struct spinlock *const *locks, unsigned int n);

#endif /* CORE_SYNC_SPINLOCK_H */
