/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the scheduler core's files.
 */
#ifndef CORE_SCHED_SCHED_PRIV_H
#define CORE_SCHED_SCHED_PRIV_H

#include <core/kernel/cpu.h>
#include <core/kernel/timer.h>
#include <core/sched/sched_core.h>

/* A CPU's part: [q] under @lock, [p] only on that CPU. */
struct sched_cpu {
    struct spinlock lock;
    struct runq rq;          /* [q]                                          */
    struct vcpu *loaded;     /* [p] whose registers this CPU holds: current,
                              * or, while idle, the last one                 */
    struct timer slice;      /* Raises SOFTIRQ_SCHEDULE                      */
    nsec_t slice_end;        /* [p] it fires then; NSEC_NEVER: it is not set */
    bool is_idle;            /* [p]                                          */
    nsec_t idle_since;       /* [p]                                          */
    nsec_t idle_total;       /* [p] without the time since idle_since        */
};

static inline struct vcpu *sched_vcpu(struct sched_unit *u)
{
    return container_of(u, struct vcpu, sched);
}

/* sched_switch.c: make @next (NULL: idle) this CPU's current. */
void sched_switch(struct sched_cpu *sc, struct vcpu *next);

/*
 * The unit may be where it must not be, or wait while a CPU idles that it may
 * use: move it, or tell who can.  No lock held.
 */
void sched_offer(struct sched_unit *u);

#endif /* CORE_SCHED_SCHED_PRIV_H */
