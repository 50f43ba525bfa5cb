/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop. Interrupts are off but while it sleeps.
 */
#include <dom0/rt/rt.h>

static nsec_t loop_when = NSEC_NEVER;
static void (*loop_timer)(void);
static LIST_HEAD(loop_queue);

nsec_t loop_now(void)
{
    const volatile struct vcpu_time_info *const t =
        &evtchn_shared->vcpu_info[0].time;
    uint32_t version;
    nsec_t now;

    do {
        uint64_t ticks;

        version = t->version;
        barrier();
        ticks = x86_rdtsc() - t->tsc_timestamp;
        ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift
                                 : ticks << t->tsc_shift;
        now = t->system_time + mul64_shift(ticks, t->tsc_to_system_mul, 32);
        barrier();
    } while ((version & 1) != 0 || version != t->version);
    return now;
}

void loop_init(void)
{
    if (evtchn_bind_virq(VIRQ_TIMER, NULL) < 0) {
        panic("the hypervisor gives no timer (VIRQ_TIMER)");
    }
}

void loop_timer_set(nsec_t when, void (*fn)(void))
{
    loop_when = when;
    loop_timer = fn;
}

void loop_post(struct loop_work *work)
{
    if (list_empty(&work->link)) {
        list_add_tail(&work->link, &loop_queue);
    }
}

void loop_cancel(struct loop_work *work)
{
    list_del(&work->link);
}

/* Whether anything ran. */
static bool loop_work_run(void)
{
    struct list_head now;

    if (list_empty(&loop_queue)) {
        return false;
    }
    list_init(&now);
    list_splice_tail(&loop_queue, &now);
    while (!list_empty(&now)) {
        struct loop_work *const w =
            list_first_entry(&now, struct loop_work, link);

        list_del(&w->link);
        w->fn(w);
    }
    return true;
}

static bool loop_timer_run(void)
{
    if (loop_now() < loop_when) {
        return false;
    }
    loop_when = NSEC_NEVER;
    loop_timer();
    return true;
}

/* A time that is over already makes the event pending at once. */
static void loop_arm(void)
{
    struct vcpu_set_singleshot_timer arg = { .timeout_abs_ns = loop_when };

    hypercall3(__HYPERVISOR_vcpu_op,
               loop_when == NSEC_NEVER ? VCPUOP_stop_singleshot_timer
                                       : VCPUOP_set_singleshot_timer,
               0, (uint64_t)&arg);
}

void loop_run(void)
{
    for (;;) {
        bool any;

        do {
            any = evtchn_dispatch();
            any |= loop_timer_run();
            any |= loop_work_run();
        } while (any);
        loop_arm();
        x86_wait();
    }
}
