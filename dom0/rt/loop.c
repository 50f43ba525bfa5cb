/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop. Interrupts are off but while it sleeps.
 */
#include <dom0/rt/evtchn.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/loop.h>
#include <dom0/rt/panic.h>
#include <dom0/rt/trap.h>
#include <dom0/rt/x86.h>

#define TIMERS 256u

static struct heap loop_timers;
static struct heap_node *loop_slots[TIMERS];
static LIST_HEAD(loop_queue);

nsec_t loop_now(void)
{
    return evtchn_time_now();
}

static void loop_tick(void *ctx)
{
}

void loop_init(void)
{
    heap_init(&loop_timers, loop_slots, TIMERS);
    if (evtchn_bind_virq(VIRQ_TIMER, loop_tick, NULL) < 0) {
        panic("the hypervisor gives no timer (VIRQ_TIMER)");
    }
}

void loop_timer_set(struct loop_timer *timer, nsec_t when)
{
    heap_remove(&loop_timers, &timer->node);
    if (heap_insert(&loop_timers, &timer->node, when) != 0) {
        panic("more than %u timers", TIMERS);
    }
}

void loop_timer_cancel(struct loop_timer *timer)
{
    heap_remove(&loop_timers, &timer->node);
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

static bool loop_timers_run(void)
{
    const nsec_t now = loop_now();
    bool any = false;
    struct heap_node *first;

    while ((first = heap_min(&loop_timers)) != NULL && first->key <= now) {
        struct loop_timer *const t =
            container_of(first, struct loop_timer, node);

        heap_remove(&loop_timers, first);
        t->fn(t);
        any = true;
    }
    return any;
}

/* A time that is over already makes the event pending at once. */
static void loop_arm(void)
{
    const struct heap_node *const first = heap_min(&loop_timers);
    struct vcpu_set_singleshot_timer arg = { 0 };

    if (first == NULL) {
        hypercall_vcpu(VCPUOP_stop_singleshot_timer, NULL);
        return;
    }
    arg.timeout_abs_ns = first->key;
    hypercall_vcpu(VCPUOP_set_singleshot_timer, &arg);
}

void loop_run(void)
{
    for (;;) {
        bool any;

        do {
            any = evtchn_dispatch();
            any |= trap_msi_dispatch();
            any |= loop_timers_run();
            any |= loop_work_run();
        } while (any);
        loop_arm();
        x86_wait();
    }
}
