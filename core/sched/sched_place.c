/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What most policies share: affinity and the choice of a CPU for a waking
 * unit.  Pure; reads other CPUs' queues without their locks, as hints.
 */
#include <core/sched/sched.h>

#include <core/lib/string.h>

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

/* The idle CPU nearest behind @u's last, in @mask too if given. */
static unsigned int find_idle(const struct sched_unit *u,
                              const struct cpumask *mask)
{
    const uint64_t *idle = u->pool->idle.bits;
    unsigned int cpu = u->cpu;

    for (unsigned int round = 0; round < 2; round++) {
        for (;;) {
            cpu = bitmap_next_set(idle, SCHED_MAX_CPUS, cpu);
            if (cpu >= SCHED_MAX_CPUS) {
                break;
            }
            if (sched_unit_fits(u, cpu) &&
                (!mask || cpumask_test(mask, cpu))) {
                return cpu;
            }
            cpu++;
        }
        cpu = 0;
    }
    return SCHED_MAX_CPUS;
}

static unsigned int find_least_loaded(const struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;
    unsigned int best = SCHED_MAX_CPUS;
    unsigned int best_load = ~0u;
    unsigned int cpu;

    if (sched_unit_fits(u, u->cpu)) {
        best = u->cpu;
        best_load = runq_load(p->runq[best]);
    }
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        if (sched_unit_fits(u, cpu) &&
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
    if (sched_unit_fits(u, u->cpu) && cpumask_test(&u->soft, u->cpu) &&
        runq_load(p->runq[u->cpu]) == 0) {
        return u->cpu;
    }
    cpu = find_idle(u, &u->soft);
    if (cpu == SCHED_MAX_CPUS) {
        cpu = find_idle(u, NULL);
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
    p->runq[cpu] = q;
    p->ops->runq_init(q);
}
