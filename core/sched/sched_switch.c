/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch from one vCPU to another on one CPU, and the way in and out of
 * idleness.  Loop head only; no lock is held.
 *
 * When a CPU becomes idle, the registers of a vCPU that merely waits for an
 * event stay where they are; they are saved when another vCPU comes, or when
 * somebody pauses the vCPU.
 *
 * The hand-over to another CPU: what unload wrote becomes visible by the
 * release of is_loaded; whoever moves the unit, or reads its registers,
 * acquires it first (sched.c, policies' steal, vcpu_is_saved()).
 */
#include <core/sched/sched_gang.h>

#include <core/arch/arch_domain.h>
#include <core/domain/vcpu.h>
#include <core/sync/atomic.h>
#include <core/trace/counter.h>

/* May an idle CPU keep the registers of this one? */
static bool may_stay_loaded(const struct vcpu *v)
{
    return (READ_ONCE(v->stop) & ~(uint32_t)VCPU_STOP_WAITS) == 0 &&
           READ_ONCE(v->pause_count) == 0 &&
           READ_ONCE(v->domain->pause_count) == 0 &&
           sched_unit_fits(&v->sched, v->sched.cpu) &&
           (!v->sched.gang || sched_gang_may_stay(v));
}

static void switch_out(struct sched_cpu *sc)
{
    struct vcpu *v = sc->loaded;

    arch_vcpu_unload(v);
    sc->loaded = NULL;
    /*
     * In this order: as soon as it is not loaded another CPU may load it, and
     * on_cpu is that CPU's to write.
     */
    atomic_set_relaxed(&v->on_cpu, CPU_NONE);
    atomic_set_release(&v->sched.is_loaded, false);
    /*
     * Pairs with the store to stop or a count before sched_update(): either
     * that call sees it is not loaded, or it is seen here.
     */
    smp_mb();
    if (unlikely(READ_ONCE(v->sched.gang) != NULL)) {
        sched_gang_saved(v);
    } else if (vcpu_is_runnable(v)) {
        if (!READ_ONCE(v->sched.is_runnable)) {
            sched_update(v);
        } else if (READ_ONCE(v->sched.pool)->top > 1 ||
                   !sched_unit_fits_queue(&v->sched, &sc->rq)) {
            /* There is another CPU for it. */
            sched_offer(&v->sched);
        }
    }
}

static void switch_in(struct sched_cpu *sc, struct vcpu *v)
{
    sc->loaded = v;
    atomic_set_relaxed(&v->on_cpu, sc->rq.cpu);
    arch_vcpu_load(v);
    vcpu_loaded(v, sc->rq.cpu);
}

void sched_switch(struct sched_cpu *sc, struct vcpu *next)
{
    struct cpu *cpu = this_cpu();
    struct vcpu *prev = cpu->current;

    if (prev == next) {
        if (!prev && sc->loaded && !may_stay_loaded(sc->loaded)) {
            switch_out(sc);
        }
        return;
    }
    if (prev) {
        /* While its page tables are still loaded. */
        vcpu_runstate_show(prev);
    }
    cpu->current = next;
    if (!next) {
        counter_inc(IDLE);
        if (!may_stay_loaded(prev)) {
            switch_out(sc);
        }
        return;
    }
    if (sc->loaded != next) {
        counter_inc(SWITCH);
        if (sc->loaded) {
            switch_out(sc);
        }
        switch_in(sc, next);
    }
    vcpu_runstate_show(next);
}
