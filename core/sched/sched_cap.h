/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caps for policies: a domain may use so many per cent of a CPU in each
 * period of 10 ms.  The account is in the words that all units of a domain
 * share; their CPUs may have different locks, so it is atomic.  What is
 * overdrawn, because several vCPUs run at once, is taken from the next
 * period: the long-term average is exact.  What is not used is saved while
 * units wait, and lost when they sleep.
 *
 * A policy spends what a unit ran, keeps units whose domain has nothing left
 * apart, and asks again at sched_cap_next().
 */
#ifndef CORE_SCHED_SCHED_CAP_H
#define CORE_SCHED_SCHED_CAP_H

#include <core/sched/sched.h>
#include <core/sync/atomic.h>

#define SCHED_CAP_PERIOD (10 * NSEC_PER_MSEC)
#define SCHED_CAP_SAVED 16u /* Periods at most */
#define SCHED_CAP_MAX 12800u

enum sched_cap_word {
    SCHED_CAP_PERCENT, /* 0: none                                            */
    SCHED_CAP_LEFT,    /* Signed nanoseconds                                 */
    SCHED_CAP_END,     /* Of the period                                      */
};

static inline uint32_t sched_cap_get(const struct sched_unit *u)
{
    return (uint32_t)READ_ONCE(u->shared->word[SCHED_CAP_PERCENT]);
}

/* The locks of u's queue are held; the domain's other vCPUs may run. */
static inline void sched_cap_set(const struct sched_unit *u, uint32_t percent)
{
    if (sched_cap_get(u) != percent) {
        WRITE_ONCE(u->shared->word[SCHED_CAP_LEFT], 0);
        WRITE_ONCE(u->shared->word[SCHED_CAP_END], 0);
        WRITE_ONCE(u->shared->word[SCHED_CAP_PERCENT], percent);
    }
}

static inline void sched_cap_spend(const struct sched_unit *u, nsec_t ran)
{
    if (unlikely(sched_cap_get(u) != 0)) {
        (void)atomic_sub(&u->shared->word[SCHED_CAP_LEFT], ran);
    }
}

/* What the domain may still use at @now, after what is due was paid. */
static inline nsec_t sched_cap_left(const struct sched_unit *u, nsec_t now)
{
    uint64_t *word = u->shared->word;
    const uint32_t percent = sched_cap_get(u);
    const nsec_t pay = SCHED_CAP_PERIOD / 100 * percent;
    uint64_t end;
    int64_t left;

    if (likely(percent == 0)) {
        return NSEC_NEVER;
    }
    end = READ_ONCE(word[SCHED_CAP_END]);
    if (now >= end) {
        const uint64_t n = end ? (now - end) / SCHED_CAP_PERIOD + 1 : 1;
        const uint64_t next = (end ? end : now) + n * SCHED_CAP_PERIOD;
        const int64_t most = (int64_t)(pay * SCHED_CAP_SAVED);

        /* One of the CPUs that see this pays. */
        if (atomic_cmpxchg(&word[SCHED_CAP_END], &end, next)) {
            left = (int64_t)READ_ONCE(word[SCHED_CAP_LEFT]);
            left = min(most - left, (int64_t)(pay * n));
            (void)atomic_add(&word[SCHED_CAP_LEFT], (uint64_t)left);
        }
    }
    left = (int64_t)READ_ONCE(word[SCHED_CAP_LEFT]);
    return left > 0 ? (nsec_t)left : 0;
}

/* @u wakes: if a period has ended meanwhile, nothing is saved. */
static inline void sched_cap_wake(const struct sched_unit *u, nsec_t now)
{
    uint64_t *word = u->shared->word;
    uint64_t end = READ_ONCE(word[SCHED_CAP_END]);

    if (unlikely(sched_cap_get(u) != 0) && now >= end &&
        atomic_cmpxchg(&word[SCHED_CAP_END], &end, now)) {
        const int64_t left = (int64_t)READ_ONCE(word[SCHED_CAP_LEFT]);

        if (left > 0) {
            (void)atomic_sub(&word[SCHED_CAP_LEFT], (uint64_t)left);
        }
    }
}

/* When a unit that has nothing left should be asked again. */
static inline nsec_t sched_cap_next(const struct sched_unit *u)
{
    return sched_cap_get(u) ? READ_ONCE(u->shared->word[SCHED_CAP_END]) : 0;
}

#endif /* CORE_SCHED_SCHED_CAP_H */
