/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work for the loop head: per CPU a mask of things to do.  Raising is
 * lock-free and possible from any context, NMI included for this CPU.
 */
#ifndef CORE_KERNEL_SOFTIRQ_H
#define CORE_KERNEL_SOFTIRQ_H

#include <core/kernel/cpu.h>
#include <core/lib/compiler.h>
#include <core/sync/atomic.h>

/* In order of service. */
enum softirq_nr {
    SOFTIRQ_TIMER,     /* timer.c                                            */
    SOFTIRQ_CALL,      /* smp_call.c                                         */
    SOFTIRQ_QUIESCENT, /* quiescent.c: functions that are due                */
    SOFTIRQ_CONSOLE,   /* console_in.c: input, keys; hooks                   */
    SOFTIRQ_IRQ,       /* Deferred part of device interrupts                 */
    SOFTIRQ_EVENT,     /* Deferred domain work                               */
    SOFTIRQ_SCHEDULE,  /* The loop must ask the scheduler: no function       */
    SOFTIRQS
};

/* Boot: what to call.  SOFTIRQ_SCHEDULE has none, see softirq_run(). */
void softirq_register(enum softirq_nr nr, void (*fn)(void));

/* On this CPU. */
static inline void softirq_raise_self(enum softirq_nr nr)
{
    atomic_fetch_or(&this_cpu()->softirq_pending, 1u << nr);
}

/* On any CPU; one that sleeps or runs a guest is kicked. */
void softirq_raise(unsigned int cpu, enum softirq_nr nr);

/* Is there anything to do; the loop asks before it enters a guest. */
static inline bool softirq_is_pending(void)
{
    return atomic_read_relaxed(&this_cpu()->softirq_pending) != 0;
}

/*
 * The loop head: do all there is.  Returns true if the loop must schedule
 * (SOFTIRQ_SCHEDULE was raised; it is cleared).
 */
bool softirq_run_all(void);
static inline bool softirq_run(void)
{
    uint32_t *const pending = &this_cpu()->softirq_pending;
    const uint32_t schedule = 1u << SOFTIRQ_SCHEDULE;

    /* Mostly this alone; debug builds go on to their checks. */
    if (!IS_ENABLED(DEBUG) &&
        likely(atomic_read_relaxed(pending) == schedule)) {
        atomic_fetch_and(pending, ~schedule);
        return true;
    }
    return softirq_run_all();
}

#endif /* CORE_KERNEL_SOFTIRQ_H */
