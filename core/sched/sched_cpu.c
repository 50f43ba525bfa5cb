/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU's part of the scheduler: how it begins, the end of a slice, and how
 * long it has idled.
 * Locking: none; the timer runs on its CPU, idle times are read as they are.
 */
#include <core/sched/sched_priv.h>

#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

static void slice_ended(void *data)
{
    struct sched_cpu *sc = data;

    WRITE_ONCE(sc->rq.due, NSEC_NEVER);
    softirq_raise_self(SOFTIRQ_SCHEDULE);
}

int sched_cpu_create(unsigned int cpu)
{
    struct sched_cpu *sc = xzalloc_type(struct sched_cpu);
    uint32_t core;
    uint32_t package;

    if (!sc) {
        return -ENOMEM;
    }
    arch_cpu_place(cpu, &core, &package);
    sc->place = (uint64_t)package << 32 | core;
    spin_init(&sc->own_lock, LOCK_RUNQ);
    sc->lock = &sc->own_lock;
    timer_init(&sc->slice, cpu, slice_ended, sc);
    sc->rq.due = NSEC_NEVER;
    sc->is_idle = true;
    cpu_of(cpu)->sched = sc;
    return 0;
}

nsec_t sched_idle_time(unsigned int cpu)
{
    const struct sched_cpu *sc = sched_cpu_of(cpu);
    nsec_t total = READ_ONCE(sc->idle_total);

    if (READ_ONCE(sc->is_idle)) {
        total += time_now() - READ_ONCE(sc->idle_since);
    }
    return total;
}
