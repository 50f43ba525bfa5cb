/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARINC 653: windows in a frame that repeats, whatever anybody wants.
 *
 * Design: the tools put a frame (XEN_SYSCTL_scheduler_op): up to 64 windows
 * one behind the other, each of one vCPU, named by its domain's handle.  In
 * its window a vCPU runs or its CPU idles; outside of it, and if it has none,
 * it does not run.  The frame is the pool's: each CPU has its own by being in
 * a pool of its own.  A vCPU stays at the first CPU of the pool that it may
 * use.  Until there is a frame all take turns of 10 ms, on all CPUs.
 *
 * Cost: constant; a unit that joins, and a new frame, 64 comparisons each.
 * Locking: one lock for the pool, by the core.  Limits: a frame starts when a
 * CPU first looks at it; a window is late by what its CPU is late.
 */
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

#define A653_WINDOWS ARINC653_MAX_DOMAINS_PER_SCHEDULE
#define A653_TURN (10 * NSEC_PER_MSEC)

/* All of it is the pool's lock's. */
struct a653_pool {
    struct list_head units;
    struct sched_unit *owner[A653_WINDOWS]; /* NULL: not in the pool         */
    nsec_t end[A653_WINDOWS];    /* Of the window, in the frame              */
    nsec_t began;                /* The frame that runs; NSEC_NEVER: none    */
    unsigned int window;         /* In it; num_sched_entries: the rest       */
    struct xen_sysctl_arinc653_schedule frame; /* No entries: none yet       */
};

struct a653_unit {
    struct sched_group_unit g;
    struct list_head link;       /* In units                                 */
    nsec_t chosen;               /* Taking turns: runs since                 */
};

static_assert(sizeof(struct a653_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

static struct a653_unit *a653_unit(const struct sched_unit *u)
{
    return (struct a653_unit *)(uintptr_t)u->priv;
}

static struct a653_pool *a653_pool(const struct sched_pool *p)
{
    return (struct a653_pool *)(uintptr_t)p->priv[0];
}

static bool a653_has_frame(const struct a653_pool *a)
{
    return a->frame.num_sched_entries != 0;
}

static int a653_pool_init(struct sched_pool *p)
{
    struct a653_pool *a = xzalloc_type(struct a653_pool);

    if (!a) {
        return -ENOMEM;
    }
    list_init(&a->units);
    p->priv[0] = (uintptr_t)a;
    return 0;
}

static void a653_pool_free(struct sched_pool *p)
{
    xfree(a653_pool(p));
}

static void a653_runq_init(struct runq *q)
{
}

/* Which windows are @u's, from now on. */
static void a653_find_windows(struct a653_pool *a, struct sched_unit *u)
{
    for (unsigned int i = 0; i < a->frame.num_sched_entries; i++) {
        if (a->frame.sched_entries[i].vcpu_id == u->id &&
            memcmp(a->frame.sched_entries[i].dom_handle, u->handle,
                   sizeof(xen_domain_handle_t)) == 0) {
            a->owner[i] = u;
        }
    }
}

static int a653_unit_init(struct sched_unit *u)
{
    *a653_unit(u) = (struct a653_unit){ .chosen = 0 };
    list_add_tail(&a653_unit(u)->link, &a653_pool(u->pool)->units);
    a653_find_windows(a653_pool(u->pool), u);
    return 0;
}

static void a653_unit_free(struct sched_unit *u)
{
    struct a653_pool *a = a653_pool(u->pool);

    list_del(&a653_unit(u)->link);
    for (unsigned int i = 0; i < A653_WINDOWS; i++) {
        a->owner[i] = a->owner[i] == u ? NULL : a->owner[i];
    }
}

static enum sched_wake a653_wake(struct runq *q, struct sched_unit *u,
                                 nsec_t now)
{
    u->is_runnable = true;
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    sched_group_add_apart(q, u);
    /* What runs has a slice in any case. */
    return q->curr && q->curr->is_runnable ? SCHED_WAKE_NOTHING
                                           : SCHED_WAKE_PICK;
}

static void a653_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    if (q->curr != u) {
        sched_group_remove(q, u);
    }
}

/* A window is its unit's, yield or not. */
static void a653_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        a653_unit(q->curr)->g.has_yielded = true;
    }
}

/* Whose window is it (NULL: nobody's), and how long still? */
static struct sched_unit *a653_owner(struct a653_pool *a, nsec_t now,
                                     nsec_t *left)
{
    const nsec_t major = a->frame.major_frame;
    const unsigned int n = a->frame.num_sched_entries;
    nsec_t end;

    if (a->began == NSEC_NEVER) {
        a->began = now;
    }
    if (now >= a->began + major) {
        a->began += (now - a->began) / major * major;
        a->window = 0;
    }
    while (a->window < n && now >= a->began + a->end[a->window]) {
        a->window++;
    }
    end = a->began + (a->window < n ? a->end[a->window] : major);
    *left = end > now ? end - now : 1;
    return a->window < n ? a->owner[a->window] : NULL;
}

/* The first that waits and may run here; @prev, if it has not had its turn. */
static struct sched_unit *a653_turn(struct runq *q, struct sched_unit *prev,
                                    nsec_t now)
{
    struct sched_unit *u;

    if (prev && !a653_unit(prev)->g.has_yielded &&
        now - a653_unit(prev)->chosen < A653_TURN) {
        return prev;
    }
    list_for_each_entry(u, &q->lead->queue[1], queue)
    {
        if (sched_group_may_take(q, u)) {
            return u;
        }
    }
    return prev;
}

static nsec_t a653_slice(const struct runq *q, nsec_t now)
{
    const nsec_t stay = now - a653_unit(q->curr)->chosen;
    nsec_t left = stay < A653_TURN ? A653_TURN - stay : 1;

    if (a653_has_frame(a653_pool(q->pool))) {
        (void)a653_owner(a653_pool(q->pool), now, &left);
    }
    return left;
}

static struct sched_choice a653_pick(struct runq *q, nsec_t now)
{
    struct a653_pool *a = a653_pool(q->pool);
    struct sched_unit *prev = q->curr && q->curr->is_runnable ? q->curr
                                                              : NULL;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    struct sched_unit *next;

    if (a653_has_frame(a)) {
        next = a653_owner(a, now, &choice.slice);
        if (next && (!next->is_runnable || next->cpu != q->cpu)) {
            next = NULL;
        }
    } else {
        next = a653_turn(q, prev, now);
    }
    if (q->curr) {
        a653_unit(q->curr)->g.has_yielded = false;
    }
    if (next != q->curr) {
        if (prev) {
            prev->is_running = false;
            sched_group_add_apart(q, prev);
        }
        sched_group_run(q, next);
    }
    if (next && (next != prev ||
                 now - a653_unit(next)->chosen >= A653_TURN)) {
        a653_unit(next)->chosen = now;
    }
    choice.unit = next;
    if (next) {
        choice.slice = a653_slice(q, now);
    } else if (q->nr_queued == 0) {
        choice.slice = NSEC_NEVER;
    }
    return choice;
}

static unsigned int a653_pick_cpu(const struct sched_unit *u)
{
    unsigned int cpu;

    if (!a653_has_frame(a653_pool(u->pool))) {
        return sched_place(u);
    }
    bitmap_for_each_set(cpu, u->pool->cpus.bits, SCHED_MAX_CPUS)
    {
        if (sched_unit_fits(u, cpu)) {
            return cpu;
        }
    }
    return sched_place(u);
}

static unsigned int a653_offer(const struct runq *q,
                               const struct sched_unit *u)
{
    return a653_has_frame(a653_pool(q->pool)) ? u->cpu
                                              : sched_find_idle(u, NULL);
}

/* Windows that are not empty and fit into the frame. */
static bool a653_is_valid(const struct xen_sysctl_arinc653_schedule *f)
{
    nsec_t sum = 0;

    if (f->num_sched_entries == 0 || f->num_sched_entries > A653_WINDOWS ||
        f->major_frame > NSEC_NEVER / 2) {
        return false;
    }
    for (unsigned int i = 0; i < f->num_sched_entries; i++) {
        const nsec_t length = f->sched_entries[i].runtime;

        if (length == 0 || length > f->major_frame - sum) {
            return false;
        }
        sum += length;
    }
    return true;
}

static int a653_params(struct sched_pool *p, struct xen_sysctl_scheduler_op *op,
                       struct xen_sysctl_arinc653_schedule *frame)
{
    struct a653_pool *a = a653_pool(p);
    struct a653_unit *s;
    nsec_t sum = 0;

    if (op->cmd == XEN_SYSCTL_SCHEDOP_getinfo) {
        *frame = a->frame;
        return 0;
    }
    if (!a653_is_valid(frame)) {
        return -EINVAL;
    }
    a->frame = *frame;
    a->began = NSEC_NEVER;
    a->window = 0;
    for (unsigned int i = 0; i < A653_WINDOWS; i++) {
        a->owner[i] = NULL;
        sum += i < frame->num_sched_entries ? frame->sched_entries[i].runtime
                                            : 0;
        a->end[i] = sum;
    }
    list_for_each_entry(s, &a->units, link)
    {
        a653_find_windows(a, sched_group_entry(&s->g.node));
    }
    return 0;
}

static void a653_dump(const struct runq *q)
{
    const struct a653_pool *a = a653_pool(q->pool);
    const struct sched_unit *u = q->curr;

    if (u) {
        printk_raw("    run  d%uv%u\n", u->domain, u->id);
    }
    if (q != q->lead) {
        return;
    }
    for (unsigned int i = 0; i < a->frame.num_sched_entries; i++) {
        u = a->owner[i];
        printk_raw("    %s %llu us: ", i == a->window ? "now " : "then",
                   (unsigned long long)(a->frame.sched_entries[i].runtime /
                                        NSEC_PER_USEC));
        if (u) {
            printk_raw("d%uv%u\n", u->domain, u->id);
        } else {
            printk_raw("nobody\n");
        }
    }
}

const struct sched_ops sched_arinc653_ops = {
    .name = "arinc653",
    .abi_id = XEN_SCHEDULER_ARINC653,
    .group = SCHED_MAX_CPUS,
    .is_trusted = true,
    .pool_init = a653_pool_init,
    .pool_free = a653_pool_free,
    .runq_init = a653_runq_init,
    .unit_init = a653_unit_init,
    .unit_free = a653_unit_free,
    .wake = a653_wake,
    .sleep = a653_sleep,
    .yield = a653_yield,
    .pick = a653_pick,
    .slice = a653_slice,
    .pick_cpu = a653_pick_cpu,
    .offer = a653_offer,
    .params = a653_params,
    .dump = a653_dump,
    .check = sched_group_check,
};
