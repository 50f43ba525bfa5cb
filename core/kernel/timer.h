/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers: a function called at a system time on a chosen CPU, from the loop
 * head (softirq), with no lock held.  It may set its own timer again.
 *
 * Any CPU may call these for any timer, under any lock up to RUNQ.
 */
#ifndef CORE_KERNEL_TIMER_H
#define CORE_KERNEL_TIMER_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct timer {
    nsec_t deadline;          /* [queue] system time; NSEC_NEVER: not set    */
    struct timer *child;      /* [queue] pairing heap                        */
    struct timer *sibling;    /* [queue]                                     */
    struct timer *prev;       /* [queue] elder sibling, or parent            */
    void (*fn)(void *data);   /* [c]                                         */
    void *data;               /* [c]                                         */
    uint32_t cpu;             /* [queue] the CPU that calls it               */
    bool is_queued;           /* [queue]                                     */
    bool is_dead;             /* [queue] timer_free() was called             */
};

void timer_init(struct timer *t, unsigned int cpu, void (*fn)(void *data),
                void *data);

/* Call at @deadline, or as soon as possible if past.  Replaces the former. */
void timer_set(struct timer *t, nsec_t deadline);

/*
 * Not any more.  If the call has just begun on another CPU it is not waited
 * for; it ends before that CPU's next loop head.
 */
void timer_stop(struct timer *t);

/*
 * Stop for good: later timer_set() calls do nothing.  The memory may be
 * reused after a quiescent state (quiescent.h).  Harmless on a timer that is
 * all zero.
 */
void timer_free(struct timer *t);

/* Let another CPU make the call; keeps the deadline. */
void timer_migrate(struct timer *t, unsigned int cpu);
/* The same, for one that mostly is there already. */
static inline void timer_follow(struct timer *t, unsigned int cpu)
{
    if (READ_ONCE(t->cpu) != cpu) {
        timer_migrate(t, cpu);
    }
}

static inline bool timer_is_set(const struct timer *t)
{
    return READ_ONCE(t->is_queued);
}

/* Boot: make this CPU's queue usable; its time must run (time.h). */
void timer_cpu_init(void);

/*
 * The hardware deadline has passed: called by the arch's interrupt handler.
 * The work is done by the TIMER softirq.
 */
void timer_interrupt(void);

/* The hardware of this CPU fires no later than @deadline, with no timer. */
void timer_fire_by(nsec_t deadline);

/* Move all timers of a CPU that goes away. */
void timer_cpu_drain(unsigned int from, unsigned int to);

/* Debug key: the queues of all CPUs. */
void timer_dump(void);

#endif /* CORE_KERNEL_TIMER_H */
