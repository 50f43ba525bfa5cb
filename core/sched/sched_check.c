/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is what a policy does possible?  For the guard (sched_guard.c), tests and
 * the laboratory: a policy that is not keeps its pool only until the next
 * loop head (sched_fall_back()).  What these find, whatever the policy:
 *
 *   - it chose a unit that cannot run, or not there, or that runs elsewhere;
 *   - it lost a unit, or has one in two places: those that wait, by the
 *     counts of the queues, are not those that can run and do not;
 *   - its own invariants are broken.
 */
#include <core/sched/sched_priv.h>

#include <core/console/printk.h>
#include <core/domain/vcpu.h>

void sched_fault(struct sched_pool *p, const char *what)
{
    if (!READ_ONCE(p->fault)) {
        WRITE_ONCE(p->fault, what);
    }
    sched_request_pick(bitmap_first_set(p->cpus.bits, SCHED_MAX_CPUS));
}

const char *sched_check_choice(const struct sched_cpu *sc,
                               struct sched_choice choice)
{
    const struct sched_unit *u = choice.unit;

    if (sc->rq.curr != u) {
        return "pick() does not agree with curr";
    }
    if (!u) {
        return NULL;
    }
    if (!u->is_runnable) {
        return "pick() chose a unit that sleeps";
    }
    if (u->is_loaded && sc->loaded != sched_vcpu(choice.unit)) {
        return "pick() chose a unit that another CPU holds";
    }
    /* Of one that is held, sched.c sees that its affinity changed. */
    if (u->cpu != sc->rq.cpu ||
        (!u->is_loaded && !sched_unit_fits(u, sc->rq.cpu))) {
        return "pick() chose a unit for a CPU that it may not use";
    }
    if (!u->is_running) {
        return "pick() forgot is_running";
    }
    if (!sc->rq.pool->ops->check(&sc->rq)) {
        return "its invariants are broken";
    }
    return NULL;
}

static const char *check_units(const struct sched_pool *p,
                               unsigned int *waiting)
{
    const struct domain *d;
    const struct vcpu *v;

    for_each_domain(d) {
        if (d->pool != p) {
            continue;
        }
        for_each_vcpu(d, v) {
            const struct sched_unit *u = &v->sched;
            const struct sched_cpu *sc = sched_cpu_of(u->cpu);

            if (u->pool != p || !u->is_member) {
                continue;
            }
            if (u->is_running && sc->rq.curr != u) {
                return "a unit runs that is nobody's choice";
            }
            if (u->is_runnable && sc->rq.pool != p) {
                return "a unit waits in another pool";
            }
            *waiting += u->is_runnable && sc->rq.curr != u;
        }
    }
    return NULL;
}

const char *sched_check_pool(struct sched_pool *p)
{
    unsigned int queued = 0;
    unsigned int waiting = 0;
    unsigned int cpu;
    const char *what;

    sched_lock_pools(p, NULL);
    what = check_units(p, &waiting);
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        const struct runq *q = p->runq[cpu];

        queued += q->nr_queued;
        if (!what && !p->hooks->check(q)) {
            what = "its invariants are broken";
        }
    }
    if (!what && queued < waiting) {
        what = "it lost a unit that can run";
    }
    if (!what && queued > waiting) {
        what = "it queued a unit twice, or one that sleeps";
    }
    sched_unlock_pools();
    return what;
}

void sched_dump_pool(struct sched_pool *p)
{
    unsigned int cpu;

    printk_raw("Pool %u, scheduler %s, slice %llu us\n", p->id, p->ops->name,
               (unsigned long long)(p->slice / NSEC_PER_USEC));
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        struct sched_cpu *sc = sched_cpu_of(cpu);

        sched_lock_cpu(sc);
        printk_raw("  CPU %u: %u wait, idle %llu ms%s\n", cpu,
                   sc->rq.nr_queued,
                   (unsigned long long)(sched_idle_time(cpu) /
                                        NSEC_PER_MSEC),
                   p->hooks->check(&sc->rq) ? "" : ", INCONSISTENT");
        p->ops->dump(&sc->rq);
        sched_unlock(sc);
    }
}
