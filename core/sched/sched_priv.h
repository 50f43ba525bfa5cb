/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the scheduler core's files.
 */
#ifndef CORE_SCHED_SCHED_PRIV_H
#define CORE_SCHED_SCHED_PRIV_H

#include <core/kernel/cpu.h>
#include <core/kernel/timer.h>
#include <core/sched/sched_core.h>

#define SCHED_THREADS 8u

/* The CPUs of a core, for sched_gang.c; in the part of the first. */
struct sched_core {
    struct runq rq;          /* The policy's                                 */
    struct sched_gang *owner;/* Its vCPUs, and no others, may run here       */
    bool is_asked;           /* The policy wants to choose before rq.due     */
    unsigned int nr_cpus;
    unsigned int cpu[SCHED_THREADS];
};

/* A CPU's part: [q] under *@lock, [p] only on that CPU, [c] constant. */
struct sched_cpu {
    struct spinlock *lock;   /* [q] own_lock of the first of its group       */
    struct spinlock own_lock;
    struct runq rq;          /* [q]                                          */
    struct vcpu *loaded;     /* [p] whose registers this CPU holds: current,
                              * or, while idle, the last one                 */
    struct timer slice;      /* Raises SOFTIRQ_SCHEDULE, at rq.due           */
    bool is_idle;            /* [p]                                          */
    bool has_yielded;        /* [p] its vCPU, before the coming choice       */
    nsec_t idle_since;       /* [p]                                          */
    nsec_t idle_total;       /* [p] without the time since idle_since        */
    uint64_t place;          /* [c] the same for the threads of a core       */
    struct sched_cpu *first; /* [q] of its core, in a pool with gangs        */
    unsigned int thread;     /* [q] its number there                         */
    bool is_inside;          /* [q] what it chose last may still run         */
    bool is_held;            /* [p] idles because of the others of its core  */
    struct sched_core core;  /* [q] if it is the first                       */
};

static inline struct vcpu *sched_vcpu(struct sched_unit *u)
{
    return container_of(u, struct vcpu, sched);
}

static inline struct sched_cpu *sched_cpu_of(unsigned int cpu)
{
    return cpu_of(cpu)->sched;
}

/* Lock the queue of @sc, whatever lock that is just now. */
void sched_lock_cpu(struct sched_cpu *sc);
/*
 * Lock the queue of @v, one of its pool, so that its policy may be told of
 * it; NULL if another CPU has yet to put its registers away.
 */
struct sched_cpu *sched_lock_home(struct vcpu *v);
/* What sched_start() allocates; in no pool yet.  0, -ENOMEM. */
int __must_check sched_cpu_create(unsigned int cpu);

/* Make @cpu choose again, soon. */
void sched_request_pick(unsigned int cpu);

/* @u has woken in @q, which had chosen @curr: who runs it?  q's lock held. */
void sched_find_cpu(const struct runq *q, const struct sched_unit *u,
                    const struct sched_unit *curr);
/* @u can run and its queue is @sc's, whose lock is held. */
void sched_wake_locked(struct sched_cpu *sc, struct sched_unit *u);

/*
 * sched_trace.c: @event, of @v; @v's run state becomes @state; @cpu becomes
 * idle or not; @sc chose @next behind @prev (NULL: idle), whose run state
 * becomes @rest.
 */
void sched_trace_vcpu(uint32_t event, const struct vcpu *v);
void sched_trace_runstate(const struct vcpu *v, int state);
void sched_trace_idle(unsigned int cpu, bool idle);
void sched_trace_choice(const struct sched_cpu *sc, const struct vcpu *prev,
                        int rest, const struct vcpu *next, nsec_t slice,
                        nsec_t now);

/* sched_switch.c: make @next (NULL: idle) this CPU's current. */
void sched_switch(struct sched_cpu *sc, struct vcpu *next);

/*
 * The unit may be where it must not be, or wait while a CPU idles that it may
 * use: move it, or tell who can.  No lock held.
 */
void sched_offer(struct sched_unit *u);

/* May @u be pinned to @cpu (-1: no more)?  0, -EINVAL, -EBUSY. */
int sched_check_pin(const struct sched_unit *u, int cpu);

/* sched_check.c */

/* Is what @p's policy chose for @sc possible?  NULL, or what is wrong. */
const char *sched_check_choice(const struct sched_cpu *sc,
                               struct sched_choice choice);
/* Every unit of @p is in one place; NULL, or what is wrong.  Takes locks. */
const char *sched_check_pool(struct sched_pool *p);
void sched_dump_pool(struct sched_pool *p);
/* Note the first fault of a policy; a CPU of the pool comes to replace it. */
void sched_fault(struct sched_pool *p, const char *what);

/* sched_pool.c: change what a pool is, see there. */

/* Take @p's CPUs, and @other's (or NULL), and stop choosing; and go on. */
void sched_freeze(struct sched_pool *p, struct sched_pool *other);
void sched_thaw(struct sched_pool *p, struct sched_pool *other);
/* All locks of @p's CPUs, and @other's, without more. */
void sched_lock_pools(const struct sched_pool *p,
                      const struct sched_pool *other);
void sched_unlock_pools(void);

/* CPUPOOL held.  What these return is as in sched_core.h. */
int __must_check sched_change_ops(struct sched_pool *p,
                                  const struct sched_ops *ops, bool by_core);
void sched_move_cpus(const struct cpumask *cpus, struct sched_pool *from,
                     struct sched_pool *to);
int __must_check sched_move_domain(struct domain *d, struct sched_pool *to);
/* @cpu, which comes up, into @p. */
void sched_pool_start_cpu(struct sched_pool *p, unsigned int cpu);
/* No lock held: adjust() of a policy that is_planned. */
int __must_check sched_adjust_stopped(struct vcpu *v,
                                      struct xen_domctl_scheduler_op *op);
/* No lock held: put a policy that is broken out of office. */
void sched_fall_back(struct sched_pool *p);
/* See that policies under guard are looked at every WATCH_PERIOD. */
void sched_watch(void);

/*
 * No lock held: affinity of all of @v's gang, see sched_gang_bind(); 1 if it
 * has none.
 */
int __must_check sched_bind_gang(struct vcpu *v, const struct cpumask *hard,
                                 const struct cpumask *soft, const int *pin);

/*
 * sched_guard.c: @p's policy is @ops, that of the layer @gangs if not NULL;
 * through the guard, if it needs one.
 */
void sched_adopt(struct sched_pool *p, const struct sched_ops *ops,
                 struct sched_gangs *gangs);

#endif /* CORE_SCHED_SCHED_PRIV_H */
