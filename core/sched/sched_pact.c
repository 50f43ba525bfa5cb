/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pact: every unit has a share of a CPU and a longest scheduling delay, and
 * both are kept.
 *
 * Model: a contract (share s, delay D) is a server with period D / (1 - s)
 * and budget s times that, served by earliest deadline first: a unit that
 * wakes with its budget runs before the budget's own length is left of the
 * period, that is, within D.  It wakes with its budget, with a new period, if
 * what is left of the old one would give it more than its share
 * (constant-bandwidth rule); so nobody can take from another's contract by
 * sleeping cleverly.  The delay holds for wake-ups of units that have not
 * used more than their share since the last period began.
 *
 * Admission: with m CPUs, the sum of shares may be m - (m - 1) times the
 * largest (the bound of Goossens, Funk and Baruah for global EDF).  A unit
 * with the default contract that does not fit gets none: it is never refused
 * and never harms others.
 *
 * What contracts leave over is divided by weight, which is the share: a
 * second tree by virtual time.  Time there is not charged to budgets, so a
 * hog has its budget when a neighbour wakes, and no more than that.
 *
 * Cost: log n, three times; a waking unit for which no CPU idles looks at
 * every CPU of the pool.  Locking: one lock for the pool, by the core.
 * Limits: pools of more than some 16 CPUs contend for it.
 */
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>

#define PACT_ONE 1000u             /* A whole CPU, as a share                */
#define PACT_SHARE 20u
#define PACT_DELAY_US 50000u
#define PACT_DELAY_MIN_US 50u
#define PACT_DELAY_MAX_US 10000000u
#define PACT_QUANTUM (2 * NSEC_PER_MSEC)

/* All fields of time are system time. */
struct pact_unit {
    struct sched_group_unit g; /* In the tree of deadlines                   */
    struct rbtree_node surplus; /* In that of virtual time                   */
    nsec_t budget_left;
    nsec_t deadline;
    uint64_t virtual_time;
    nsec_t ran_to;       /* Running: accounted up to here                    */
    nsec_t delay;        /* The contract; share 0: none                      */
    uint16_t share;
    uint16_t weight;
    bool on_budget;      /* Running: by contract                             */
};

static_assert(sizeof(struct pact_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

/* Words of the leader's queue behind those of sched_group.h. */
struct pact_queue {
    struct sched_group g;
    struct rbtree surplus;
    struct rbtree unpaid; /* Those without budget, by deadline               */
    uint64_t virtual_now; /* No unit that waits is behind it                 */
    nsec_t due;           /* When the first of those is paid                 */
};

static_assert(sizeof(struct pact_queue) <= SCHED_RUNQ_WORDS * sizeof(uint64_t),
              "the policy's words of a queue");

/* Words of the pool: admitted shares, and how many units of the largest. */
enum pact_word { PACT_SUM, PACT_LARGEST };

static struct pact_unit *pact_unit(const struct sched_unit *u)
{
    return (struct pact_unit *)(uintptr_t)u->priv;
}

static struct pact_queue *pact_queue(const struct runq *q)
{
    return (struct pact_queue *)(uintptr_t)q->lead->priv;
}

static struct sched_unit *surplus_entry(struct rbtree_node *n)
{
    return n ? sched_group_entry(&container_of(n, struct pact_unit,
                                               surplus)->g.node)
             : NULL;
}

static bool by_deadline(const struct rbtree_node *a,
                        const struct rbtree_node *b)
{
    return container_of(a, struct pact_unit, g.node)->deadline <
           container_of(b, struct pact_unit, g.node)->deadline;
}

static bool by_virtual_time(const struct rbtree_node *a,
                            const struct rbtree_node *b)
{
    return container_of(a, struct pact_unit, surplus)->virtual_time <
           container_of(b, struct pact_unit, surplus)->virtual_time;
}

static nsec_t pact_period(const struct pact_unit *c)
{
    const unsigned int rest = c->share < PACT_ONE ? PACT_ONE - c->share : 1;

    return c->delay * PACT_ONE / rest;
}

static nsec_t pact_budget(const struct pact_unit *c)
{
    return pact_period(c) * c->share / PACT_ONE;
}

/* --- admission --- */

/* May the shares of @p be @sum with @largest among them? */
static bool is_admissible(const struct sched_pool *p, uint64_t sum,
                          uint64_t largest)
{
    const uint64_t m = bitmap_weight(p->cpus.bits, SCHED_MAX_CPUS);

    return m != 0 && sum + (m - 1) * largest <= m * PACT_ONE;
}

/* Give @c the share @share, which is counted; -ENOSPC: it does not fit. */
static int pact_admit(struct sched_pool *p, struct pact_unit *c,
                      uint16_t share)
{
    const uint64_t sum = p->priv[PACT_SUM] - c->share + share;
    const uint64_t largest = max((uint64_t)share, p->priv[PACT_LARGEST]);

    /* Who asks for less is never refused, whatever the CPUs are now. */
    if (share > c->share && !is_admissible(p, sum, largest)) {
        return -ENOSPC;
    }
    p->priv[PACT_SUM] = sum;
    p->priv[PACT_LARGEST] = sum ? largest : 0;
    c->share = share;
    return 0;
}

static int pact_pool_init(struct sched_pool *p)
{
    p->priv[PACT_SUM] = 0;
    p->priv[PACT_LARGEST] = 0;
    return 0;
}

static void pact_pool_free(struct sched_pool *p)
{
}

static void pact_runq_init(struct runq *q)
{
    pact_queue(q)->due = NSEC_NEVER;
}

static int pact_unit_init(struct sched_unit *u)
{
    struct pact_unit *c = pact_unit(u);

    *c = (struct pact_unit){
        .delay = PACT_DELAY_US * NSEC_PER_USEC, .weight = PACT_SHARE,
    };
    (void)pact_admit(u->pool, c, PACT_SHARE);
    return 0;
}

static void pact_unit_free(struct sched_unit *u)
{
    (void)pact_admit(u->pool, pact_unit(u), 0);
}

/* --- the queues --- */

static void pact_add(struct runq *q, struct sched_unit *u)
{
    struct pact_queue *pq = pact_queue(q);
    struct pact_unit *c = pact_unit(u);

    if (c->budget_left) {
        sched_group_add(q, u, by_deadline);
        pq->g.is_unsettled = true;
    } else {
        if (!c->share) {
            c->deadline = NSEC_NEVER;
        }
        sched_group_add_apart(q, u);
        rbtree_insert(&pq->unpaid, &c->g.node, by_deadline);
        pq->due = min(pq->due, c->deadline);
    }
    rbtree_insert(&pq->surplus, &c->surplus, by_virtual_time);
}

static void pact_remove(struct runq *q, struct sched_unit *u)
{
    struct pact_queue *pq = pact_queue(q);
    struct pact_unit *c = pact_unit(u);

    if (c->g.apart) {
        rbtree_remove(&pq->unpaid, &c->g.node);
    }
    if (c->g.in_tree || c->g.apart) {
        rbtree_remove(&pq->surplus, &c->surplus);
        sched_group_remove(q, u);
    }
}

/* A new period from @now on. */
static void pact_pay(struct pact_unit *c, nsec_t now)
{
    if (c->share) {
        c->budget_left = pact_budget(c);
        c->deadline = now + pact_period(c);
    }
}

static void pact_account(const struct runq *q, struct pact_unit *c, nsec_t now)
{
    const nsec_t ran = now > c->ran_to ? now - c->ran_to : 0;

    c->ran_to = now;
    if (c->on_budget) {
        c->budget_left = ran < c->budget_left ? c->budget_left - ran : 0;
    }
    c->virtual_time += ran * PACT_ONE / c->weight;
}

static bool pact_beats(const struct sched_unit *u,
                       const struct sched_unit *curr)
{
    if (pact_unit(u)->budget_left == 0) {
        return false;
    }
    return !pact_unit(curr)->on_budget ||
           pact_unit(u)->deadline < pact_unit(curr)->deadline;
}

static enum sched_wake pact_wake(struct runq *q, struct sched_unit *u,
                                 nsec_t now)
{
    struct pact_unit *c = pact_unit(u);
    const nsec_t ahead = c->deadline > now ? c->deadline - now : 0;

    u->is_runnable = true;
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    /* What is left, over the time that is left, is more than its share? */
    if (ahead == 0 || c->budget_left > ahead * c->share / PACT_ONE) {
        pact_pay(c, now);
    }
    c->virtual_time = max(c->virtual_time, pact_queue(q)->virtual_now);
    pact_add(q, u);
    if (!q->curr || !q->curr->is_runnable || pact_beats(u, q->curr)) {
        return SCHED_WAKE_PICK;
    }
    return SCHED_WAKE_SLICE;
}

static void pact_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    if (q->curr == u) {
        pact_account(q, pact_unit(u), now);
    } else {
        pact_remove(q, u);
    }
}

static void pact_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        pact_unit(q->curr)->g.has_yielded = true;
    }
}

static struct sched_unit *pact_first_unpaid(const struct runq *q)
{
    return sched_group_entry(rbtree_first(&pact_queue(q)->unpaid));
}

/* Begin the periods that are due; the next that will be. */
static nsec_t pact_pay_all(struct runq *q, nsec_t now)
{
    struct pact_queue *pq = pact_queue(q);
    struct sched_unit *u;

    if (pq->due > now) {
        return pq->due;
    }
    u = pact_first_unpaid(q);
    for (; u && pact_unit(u)->deadline <= now; u = pact_first_unpaid(q)) {
        struct pact_unit *c = pact_unit(u);

        rbtree_remove(&pq->unpaid, &c->g.node);
        sched_group_remove(q, u);
        pact_pay(c, c->deadline + pact_period(c) > now ? c->deadline : now);
        sched_group_add(q, u, by_deadline);
        pq->g.is_unsettled = true;
    }
    pq->due = u ? pact_unit(u)->deadline : NSEC_NEVER;
    return pq->due;
}

static struct sched_unit *pact_first(struct runq *q)
{
    struct sched_unit *u = sched_group_first(q);

    while (u && !sched_group_may_take(q, u)) {
        u = sched_group_next(u);
    }
    return u;
}

static struct sched_unit *pact_first_surplus(struct runq *q)
{
    struct rbtree_node *n = rbtree_first(&pact_queue(q)->surplus);

    while (n && !sched_group_may_take(q, surplus_entry(n))) {
        n = rbtree_next(n);
    }
    return surplus_entry(n);
}

/*
 * By contract, then by virtual time; what ran before competes.  Nobody waits
 * for another's contract longer than he must: a unit with budget that lost
 * the race of deadlines may still have the surplus.
 */
static struct sched_unit *pact_choose(struct runq *q, struct sched_unit *prev,
                                      bool *on_budget)
{
    struct sched_unit *next = pact_first(q);
    const bool may_stay = prev && prev->is_runnable;
    const bool prefers = may_stay && !pact_unit(prev)->g.has_yielded;

    *on_budget = true;
    if (may_stay && pact_unit(prev)->budget_left &&
        (!next || (prefers && pact_unit(prev)->deadline <=
                                  pact_unit(next)->deadline))) {
        return prev;
    }
    if (next) {
        return next;
    }
    *on_budget = false;
    next = pact_first_surplus(q);
    if (may_stay &&
        (!next || (prefers && pact_unit(prev)->virtual_time <=
                                  pact_unit(next)->virtual_time))) {
        return prev;
    }
    return next;
}

static nsec_t pact_slice(const struct runq *q, nsec_t now)
{
    const struct pact_unit *c = pact_unit(q->curr);
    const nsec_t ran = now - c->ran_to;

    if (c->on_budget) {
        return ran < c->budget_left ? c->budget_left - ran : 0;
    }
    return q->nr_queued == 0 && q->pool->top == 1 ? NSEC_NEVER : PACT_QUANTUM;
}

static struct sched_choice pact_pick(struct runq *q, nsec_t now)
{
    struct pact_queue *pq = pact_queue(q);
    struct sched_unit *prev = q->curr;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    bool on_budget;
    nsec_t due;

    if (prev && prev->is_runnable) {
        pact_account(q, pact_unit(prev), now);
        if (now >= pact_unit(prev)->deadline) {
            pact_pay(pact_unit(prev), now);
        }
    }
    due = pact_pay_all(q, now);
    choice.unit = pact_choose(q, prev, &on_budget);
    if (prev) {
        pact_unit(prev)->g.has_yielded = false;
    }
    if (choice.unit != prev) {
        if (choice.unit) {
            pact_remove(q, choice.unit);
        }
        if (prev && prev->is_runnable) {
            prev->is_running = false;
            pact_add(q, prev);
            due = min(due, pq->due);
        }
        sched_group_run(q, choice.unit);
    }
    if (choice.unit) {
        struct pact_unit *c = pact_unit(choice.unit);

        c->on_budget = on_budget;
        c->ran_to = now;
        if (!on_budget) {
            pq->virtual_now = max(pq->virtual_now, c->virtual_time);
            if (c->share) {
                due = min(due, c->deadline);
            }
        }
        choice.slice = pact_slice(q, now);
    }
    choice.slice = sched_group_alarm(q, due, choice.slice, now);
    if (sched_group(q)->is_unsettled) {
        choice.also = sched_group_settle(q);
    }
    return choice;
}

/* The CPU that @u would take most easily: surplus, or the latest deadline. */
static unsigned int pact_latest(const struct sched_unit *u, unsigned int cpu)
{
    const struct sched_pool *p = u->pool;
    nsec_t latest = 0;

    for (unsigned int i = 0; i < p->top; i++) {
        const struct runq *q = READ_ONCE(p->runq[i]);
        const struct sched_unit *curr = q ? READ_ONCE(q->curr) : NULL;

        if (curr && sched_unit_fits(u, i)) {
            const nsec_t d = pact_unit(curr)->on_budget
                                 ? pact_unit(curr)->deadline : NSEC_NEVER;

            if (d > latest) {
                latest = d;
                cpu = i;
            }
        }
    }
    return cpu;
}

static unsigned int pact_pick_cpu(const struct sched_unit *u)
{
    const unsigned int cpu = sched_place(u);
    const struct runq *q = READ_ONCE(u->pool->runq[cpu]);

    return q && READ_ONCE(q->curr) && u->pinned_to < 0 ? pact_latest(u, cpu)
                                                       : cpu;
}

static unsigned int pact_offer(const struct runq *q,
                               const struct sched_unit *u)
{
    unsigned int cpu = sched_find_idle(u, NULL);

    if (cpu < SCHED_MAX_CPUS) {
        return cpu;
    }
    cpu = pact_latest(u, SCHED_MAX_CPUS);
    return cpu < SCHED_MAX_CPUS && u->pool->runq[cpu]->curr &&
                   pact_beats(u, u->pool->runq[cpu]->curr)
               ? cpu : SCHED_MAX_CPUS;
}

/* RTDS's structure: period is the delay in us, budget the share in 1/1000. */
static int pact_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    const uint32_t share = op->u.rtds.budget;
    const uint32_t delay = op->u.rtds.period;
    struct pact_unit *c = pact_unit(u);
    struct runq *q = u->pool->runq[u->cpu];
    const bool is_unpaid = c->g.apart;
    int rc;

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.rtds.period = (uint32_t)(c->delay / NSEC_PER_USEC);
        op->u.rtds.budget = c->share;
        op->u.rtds.flags = XEN_DOMCTL_SCHEDRT_extra;
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo || share == 0 ||
        share > PACT_ONE || delay < PACT_DELAY_MIN_US ||
        delay > PACT_DELAY_MAX_US) {
        return -EINVAL;
    }
    rc = pact_admit(u->pool, c, (uint16_t)share);
    if (rc) {
        return rc;
    }
    if (is_unpaid) {
        pact_remove(q, u);
    }
    c->weight = (uint16_t)share;
    c->delay = delay * NSEC_PER_USEC;
    if (c->deadline == NSEC_NEVER) {
        c->deadline = 0;
    }
    if (is_unpaid) {
        pact_add(q, u);
    }
    return 0;
}

static void pact_dump_unit(const struct sched_unit *u, const char *what)
{
    const struct pact_unit *c = pact_unit(u);

    printk_raw("    %s d%uv%u CPU %u share %u/1000 delay %llu us, "
               "%llu us left\n", what, u->domain, u->id, u->cpu, c->share,
               (unsigned long long)(c->delay / NSEC_PER_USEC),
               (unsigned long long)(c->budget_left / NSEC_PER_USEC));
}

static void pact_dump(const struct runq *q)
{
    struct rbtree_node *n;

    if (q->curr) {
        pact_dump_unit(q->curr, pact_unit(q->curr)->on_budget ? "owed"
                                                              : "over");
    }
    if (q != q->lead) {
        return;
    }
    for (n = rbtree_first(&pact_queue(q)->surplus); n; n = rbtree_next(n)) {
        pact_dump_unit(surplus_entry(n), "wait");
    }
}

const struct sched_ops sched_pact_ops = {
    .name = "pact",
    .abi_id = SCHED_ID_PACT,
    .group = SCHED_MAX_CPUS,
    .is_trusted = true,
    .pool_init = pact_pool_init,
    .pool_free = pact_pool_free,
    .runq_init = pact_runq_init,
    .unit_init = pact_unit_init,
    .unit_free = pact_unit_free,
    .wake = pact_wake,
    .sleep = pact_sleep,
    .yield = pact_yield,
    .pick = pact_pick,
    .slice = pact_slice,
    .pick_cpu = pact_pick_cpu,
    .offer = pact_offer,
    .adjust = pact_adjust,
    .dump = pact_dump,
    .check = sched_group_check,
};
