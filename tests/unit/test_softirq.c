/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work at the loop head: softirqs, calls on other CPUs, deferred freeing.
 * Links: core
 */
#include <core/kernel/smp_call.h>
#include <core/kernel/softirq.h>
#include <core/sync/quiescent.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

static unsigned int irq_runs;

static void irq_work(void)
{
    irq_runs++;
    if (irq_runs == 1) {
        softirq_raise_self(SOFTIRQ_IRQ);
        softirq_raise_self(SOFTIRQ_SCHEDULE);
    }
}

TEST(raise_and_run)
{
    fake_init(2);
    softirq_register(SOFTIRQ_IRQ, irq_work);
    CHECK(!softirq_is_pending());
    CHECK(!softirq_run());
    softirq_raise(0, SOFTIRQ_IRQ);
    CHECK_EQ(fake_kicks[0], 0);
    CHECK(softirq_is_pending());
    CHECK(softirq_run());
    CHECK_EQ(irq_runs, 2);
    CHECK(!softirq_run());

    softirq_raise(1, SOFTIRQ_IRQ);
    CHECK_EQ(fake_kicks[1], 1);
    /* Already on its way. */
    softirq_raise(1, SOFTIRQ_TIMER);
    softirq_raise(1, SOFTIRQ_IRQ);
    CHECK_EQ(fake_kicks[1], 1);
    CHECK(!softirq_is_pending());
    fake_set_cpu(1);
    softirq_run();
    CHECK_EQ(irq_runs, 3);
}

static unsigned int order[8];
static unsigned int order_count;

static void note(void *data)
{
    order[order_count++] = (unsigned int)(size_t)data + 10 * this_cpu_id();
}

TEST(calls)
{
    struct smp_call call[3] = {
        { .fn = note, .data = (void *)0 },
        { .fn = note, .data = (void *)1 },
        { .fn = note, .data = (void *)2 },
    };

    fake_init(2);
    order_count = 0;
    for (unsigned int i = 0; i < 3; i++) {
        CHECK(smp_call_async(1, &call[i]));
    }
    CHECK(!smp_call_async(1, &call[1]));
    CHECK_EQ(order_count, 0);
    fake_run_softirqs();
    CHECK_EQ(order_count, 3);
    for (unsigned int i = 0; i < 3; i++) {
        CHECK_EQ(order[i], 10 + i);
    }
    CHECK(smp_call_async(1, &call[1]));
    fake_run_softirqs();
    CHECK_EQ(order_count, 4);
    smp_call_sync(0, note, (void *)5);
    CHECK_EQ(order[4], 5);
}

struct object {
    bool is_freed;
    struct quiescent_head head;
};

static void free_object(struct quiescent_head *head)
{
    container_of(head, struct object, head)->is_freed = true;
}

static void loop_head(unsigned int cpu)
{
    fake_set_cpu(cpu);
    softirq_run();
}

TEST(freed_after_all_cpus)
{
    struct object a = { 0 };
    struct object b = { 0 };

    fake_init(3);
    fake_set_cpu(1);
    quiescent_defer(&a.head, free_object);
    CHECK_EQ(fake_kicks[0], 1);
    CHECK_EQ(fake_kicks[2], 1);
    loop_head(0);
    loop_head(2);
    CHECK(!a.is_freed);
    /* CPU 0 may look up b until now, and has passed for a already. */
    quiescent_defer(&b.head, free_object);
    loop_head(1);
    CHECK(a.is_freed);
    CHECK(!b.is_freed);
    loop_head(1);
    loop_head(2);
    CHECK(!b.is_freed);
    loop_head(0);
    CHECK(b.is_freed);
    fake_run_softirqs();
}

TEST(deferred_before_there_are_cpus)
{
    struct object a = { 0 };

    fake_init(0);
    cpu_register(this_cpu(), 0, 0);
    quiescent_defer(&a.head, free_object);
    CHECK(!a.is_freed);
    fake_init(1);
    quiescent_defer(&(struct object){ 0 }.head, free_object);
    loop_head(0);
    CHECK(a.is_freed);
}
