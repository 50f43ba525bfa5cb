/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs: creation, why they run or do not, what the guest reads of them
 * (vcpu_info, run state, time), and their Xen timers.
 *
 * A vCPU runs when no bit of v->stop is set and neither it nor its domain is
 * paused.  Every function here that changes one of these tells the scheduler,
 * which looks at the sum; so the order in which CPUs do it does not matter.
 * Unless said otherwise: any context, any CPU, takes a run queue lock.
 */
#ifndef CORE_DOMAIN_VCPU_H
#define CORE_DOMAIN_VCPU_H

#include <core/abi/event_channel.h>
#include <core/domain/domain.h>
#include <core/sync/atomic.h>

/*
 * vCPU @id of @d, down.  0, -EINVAL, -EEXIST, -ENOMEM.
 * Context: the domain is under construction or its lock is held.
 */
int __must_check vcpu_create(struct domain *d, unsigned int id);
/* Only when the domain is freed. */
void vcpu_destroy(struct vcpu *v);

/* True if nothing keeps it from running. */
static inline bool vcpu_is_runnable(const struct vcpu *v)
{
    return atomic_read_relaxed(&v->stop) == 0 &&
           atomic_read_relaxed(&v->pause_count) == 0 &&
           atomic_read_relaxed(&v->domain->pause_count) == 0;
}

/* Start a vCPU whose registers are set, or one that went down.  */
void vcpu_up(struct vcpu *v);
/*
 * Stop @v until vcpu_up().  The last one that goes down powers the domain
 * off: VCPUOP_down, and HLT with interrupts disabled (nothing could ever wake
 * it).
 */
void vcpu_down(struct vcpu *v);
bool vcpu_is_down(const struct vcpu *v);
/* Down because the tools say so: the domain goes on without any. */
void vcpu_park(struct vcpu *v);
/* INIT: like down, but waits for a start-up IPI, which calls vcpu_up(). */
void vcpu_wait_sipi(struct vcpu *v);

/*
 * The running vCPU has nothing to do until vcpu_notify(): HLT, SCHEDOP_block.
 * Returns without effect if an event or interrupt is already pending.
 */
void vcpu_block(struct vcpu *v);

/*
 * Something arrived for @v (event, interrupt, NMI), already recorded where
 * its next entry finds it: wake it, or make it leave guest mode if another
 * CPU runs it.
 */
void vcpu_notify(struct vcpu *v);

/*
 * SCHEDOP_poll of the running vCPU: wait until one of @nr ports is pending or
 * system time @timeout (0: for ever).  0, -EINVAL for a bad port.
 */
int __must_check vcpu_poll(struct vcpu *v, const evtchn_port_t *ports,
                           unsigned int nr, nsec_t timeout);
/* Port @port of @d became pending: wake those that poll for it. */
void vcpu_wake_pollers(struct domain *d, evtchn_port_t port);

/* Pause counts nest; no waiting.  See vcpu_is_saved(). */
void vcpu_pause(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

/*
 * True if no CPU holds state of @v, or has chosen to load it: all of it is in
 * memory, stays there while it is paused and may be read and written.
 */
static inline bool vcpu_is_saved(const struct vcpu *v)
{
    return !atomic_read_acquire(&v->sched.is_loaded);
}

/*
 * Wait until every vCPU of the paused domain @d is saved.  0, or -ERESTART if
 * this CPU is itself asked to stop meanwhile: undo the pause and come back.
 * Context: no lock held.
 */
int __must_check domain_wait_saved(struct domain *d);

/* Give up the CPU to others of the same standing; the running vCPU. */
void vcpu_yield(struct vcpu *v);

/*
 * Called by the scheduler.  @now: system time.
 * State: RUNSTATE_*; under the run queue's lock.  The laboratory has one of
 * its own, which looks at each change.
 */
#ifdef VCPU_RUNSTATE_HOOK
void vcpu_runstate_set(struct vcpu *v, int state, nsec_t now);
#else
static inline void vcpu_runstate_set(struct vcpu *v, int state, nsec_t now)
{
    struct vcpu_runstate_info *rs = &v->runstate;

    if (now > rs->state_entry_time) {
        rs->time[rs->state] += now - rs->state_entry_time;
        rs->state_entry_time = now;
    }
    rs->state = state;
}
#endif
/* Write the run state where the guest wants it; the vCPU's CPU, no lock. */
void vcpu_runstate_write(struct vcpu *v);
static inline void vcpu_runstate_show(struct vcpu *v)
{
    if (v->runstate_gva) {
        vcpu_runstate_write(v);
    }
}
/* The run state as of now, consistent. */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *info);

/*
 * VCPUOP_register_*: 0, -EINVAL, -EFAULT, -EBUSY.  The running vCPU or one of
 * the same domain.
 */
int __must_check vcpu_register_info(struct vcpu *v, gfn_t gfn,
                                    unsigned int offset);
int __must_check vcpu_register_runstate(struct vcpu *v, gva_t gva);
void vcpu_unregister_runstate(struct vcpu *v);
int __must_check vcpu_register_time(struct vcpu *v, gva_t gva);
/* Where vcpu_info is until one is registered. */
struct vcpu_info *vcpu_default_info(struct vcpu *v);
/* Back to the place in shared_info; domain dying, or reset. */
void vcpu_unregister_info(struct vcpu *v);
/* EVTCHNOP_reset, soft reset, restore: forget every registration. */
void vcpu_reset_registrations(struct vcpu *v);

/*
 * Refresh vcpu_time_info (pvclock) if the parameters changed: another CPU, or
 * time_shown_mul was cleared; v's CPU.
 */
void vcpu_time_update(struct vcpu *v);
/* The same, also if they did not: the place is new. */
void vcpu_time_show(struct vcpu *v);

/*
 * Xen timers (vcpu_timer.c), all deliver VIRQ_TIMER.  @at: system time; in
 * the past means at once.  The running vCPU's.
 */
void vcpu_timer_init(struct vcpu *v);
void vcpu_timer_free(struct vcpu *v);
void vcpu_timer_set_singleshot(struct vcpu *v, nsec_t at);
void vcpu_timer_stop_singleshot(struct vcpu *v);
/* @period 0: off. */
void vcpu_timer_set_periodic(struct vcpu *v, nsec_t period);
/* The vCPU came to, or leaves, this CPU: move its timers along. */
void vcpu_timer_load(struct vcpu *v);

/*
 * The vCPU is loaded on this CPU, @cpu, and mostly was last time: its timers
 * are all where the first is.
 */
static inline void vcpu_loaded(struct vcpu *v, unsigned int cpu)
{
    if (unlikely(READ_ONCE(v->singleshot.cpu) != cpu ||
                 v->time_shown_mul == 0)) {
        vcpu_timer_load(v);
        vcpu_time_update(v);
    }
}

#endif /* CORE_DOMAIN_VCPU_H */
