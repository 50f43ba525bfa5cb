/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core scheduling (sched_gang.c), as the scheduler core uses it.  A pool whose
 * gangs is NULL is scheduled by single CPUs, and its units have no gang.
 */
#ifndef CORE_SCHED_SCHED_GANG_H
#define CORE_SCHED_SCHED_GANG_H

#include <core/domain/domain.h>
#include <core/sched/sched_priv.h>
#include <core/sync/atomic.h>
#include <core/sync/quiescent.h>

struct sched_gang {
    struct sched_unit unit;      /* What the policy knows; cpu: a core's     */
    unsigned int nr_members;
    unsigned int nr_awake;
    struct sched_unit *member[SCHED_THREADS]; /* By thread                   */
};

struct sched_gangs {
    struct sched_ops ops;
    const struct sched_ops *policy;
    struct sched_pool pool;      /* What the policy knows                    */
    unsigned int threads;        /* Of a core                                */
    unsigned int nr_cores;       /* So far, while queues are made            */
    struct quiescent_head free;
};

/* What chooses while the pool runs; the other hooks are the layer's own. */
extern const struct sched_ops sched_gang_hooks;

/*
 * A layer for @p with @policy below it: 0; -ENOMEM; -EOPNOTSUPP, the cores of
 * this machine have one thread, or differ, or have a number that is no power
 * of two up to SCHED_THREADS.
 * It is freed when no CPU can use it any more; NULL does no harm.
 */
int __must_check sched_gangs_create(struct sched_gangs **g,
                                    const struct sched_ops *policy);
void sched_gangs_free(struct sched_gangs *g);

/* The CPUs that come into a pool, and leave it, with @cpu. */
void sched_core_cpus(unsigned int cpu, struct cpumask *m);
/* Are @cpus cores as a whole, and does each have as many threads? */
bool sched_cores_are_whole(const struct cpumask *cpus);

/* --- all locks of the pool held, sched_pool.c --- */

/* @p stops: no core has a choice any more. */
void sched_gangs_stop(const struct sched_pool *p);
/* @u is in no gang any more, without the policy, whose state is forgotten. */
void sched_gang_forget(struct sched_unit *u);
/* @p goes on, @v's affinity is that of the pool: wake it, if it may run. */
void sched_gang_start(struct vcpu *v);
/*
 * Affinity (NULL: as it is) of all of @u's gang, in whole cores; @pin: NULL,
 * or the CPU that SCHEDOP_pin_override wants for @u.  0, -EINVAL: @u never
 * runs on that thread of a core, or as sched_set_affinity() says; -EBUSY.
 */
int __must_check sched_gang_bind(struct sched_unit *u,
                                 const struct cpumask *hard,
                                 const struct cpumask *soft, const int *pin);

/* --- the pool's lock held --- */

/*
 * May @u's gang wake?  Not while a CPU that is not the gang's holds registers
 * of a member; these CPUs are asked to put them away.
 */
bool sched_gang_may_wake(const struct sched_unit *u);

/* --- no lock held; the CPU that holds, or held, @v's registers --- */

/* May they stay while it idles? */
bool sched_gang_may_stay(const struct vcpu *v);
/* They have been put away: who waited for that? */
void sched_gang_saved(struct vcpu *v);

/* --- the layer's own, the pool's lock held --- */

static inline struct sched_core *sched_core_of(const struct runq *q)
{
    return &container_of(q, struct sched_cpu, rq)->first->core;
}

static inline struct sched_core *sched_gang_home(const struct sched_gang *g)
{
    return &sched_cpu_of(g->unit.cpu)->core;
}

static inline struct sched_gang *sched_gang_of(struct sched_unit *unit)
{
    return unit ? container_of(unit, struct sched_gang, unit) : NULL;
}

/* The CPU of its gang's core where @u runs. */
static inline unsigned int sched_gang_seat(const struct sched_unit *u)
{
    return sched_gang_home(u->gang)->cpu[u->id - u->gang->unit.id];
}

#define for_each_member(g, m)                                                \
    for (unsigned int m##_i = 0; m##_i < SCHED_THREADS; m##_i++)             \
        if (((m) = (g)->member[m##_i]) != NULL)

static inline bool sched_gang_is_loaded(const struct sched_gang *g)
{
    const struct sched_unit *m;

    for_each_member(g, m) {
        if (atomic_read_acquire(&m->is_loaded)) {
            return true;
        }
    }
    return false;
}

/* Does a CPU hold @m's registers that is not its seat, or may not be? */
static inline bool sched_gang_is_displaced(const struct sched_gang *g,
                                           const struct sched_unit *m)
{
    return atomic_read_acquire(&m->is_loaded) &&
           (READ_ONCE(m->cpu) != sched_gang_seat(m) ||
            !sched_unit_fits(&g->unit, g->unit.cpu));
}

#endif /* CORE_SCHED_SCHED_GANG_H */
