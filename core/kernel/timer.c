/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers.
 *
 * Design: one pairing heap per CPU, linked through the timers themselves, so
 * that setting one never fails for lack of memory.  The hardware is touched
 * only when the earliest deadline moves to before what it is programmed for.
 * When the earliest goes away or moves later, the hardware is left as it is:
 * it fires too early, once, and is then programmed anew.
 *
 * Locking: TIMER of the queue's CPU.  A timer's @cpu changes only under the
 * lock of the queue it is in, so take_queue() looks again after locking.
 * Only a queue's own CPU programs its hardware; others raise its softirq.
 *
 * Limits: a deadline is served at the loop head, so it waits for the
 * hypercall that runs.
 */
#include <core/arch/arch_time.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/softirq.h>
#include <core/kernel/symbols.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/trace/counter.h>

/* --- the heap --- */

/* Join two heaps; either may be NULL. */
static struct timer *heap_meld(struct timer *a, struct timer *b)
{
    struct timer *top = a;
    struct timer *sub = b;

    if (!a || !b) {
        return a ? a : b;
    }
    if (b->deadline < a->deadline) {
        top = b;
        sub = a;
    }
    sub->sibling = top->child;
    if (sub->sibling) {
        sub->sibling->prev = sub;
    }
    sub->prev = top;
    top->child = sub;
    return top;
}

/* Make one heap of a list of siblings: in pairs, then from the last. */
static struct timer *heap_collect(struct timer *list)
{
    struct timer *pairs = NULL;
    struct timer *all = NULL;

    while (list) {
        struct timer *const a = list;
        struct timer *const b = a->sibling;
        struct timer *pair;

        list = b ? b->sibling : NULL;
        a->sibling = NULL;
        if (b) {
            b->sibling = NULL;
        }
        pair = heap_meld(a, b);
        pair->sibling = pairs;
        pairs = pair;
    }
    while (pairs) {
        struct timer *const next = pairs->sibling;

        pairs->sibling = NULL;
        all = heap_meld(all, pairs);
        pairs = next;
    }
    return all;
}

static void queue_insert(struct timer_queue *q, struct timer *t)
{
    t->child = NULL;
    t->sibling = NULL;
    t->prev = NULL;
    t->is_queued = true;
    q->first = heap_meld(q->first, t);
}

static void queue_remove(struct timer_queue *q, struct timer *t)
{
    struct timer *rest = t->child;

    if (t == q->first) {
        q->first = heap_collect(rest);
        if (q->first) {
            q->first->prev = NULL;
        }
    } else {
        if (t->prev->child == t) {
            t->prev->child = t->sibling;
        } else {
            t->prev->sibling = t->sibling;
        }
        if (t->sibling) {
            t->sibling->prev = t->prev;
        }
        rest = heap_collect(rest);
        if (rest) {
            rest->prev = NULL;
        }
        q->first = heap_meld(q->first, rest);
    }
    t->child = NULL;
    t->sibling = NULL;
    t->prev = NULL;
    t->is_queued = false;
}

/* --- the queue --- */

/* Lock the queue that @t belongs to, and return it. */
static struct timer_queue *take_queue(const struct timer *t) NO_LOCK_ANALYSIS
{
    for (;;) {
        const unsigned int cpu = READ_ONCE(t->cpu);
        struct timer_queue *const q = &cpu_of(cpu)->timers;

        spin_lock(&q->lock);
        if (likely(t->cpu == cpu)) {
            return q;
        }
        spin_unlock(&q->lock);
    }
}

/* Of this CPU: make sure that the hardware fires no later than @deadline. */
static void program(struct timer_queue *q, nsec_t deadline)
{
    if (deadline < q->programmed) {
        q->programmed = deadline;
        counter_inc(TIMER_HW);
        arch_timer_program(deadline);
    }
}

/* @t became the first of @cpu's queue, which is locked. */
static void first_changed(unsigned int cpu, struct timer_queue *q)
{
    if (cpu == this_cpu_id()) {
        program(q, q->first->deadline);
    } else if (q->first->deadline < READ_ONCE(q->programmed)) {
        softirq_raise(cpu, SOFTIRQ_TIMER);
    }
}

void timer_init(struct timer *t, unsigned int cpu, void (*fn)(void *data),
                void *data)
{
    *t = (struct timer){
        .deadline = NSEC_NEVER,
        .fn = fn,
        .data = data,
        .cpu = cpu,
    };
}

void timer_set(struct timer *t, nsec_t deadline) NO_LOCK_ANALYSIS
{
    struct timer_queue *const q = take_queue(t);

    if (likely(!t->is_dead)) {
        if (t->is_queued) {
            queue_remove(q, t);
        }
        t->deadline = deadline;
        if (deadline != NSEC_NEVER) {
            counter_inc(TIMER_SET);
            queue_insert(q, t);
            if (q->first == t) {
                first_changed(t->cpu, q);
            }
        }
    }
    spin_unlock(&q->lock);
}

void timer_stop(struct timer *t) NO_LOCK_ANALYSIS
{
    struct timer_queue *q;

    /* Mostly it is not set; a race with a timer_set() has no order anyway. */
    if (!READ_ONCE(t->is_queued)) {
        return;
    }
    q = take_queue(t);
    if (t->is_queued) {
        queue_remove(q, t);
        t->deadline = NSEC_NEVER;
    }
    spin_unlock(&q->lock);
}

void timer_free(struct timer *t) NO_LOCK_ANALYSIS
{
    struct timer_queue *q;

    if (!t->fn) {
        return;
    }
    q = take_queue(t);
    if (t->is_queued) {
        queue_remove(q, t);
        t->deadline = NSEC_NEVER;
    }
    t->is_dead = true;
    spin_unlock(&q->lock);
}

void timer_migrate(struct timer *t, unsigned int cpu) NO_LOCK_ANALYSIS
{
    struct timer_queue *const to = &cpu_of(cpu)->timers;
    struct timer_queue *from;
    bool was_queued;

    if (READ_ONCE(t->cpu) == cpu) {
        return;
    }
    for (;;) {
        from = &cpu_of(READ_ONCE(t->cpu))->timers;
        spin_lock_both(&from->lock, &to->lock);
        if (from == &cpu_of(t->cpu)->timers) {
            break;
        }
        spin_unlock_both(&from->lock, &to->lock);
    }
    was_queued = t->is_queued;
    if (was_queued) {
        queue_remove(from, t);
    }
    t->cpu = cpu;
    if (was_queued) {
        queue_insert(to, t);
        if (to->first == t) {
            first_changed(cpu, to);
        }
    }
    spin_unlock_both(&from->lock, &to->lock);
}

/* --- service --- */

static void run_timers(void)
{
    struct cpu *const c = this_cpu();
    struct timer_queue *const q = &c->timers;

    spin_lock(&q->lock);
    while (q->first && q->first->deadline <= time_now()) {
        struct timer *const t = q->first;
        void (*const fn)(void *data) = t->fn;
        void *const data = t->data;

        queue_remove(q, t);
        t->deadline = NSEC_NEVER;
        q->running = t;
        spin_unlock(&q->lock);
        counter_inc(TIMER_CALL);
        fn(data);
        spin_lock(&q->lock);
    }
    q->running = NULL;
    if (q->first) {
        program(q, q->first->deadline);
    }
    spin_unlock(&q->lock);
}

void timer_fire_by(nsec_t deadline)
{
    program(&this_cpu()->timers, deadline);
}

void timer_interrupt(void)
{
    /* The deadline is used up, whether it came early or not. */
    this_cpu()->timers.programmed = NSEC_NEVER;
    counter_inc(TIMER_INTR);
    softirq_raise_self(SOFTIRQ_TIMER);
}

void timer_cpu_init(void)
{
    softirq_register(SOFTIRQ_TIMER, run_timers);
    this_cpu()->timers.programmed = NSEC_NEVER;
    softirq_raise_self(SOFTIRQ_TIMER);
}

void timer_cpu_drain(unsigned int from, unsigned int to)
{
    struct timer_queue *const q = &cpu_of(from)->timers;
    struct timer *t;

    while ((t = READ_ONCE(q->first)) != NULL) {
        timer_migrate(t, to);
    }
}

static void dump_timer(const struct timer *t, nsec_t now)
{
    unsigned long off = 0;
    const char *const name = symbols_lookup((uintptr_t)t->fn, &off);

    printk_raw("  in %12ld ns  %s(%p)\n", (long)(t->deadline - now),
               name ? name : "?", t->data);
}

/* Timers in heap order, at most @left of them. */
static void dump_heap(const struct timer *t, nsec_t now, unsigned int left)
{
    const struct timer *const root = t;

    while (t && left-- > 0) {
        dump_timer(t, now);
        if (t->child) {
            t = t->child;
            continue;
        }
        while (t != root && !t->sibling) {
            /* Up: the eldest sibling's prev is the parent. */
            while (t->prev->child != t) {
                t = t->prev;
            }
            t = t->prev;
        }
        t = t == root ? NULL : t->sibling;
    }
}

void timer_dump(void)
{
    const nsec_t now = time_now();
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct timer_queue *const q = &cpu_of(cpu)->timers;

        printk_raw("CPU %u: hardware in %ld ns\n", cpu,
                   q->programmed == NSEC_NEVER
                       ? -1L : (long)(q->programmed - now));
        spin_lock(&q->lock);
        dump_heap(q->first, now, 64);
        spin_unlock(&q->lock);
    }
}
