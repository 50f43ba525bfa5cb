/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What most policies share: affinity and the choice of a CPU for a waking
 * unit, which reads other CPUs' queues without their locks, as hints; and
 * what dump() prints.
 */
#include <core/sched/sched.h>

#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/sync/atomic.h>

#define PLACE_PROBES 8u

/* Those that run or wait there; a CPU that has left the pool is full. */
static unsigned int cpu_load(const struct sched_pool *p, unsigned int cpu)
{
    const struct runq *q = READ_ONCE(p->runq[cpu]);

    return q ? READ_ONCE(q->nr_queued) + (READ_ONCE(q->curr) != NULL)
             : ~0u;
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

unsigned int sched_first_fitting(const struct sched_unit *u)
{
    unsigned int cpu;

    bitmap_for_each_set(cpu, u->pool->cpus.bits, SCHED_MAX_CPUS)
    {
        if (sched_unit_fits(u, cpu)) {
            break;
        }
    }
    return cpu;
}

/*
 * Of where it was, the next few and as many far away, the CPU with the least
 * to do.  Looking at all would cost as much as the machine is large; looking
 * at neighbours alone leaves the far ones to those that never sleep.
 */
static unsigned int find_less_loaded(const struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;
    unsigned int best = SCHED_MAX_CPUS;
    unsigned int best_load = ~0u;
    const unsigned int far = p->top > 2 * PLACE_PROBES ? p->top / 4 : 1;
    unsigned int cpu = u->cpu;
    unsigned int seen = 0;

    for (unsigned int i = 0; i < p->top && seen < PLACE_PROBES; i++) {
        if (cpu >= p->top) {
            cpu %= p->top;
        }
        if (sched_unit_fits(u, cpu)) {
            const unsigned int load = cpu_load(p, cpu);

            seen++;
            if (load < best_load) {
                best = cpu;
                best_load = load;
            }
        }
        /* Not all of those that were here go to the same ones. */
        cpu += seen < PLACE_PROBES / 2 ? 1 : far + u->domain % far;
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
         cpu_load(p, u->cpu) == 0)) {
        return u->cpu;
    }
    cpu = sched_find_idle(u, &u->soft);
    if (cpu == SCHED_MAX_CPUS) {
        cpu = sched_find_idle(u, NULL);
    }
    if (cpu == SCHED_MAX_CPUS) {
        cpu = find_less_loaded(u);
    }
    /* The pool changes under our eyes: anywhere in it. */
    if (cpu == SCHED_MAX_CPUS) {
        cpu = bitmap_first_set(p->cpus.bits, SCHED_MAX_CPUS);
    }
    return cpu;
}

void sched_show_unit(const struct runq *q, const struct sched_unit *u,
                     const char *what, sched_show_fn *show)
{
    printk_raw("    %-6s d%uv%u CPU %u ", what, u->domain, u->id, u->cpu);
    show(q, u);
}

void sched_show_queues(const struct runq *q, const char *const *name,
                       sched_show_fn *show)
{
    const struct sched_unit *u = q->curr;

    if (u) {
        sched_show_unit(q, u, "run", show);
    }
    for (unsigned int i = 0; i < SCHED_QUEUES; i++) {
        list_for_each_entry(u, &q->queue[i], queue)
        {
            sched_show_unit(q, u, name[i], show);
        }
    }
}

void sched_runq_init(struct runq *q, struct sched_pool *p, unsigned int cpu,
                     struct runq *lead)
{
    *q = (struct runq){
        .cpu = cpu, .pool = p, .lead = lead ? lead : q, .due = NSEC_NEVER,
    };
    for (unsigned int i = 0; i < SCHED_QUEUES; i++) {
        list_init(&q->queue[i]);
    }
    p->hooks->runq_init(q);
    atomic_set_release(&p->runq[cpu], q);
    for (unsigned int top = p->top;
         top <= cpu && !atomic_cmpxchg(&p->top, &top, cpu + 1);) {
    }
}
