/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTDS: global earliest deadline first of deferrable servers.
 *
 * Design: a unit may run for its budget in each period.  The budget stays
 * when it sleeps, and is full again at the end of each period, whatever is
 * left.  Units with budget wait in a tree by deadline, the end of their
 * period; the pool's m CPUs run the first m.  Those without wait apart, in a
 * second tree, until they are paid; with the flag "extra" they may run
 * meanwhile, in turns, if nobody else wants to.
 *
 * Cost: log n for a unit that waits, and for each that is paid; a waking unit
 * for which no CPU idles looks at every CPU of the pool.  Locking: one lock
 * for the pool, by the core.  Limits: what is admitted is not checked, as in
 * Xen; the analysis is the user's.
 */
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>

#define RT_PERIOD (10 * NSEC_PER_MSEC)
#define RT_BUDGET (4 * NSEC_PER_MSEC)
#define RT_SHORTEST (10 * NSEC_PER_USEC)
#define RT_LONGEST (3600 * NSEC_PER_SEC)
#define RT_EXTRA_SLICE NSEC_PER_MSEC

struct rt_unit {
    struct sched_group_unit g;
    nsec_t period;
    nsec_t budget;
    nsec_t left;       /* Of the budget                                      */
    nsec_t deadline;   /* And when it is paid                                */
    nsec_t spent_to;   /* Running: left is right up to here                  */
    bool may_extra;
    bool is_extra;     /* Runs without budget                                */
};

static_assert(sizeof(struct rt_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

static struct rt_unit *rt_unit(const struct sched_unit *u)
{
    return (struct rt_unit *)(uintptr_t)u->priv;
}

static bool rt_less(const struct rbtree_node *a, const struct rbtree_node *b)
{
    return container_of(a, struct rt_unit, g.node)->deadline <
           container_of(b, struct rt_unit, g.node)->deadline;
}

/* Words of the leader's queue. */
struct rt_queue {
    struct sched_group g;
    nsec_t due;            /* The earliest deadline of those apart           */
    struct rbtree unpaid;  /* Those, by deadline                             */
};

static_assert(sizeof(struct rt_queue) <= SCHED_RUNQ_WORDS * sizeof(uint64_t),
              "the policy's words of a queue");

static struct rt_queue *rt_queue(const struct runq *q)
{
    return (struct rt_queue *)(uintptr_t)q->lead->priv;
}

static int rt_pool_init(struct sched_pool *p)
{
    return 0;
}

static void rt_pool_free(struct sched_pool *p)
{
}

static void rt_runq_init(struct runq *q)
{
    rt_queue(q)->due = NSEC_NEVER;
}

static int rt_unit_init(struct sched_unit *u)
{
    *rt_unit(u) = (struct rt_unit){
        .period = RT_PERIOD, .budget = RT_BUDGET, .may_extra = true,
    };
    return 0;
}

static void rt_unit_free(struct sched_unit *u)
{
}

/* Begin the period that @now is in, if it has begun. */
static void rt_pay(struct rt_unit *r, nsec_t now)
{
    if (now >= r->deadline) {
        r->deadline = r->deadline == 0
                          ? now + r->period
                          : r->deadline + ((now - r->deadline) / r->period +
                                           1) * r->period;
        r->left = r->budget;
        r->is_extra = false;
    }
}

static void rt_spend(struct rt_unit *r, nsec_t now)
{
    const nsec_t ran = now > r->spent_to ? now - r->spent_to : 0;

    if (!r->is_extra) {
        r->left = ran < r->left ? r->left - ran : 0;
    }
    r->spent_to = now;
}

static void rt_add(struct runq *q, struct sched_unit *u)
{
    struct rt_unit *r = rt_unit(u);

    r->is_extra = false;
    if (r->left == 0) {
        sched_group_add_apart(q, u);
        rbtree_insert(&rt_queue(q)->unpaid, &r->g.node, rt_less);
        rt_queue(q)->due = min(rt_queue(q)->due, r->deadline);
    } else {
        sched_group_add(q, u, rt_less);
        sched_group(q)->is_unsettled = true;
    }
}

static void rt_remove(struct runq *q, struct sched_unit *u)
{
    if (rt_unit(u)->g.apart) {
        rbtree_remove(&rt_queue(q)->unpaid, &rt_unit(u)->g.node);
    }
    sched_group_remove(q, u);
}

/* Does @u replace @curr, which runs? */
static bool rt_beats(const struct sched_unit *u, const struct sched_unit *curr)
{
    if (rt_unit(u)->left == 0) {
        return false;
    }
    return rt_unit(curr)->is_extra ||
           rt_unit(u)->deadline < rt_unit(curr)->deadline;
}

static enum sched_wake rt_wake(struct runq *q, struct sched_unit *u,
                               nsec_t now)
{
    u->is_runnable = true;
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    rt_pay(rt_unit(u), now);
    rt_add(q, u);
    if (!q->curr || !q->curr->is_runnable || rt_unit(u)->g.apart ||
        rt_beats(u, q->curr)) {
        return SCHED_WAKE_PICK;
    }
    return SCHED_WAKE_NOTHING;
}

static void rt_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    if (q->curr == u) {
        rt_spend(rt_unit(u), now);
    } else {
        rt_remove(q, u);
    }
}

/* Its turn is over: the budget stays, others of its deadline come first. */
static void rt_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        rt_unit(q->curr)->g.has_yielded = true;
    }
}

static struct sched_unit *rt_first_unpaid(const struct runq *q)
{
    return sched_group_entry(rbtree_first(&rt_queue(q)->unpaid));
}

/* Pay those that wait and whose period is over; when is the next? */
static nsec_t rt_pay_all(struct runq *q, nsec_t now)
{
    struct rt_queue *rq = rt_queue(q);
    struct sched_unit *u = sched_group_first(q);
    nsec_t due;

    for (; u && rt_unit(u)->deadline <= now; u = sched_group_first(q)) {
        sched_group_remove(q, u);
        rt_pay(rt_unit(u), now);
        sched_group_add(q, u, rt_less);
    }
    due = u ? rt_unit(u)->deadline : NSEC_NEVER;
    if (rq->due <= now) {
        u = rt_first_unpaid(q);
        for (; u && rt_unit(u)->deadline <= now; u = rt_first_unpaid(q)) {
            rt_remove(q, u);
            rt_pay(rt_unit(u), now);
            rt_add(q, u);
        }
        rq->due = u ? rt_unit(u)->deadline : NSEC_NEVER;
    }
    return min(due, rq->due);
}

static struct sched_unit *rt_first(struct runq *q)
{
    struct sched_unit *u = sched_group_first(q);

    while (u && !sched_group_may_take(q, u)) {
        u = sched_group_next(u);
    }
    return u;
}

/* One that has used its budget up, if nobody else wants to run. */
static struct sched_unit *rt_first_extra(struct runq *q)
{
    struct sched_unit *u;

    list_for_each_entry(u, &q->lead->queue[1], queue)
    {
        if (rt_unit(u)->may_extra && sched_group_may_take(q, u)) {
            return u;
        }
    }
    return NULL;
}

static nsec_t rt_slice(const struct runq *q, nsec_t now)
{
    const struct rt_unit *r = rt_unit(q->curr);
    const nsec_t to_pay = r->deadline > now ? r->deadline - now : 0;
    const nsec_t ran = now - r->spent_to;
    const nsec_t left = ran < r->left ? r->left - ran : 0;

    return min(to_pay, r->is_extra ? RT_EXTRA_SLICE : left);
}

/* The first by deadline, what ran before included. */
static struct sched_unit *rt_choose(struct runq *q, struct sched_unit *prev)
{
    struct sched_unit *next = rt_first(q);

    if (prev && prev->is_runnable && rt_unit(prev)->left != 0 &&
        !(next && (rt_beats(next, prev) || rt_unit(prev)->g.has_yielded))) {
        return prev;
    }
    return next;
}

static void rt_swap(struct runq *q, struct sched_unit *prev,
                    struct sched_unit *next)
{
    if (prev && prev->is_runnable) {
        prev->is_running = false;
        rt_add(q, prev);
    }
    next = next ? next : rt_first_extra(q);
    if (next) {
        rt_remove(q, next);
    }
    sched_group_run(q, next);
}

static struct sched_choice rt_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr;
    struct sched_unit *next;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    nsec_t due;

    if (prev && prev->is_runnable) {
        rt_spend(rt_unit(prev), now);
        rt_pay(rt_unit(prev), now);
    }
    due = rt_pay_all(q, now);
    next = rt_choose(q, prev);
    if (prev) {
        rt_unit(prev)->g.has_yielded = false;
    }
    if (next != prev) {
        rt_swap(q, prev, next);
        next = q->curr;
        due = min(due, rt_queue(q)->due);
    }
    if (next) {
        rt_unit(next)->spent_to = now;
        rt_unit(next)->is_extra = rt_unit(next)->left == 0;
        choice.unit = next;
        choice.slice = rt_slice(q, now);
    }
    choice.slice = sched_group_alarm(q, due, choice.slice, now);
    if (sched_group(q)->is_unsettled) {
        choice.also = sched_group_settle(q);
    }
    return choice;
}

/* An idle CPU, or the one whose unit has the latest deadline. */
static unsigned int rt_latest(const struct sched_unit *u, unsigned int cpu)
{
    const struct sched_pool *p = u->pool;
    const struct sched_unit *latest = NULL;

    for (unsigned int i = 0; i < p->top; i++) {
        const struct runq *q = READ_ONCE(p->runq[i]);
        const struct sched_unit *curr = q ? READ_ONCE(q->curr) : NULL;

        if (curr && sched_unit_fits(u, i) &&
            (!latest || rt_unit(curr)->is_extra ||
             (!rt_unit(latest)->is_extra &&
              rt_unit(curr)->deadline > rt_unit(latest)->deadline))) {
            latest = curr;
            cpu = i;
        }
    }
    return cpu;
}

static unsigned int rt_pick_cpu(const struct sched_unit *u)
{
    const unsigned int cpu = sched_place(u);
    const struct runq *q = READ_ONCE(u->pool->runq[cpu]);

    return q && READ_ONCE(q->curr) && u->pinned_to < 0 ? rt_latest(u, cpu)
                                                       : cpu;
}

static unsigned int rt_offer(const struct runq *q, const struct sched_unit *u)
{
    unsigned int cpu = sched_find_idle(u, NULL);

    if (cpu < SCHED_MAX_CPUS) {
        return cpu;
    }
    cpu = rt_latest(u, SCHED_MAX_CPUS);
    return cpu < SCHED_MAX_CPUS && u->pool->runq[cpu]->curr &&
                   rt_beats(u, u->pool->runq[cpu]->curr)
               ? cpu : SCHED_MAX_CPUS;
}

static int rt_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    const nsec_t period = (nsec_t)op->u.rtds.period * NSEC_PER_USEC;
    const nsec_t budget = (nsec_t)op->u.rtds.budget * NSEC_PER_USEC;
    struct rt_unit *r = rt_unit(u);

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.rtds.period = (uint32_t)(r->period / NSEC_PER_USEC);
        op->u.rtds.budget = (uint32_t)(r->budget / NSEC_PER_USEC);
        op->u.rtds.flags = r->may_extra ? XEN_DOMCTL_SCHEDRT_extra : 0;
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo || period > RT_LONGEST ||
        budget < RT_SHORTEST || budget > period) {
        return -EINVAL;
    }
    r->period = period;
    r->budget = budget;
    r->may_extra = op->u.rtds.flags & XEN_DOMCTL_SCHEDRT_extra;
    return 0;
}

static void rt_show(const struct runq *q, const struct sched_unit *u)
{
    const struct rt_unit *r = rt_unit(u);

    printk_raw("%llu of %llu us, period %llu us%s\n",
               (unsigned long long)(r->left / NSEC_PER_USEC),
               (unsigned long long)(r->budget / NSEC_PER_USEC),
               (unsigned long long)(r->period / NSEC_PER_USEC),
               r->is_extra ? ", extra" : "");
}

static void rt_dump(const struct runq *q)
{
    sched_group_show(q, "used", rt_show);
}

const struct sched_ops sched_rtds_ops = {
    .name = "rtds",
    .abi_id = XEN_SCHEDULER_RTDS,
    .group = SCHED_MAX_CPUS,
    .is_trusted = true,
    .pool_init = rt_pool_init,
    .pool_free = rt_pool_free,
    .runq_init = rt_runq_init,
    .unit_init = rt_unit_init,
    .unit_free = rt_unit_free,
    .wake = rt_wake,
    .sleep = rt_sleep,
    .yield = rt_yield,
    .pick = rt_pick,
    .slice = rt_slice,
    .pick_cpu = rt_pick_cpu,
    .offer = rt_offer,
    .adjust = rt_adjust,
    .dump = rt_dump,
    .check = sched_group_check,
};
