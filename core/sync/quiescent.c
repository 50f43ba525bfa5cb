/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferred freeing in grace periods.
 *
 * Design: an epoch number.  Objects wait on a list; when no period is going
 * on, the list becomes the current one, the epoch advances, and all CPUs are
 * kicked.  Each CPU notices at its loop head that its own number is behind,
 * and counts itself off; the last one hands the current list over to a
 * softirq on itself and starts the next period if more has come.
 *
 *   CPU 0                          CPU 1
 *   unlink object                  looks up object
 *   defer: epoch 4 -> 5            uses it
 *   loop head: 5, one left         loop head: 5, none left: call fn
 *
 * An object that is deferred during a period waits for the next one, because
 * some CPU may have passed before it was unlinked.
 *
 * Locking: QUIESCENT around all of it; the functions run without.
 * Limits: one CPU that never reaches its loop head holds up all freeing.
 */
#include <core/kernel/bug.h>
#include <core/kernel/softirq.h>
#include <core/sync/quiescent.h>

uint32_t quiescent_epoch;

static struct spinlock lock = SPINLOCK_INIT(QUIESCENT);
/* [lock] For the next period; in the current; and due. */
static struct quiescent_head *waiting;
static struct quiescent_head *current_list;
static struct quiescent_head *due;
static struct quiescent_head **due_tail = &due;
static unsigned int cpus_left; /* [lock] 0: no period is going on */

static void call_due(void)
{
    struct quiescent_head *list;

    spin_lock(&lock);
    list = due;
    due = NULL;
    due_tail = &due;
    spin_unlock(&lock);
    while (list) {
        struct quiescent_head *const head = list;

        list = head->next;
        head->fn(head);
    }
}

static void start_period_locked(void)
{
    const unsigned int cpus = bitmap_weight(cpu_online, CPU_MAX);
    unsigned int cpu;

    /* Before the first CPU is in its loop everything waits. */
    if (cpus_left != 0 || !waiting || cpus == 0) {
        return;
    }
    current_list = waiting;
    waiting = NULL;
    cpus_left = cpus;
    /* Release pairs with the acquire in quiescent_pass(). */
    __atomic_store_n(&quiescent_epoch, quiescent_epoch + 1,
                     __ATOMIC_RELEASE);
    for_each_online_cpu (cpu) {
        softirq_raise(cpu, SOFTIRQ_QUIESCENT);
    }
}

static void finish_period_locked(void)
{
    struct quiescent_head *next;

    for (; current_list; current_list = next) {
        next = current_list->next;
        current_list->next = NULL;
        *due_tail = current_list;
        due_tail = &current_list->next;
    }
    softirq_raise_self(SOFTIRQ_QUIESCENT);
}

void quiescent_defer(struct quiescent_head *head,
                     void (*fn)(struct quiescent_head *head))
{
    head->fn = fn;
    spin_lock(&lock);
    head->next = waiting;
    waiting = head;
    start_period_locked();
    spin_unlock(&lock);
}

void quiescent_pass_slow(void)
{
    struct cpu *const c = this_cpu();

    spin_lock(&lock);
    if (c->quiescent_seen != quiescent_epoch) {
        c->quiescent_seen = quiescent_epoch;
        BUG_ON(cpus_left == 0);
        if (--cpus_left == 0) {
            finish_period_locked();
            start_period_locked();
        }
    }
    spin_unlock(&lock);
}

void quiescent_cpu_online(void)
{
    struct cpu *const c = this_cpu();

    softirq_register(SOFTIRQ_QUIESCENT, call_due);
    spin_lock(&lock);
    /* Not counted in the current period, and holds nothing of it. */
    c->quiescent_seen = quiescent_epoch;
    atomic_test_and_set_bit(cpu_online, c->id);
    spin_unlock(&lock);
}
