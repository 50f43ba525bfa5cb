/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen timers of a vCPU: one shot, periodic, and the timeout of
 * SCHEDOP_poll.  They follow the vCPU from CPU to CPU, so that the interrupt
 * comes where it runs.  Callbacks run at the loop head with no lock held.
 */
#include <core/domain/vcpu.h>

#include <core/evtchn/evtchn.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>

static void singleshot_fired(void *data)
{
    evtchn_send_vcpu_virq(data, VIRQ_TIMER);
}

static void periodic_fired(void *data)
{
    struct vcpu *v = data;
    const nsec_t period = READ_ONCE(v->periodic_ns);

    if (period == 0) {
        return;
    }
    evtchn_send_vcpu_virq(v, VIRQ_TIMER);
    timer_set(&v->periodic, time_now() + period);
}

static void poll_timed_out(void *data)
{
    struct vcpu *v = data;

    /* A timer left over from an earlier wait ends this one: allowed. */
    vcpu_notify(v);
}

void vcpu_timer_init(struct vcpu *v)
{
    const unsigned int cpu = v->sched.cpu;

    timer_init(&v->singleshot, cpu, singleshot_fired, v);
    timer_init(&v->periodic, cpu, periodic_fired, v);
    timer_init(&v->poll_timer, cpu, poll_timed_out, v);
}

void vcpu_timer_free(struct vcpu *v)
{
    timer_free(&v->singleshot);
    timer_free(&v->periodic);
    timer_free(&v->poll_timer);
}

void vcpu_timer_set_singleshot(struct vcpu *v, nsec_t at)
{
    if (at <= time_now()) {
        timer_stop(&v->singleshot);
        evtchn_send_vcpu_virq(v, VIRQ_TIMER);
    } else {
        timer_set(&v->singleshot, at);
    }
}

void vcpu_timer_stop_singleshot(struct vcpu *v)
{
    timer_stop(&v->singleshot);
}

void vcpu_timer_set_periodic(struct vcpu *v, nsec_t period)
{
    WRITE_ONCE(v->periodic_ns, period);
    if (period == 0) {
        timer_stop(&v->periodic);
    } else {
        timer_set(&v->periodic, time_now() + period);
    }
}

void vcpu_timer_load(struct vcpu *v)
{
    const unsigned int cpu = this_cpu_id();

    timer_follow(&v->singleshot, cpu);
    timer_follow(&v->periodic, cpu);
    timer_follow(&v->poll_timer, cpu);
}
