/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The null policy: a unit gets a CPU of its own when it first wakes and
 * keeps it.  No slices, no decisions; for machines with at least as many CPUs
 * as vCPUs.
 *
 * Design: q->priv[0] is the unit that owns the CPU.  Units for which no CPU
 * was free wait in the queue of the CPU where they asked, until an owner is
 * freed or an idle CPU without owner takes them.  q->nr_queued counts those
 * and an owner that has yet to be picked.
 * Locking: that of the run queue, by the core.  Limits: those that wait do
 * not run at all.
 */
#include <core/sched/sched.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/sync/atomic.h>

struct null_unit {
    bool queued;  /* Waits in the queue                                      */
    bool counted; /* In nr_queued                                            */
};

static struct null_unit *null_unit(const struct sched_unit *u)
{
    return (struct null_unit *)(uintptr_t)u->priv;
}

static struct sched_unit *null_owner(const struct runq *q)
{
    return (struct sched_unit *)(uintptr_t)READ_ONCE(q->priv[0]);
}

/* NULL also for a CPU that has left the pool. */
static struct sched_unit *null_owner_of(const struct sched_pool *p,
                                        unsigned int cpu)
{
    const struct runq *q = READ_ONCE(p->runq[cpu]);

    return q ? null_owner(q) : NULL;
}

static void null_set_owner(struct runq *q, struct sched_unit *u)
{
    WRITE_ONCE(q->priv[0], (uintptr_t)u);
}

static int null_pool_init(struct sched_pool *p)
{
    return 0;
}

static void null_pool_free(struct sched_pool *p)
{
}

static void null_runq_init(struct runq *q)
{
    null_set_owner(q, NULL);
}

static int null_unit_init(struct sched_unit *u)
{
    *null_unit(u) = (struct null_unit){ .queued = false };
    return 0;
}

static void null_count(struct runq *q, struct sched_unit *u, bool is_in)
{
    if (null_unit(u)->counted != is_in) {
        null_unit(u)->counted = is_in;
        q->nr_queued += is_in ? 1u : -1u;
    }
}

static void null_dequeue(struct runq *q, struct sched_unit *u)
{
    if (null_unit(u)->queued) {
        list_del(&u->queue);
        null_unit(u)->queued = false;
    }
    null_count(q, u, false);
}

static void null_unit_free(struct sched_unit *u)
{
}

static void null_leave(struct runq *q, struct sched_unit *u)
{
    if (null_owner(q) == u) {
        null_set_owner(q, NULL);
    }
}

static unsigned int null_pick_cpu(const struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;
    const struct sched_unit *owner = null_owner_of(p, u->cpu);
    unsigned int cpu;

    if (sched_unit_fits(u, u->cpu) && (owner == u || !owner)) {
        return u->cpu;
    }
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        if (sched_unit_fits(u, cpu) && !null_owner_of(p, cpu)) {
            return cpu;
        }
    }
    return sched_place(u);
}

static enum sched_wake null_wake(struct runq *q, struct sched_unit *u,
                                 nsec_t now)
{
    u->is_runnable = true;
    if (!null_owner(q)) {
        null_set_owner(q, u);
    }
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    null_count(q, u, true);
    if (null_owner(q) == u) {
        return SCHED_WAKE_PICK;
    }
    list_add_tail(&u->queue, &q->queue[0]);
    null_unit(u)->queued = true;
    return SCHED_WAKE_NOTHING;
}

static void null_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    null_dequeue(q, u);
}

static void null_yield(struct runq *q, nsec_t now)
{
}

static struct sched_choice null_pick(struct runq *q, nsec_t now)
{
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    struct sched_unit *owner = null_owner(q);

    if (!owner && !list_empty(&q->queue[0])) {
        owner = list_first_entry(&q->queue[0], struct sched_unit, queue);
        null_set_owner(q, owner);
    }
    if (q->curr) {
        q->curr->is_running = false;
        if (q->curr != owner && q->curr->is_runnable) {
            /* Not its owner any more: only if the pool has changed. */
            null_count(q, q->curr, true);
            list_add_tail(&q->curr->queue, &q->queue[0]);
            null_unit(q->curr)->queued = true;
        }
    }
    q->curr = owner && owner->is_runnable ? owner : NULL;
    if (q->curr) {
        q->curr->is_running = true;
        null_dequeue(q, q->curr);
    }
    choice.unit = q->curr;
    return choice;
}

static struct sched_unit *null_steal(struct runq *from, const struct runq *to,
                                     nsec_t now)
{
    struct sched_unit *u;

    if (null_owner(to)) {
        return NULL;
    }
    list_for_each_entry(u, &from->queue[0], queue)
    {
        if (!atomic_read_acquire(&u->is_loaded) &&
            sched_unit_fits(u, to->cpu)) {
            null_dequeue(from, u);
            return u;
        }
    }
    return NULL;
}

static void null_dump(const struct runq *q)
{
    const struct sched_unit *u = null_owner(q);

    if (u) {
        printk_raw("    owner d%uv%u%s\n", u->domain, u->id,
                   u->is_runnable ? " runnable" : "");
    }
    list_for_each_entry(u, &q->queue[0], queue)
    {
        printk_raw("    waits d%uv%u\n", u->domain, u->id);
    }
}

static bool null_check(const struct runq *q)
{
    const struct sched_unit *owner = null_owner(q);
    const struct sched_unit *u;
    unsigned int n = 0;

    list_for_each_entry(u, &q->queue[0], queue)
    {
        if (!null_unit(u)->queued || u == owner || u == q->curr ||
            !u->is_runnable || u->is_running || u->cpu != q->cpu) {
            return false;
        }
        n++;
    }
    if (q->curr && !q->curr->is_running) {
        return false;
    }
    n += owner && null_unit(owner)->counted;
    return n == q->nr_queued;
}

const struct sched_ops sched_null_ops = {
    .name = "null",
    .abi_id = XEN_SCHEDULER_NULL,
    .is_trusted = true,
    .pool_init = null_pool_init,
    .pool_free = null_pool_free,
    .runq_init = null_runq_init,
    .unit_init = null_unit_init,
    .unit_free = null_unit_free,
    .leave = null_leave,
    .wake = null_wake,
    .sleep = null_sleep,
    .yield = null_yield,
    .pick = null_pick,
    .pick_cpu = null_pick_cpu,
    .steal = null_steal,
    .dump = null_dump,
    .check = null_check,
};
