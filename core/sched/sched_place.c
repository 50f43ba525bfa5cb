/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What most policies share: affinity and the choice of a CPU for a waking
 * unit.  Pure; reads other CPUs' queues without their locks, as hints.
 */
#include <core/sched/sched.h>

#include <core/lib/bits.h>
#include <core/lib/string.h>
#include <core/sync/atomic.h>

static const struct sched_ops *const sched_policies[] = {
    &sched_rr_ops,
    &sched_null_ops,
};

const struct sched_ops *sched_ops_by_name(const char *name)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_policies); i++) {
        if (!strcmp(sched_policies[i]->name, name)) {
            return sched_policies[i];
        }
    }
    return NULL;
}

const struct sched_ops *sched_ops_by_id(uint32_t abi_id)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_policies); i++) {
        if (sched_policies[i]->abi_id == abi_id) {
            return sched_policies[i];
        }
    }
    return NULL;
}

bool sched_unit_fits(const struct sched_unit *u, unsigned int cpu)
{
    if (u->pinned_to >= 0) {
        return (unsigned int)u->pinned_to == cpu;
    }
    return cpumask_test(&u->pool->cpus, cpu) &&
           (!u->is_affine || cpumask_test(&u->hard, cpu));
}

static unsigned int runq_load(const struct runq *q)
{
    return READ_ONCE(q->nr_queued) + (READ_ONCE(q->curr) != NULL);
}

unsigned int sched_find_idle(const struct sched_unit *u,
                             const struct cpumask *mask)
{
    const struct sched_pool *p = u->pool;
    const unsigned int words = BITMAP_WORDS(p->top);

    for (unsigned int w = 0; w < words; w++) {
        uint64_t bits = READ_ONCE(p->idle.bits[w]) & p->cpus.bits[w];

        if (likely(bits == 0)) {
            continue;
        }
        if (u->pinned_to >= 0) {
            bits &= u->pinned_to / 64 == (int)w
                        ? BIT(u->pinned_to % 64) : 0;
        } else if (u->is_affine) {
            bits &= u->hard.bits[w];
        }
        bits &= mask ? mask->bits[w] : ~UINT64_C(0);
        if (bits == 0) {
            continue;
        }

        const uint64_t above = u->cpu / 64 == w
                                   ? bits & (~UINT64_C(0) << u->cpu % 64) : 0;

        return w * 64 + bit_lowest(above ? above : bits);
    }
    return SCHED_MAX_CPUS;
}

static unsigned int find_least_loaded(const struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;
    unsigned int best = SCHED_MAX_CPUS;
    unsigned int best_load = ~0u;

    if (sched_unit_fits(u, u->cpu)) {
        best = u->cpu;
        best_load = runq_load(p->runq[best]);
    }
    for (unsigned int cpu = 0; cpu < p->top; cpu++) {
        if (p->runq[cpu] && sched_unit_fits(u, cpu) &&
            runq_load(p->runq[cpu]) < best_load) {
            best = cpu;
            best_load = runq_load(p->runq[cpu]);
        }
    }
    return best;
}

unsigned int sched_place(const struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;
    unsigned int cpu;

    if (u->pinned_to >= 0) {
        return (unsigned int)u->pinned_to;
    }
    if (p->top == 1 ||
        (sched_unit_fits(u, u->cpu) && cpumask_test(&u->soft, u->cpu) &&
         runq_load(p->runq[u->cpu]) == 0)) {
        return u->cpu;
    }
    cpu = sched_find_idle(u, &u->soft);
    if (cpu == SCHED_MAX_CPUS) {
        cpu = sched_find_idle(u, NULL);
    }
    if (cpu == SCHED_MAX_CPUS) {
        cpu = find_least_loaded(u);
    }
    /* An affinity emptied by a change of the pool: anywhere in the pool. */
    if (cpu == SCHED_MAX_CPUS) {
        cpu = bitmap_first_set(p->cpus.bits, SCHED_MAX_CPUS);
    }
    return cpu;
}

void sched_runq_init(struct runq *q, struct sched_pool *p, unsigned int cpu)
{
    *q = (struct runq){ .cpu = cpu, .pool = p };
    for (unsigned int i = 0; i < SCHED_QUEUES; i++) {
        list_init(&q->queue[i]);
    }
    p->ops->runq_init(q);
    atomic_set_release(&p->runq[cpu], q);
    for (unsigned int top = p->top;
         top <= cpu && !atomic_cmpxchg(&p->top, &top, cpu + 1);) {
    }
}
