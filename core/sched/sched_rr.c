/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round robin with a budget, so that who sleeps much is served fast.
 *
 * Design: each unit has a budget of one slice.  It is spent while the unit
 * runs.  Who spends it all gets a new one and goes to the tail of the queue
 * QUEUE_TURN: this is plain round robin.  Who wakes with some of it left goes
 * to the tail of QUEUE_WOKEN, which is served first, and replaces a running
 * unit that is there by turn.  Among the woken the quantum is short.  Nobody
 * is replaced before he ran for a quantum: who wakes another often sleeps
 * soon himself, and switches are not free.  A budget is full again after a
 * sleep of a slice.  The queues are those of a group of CPUs: whose turn it
 * is runs on the first that is free, so that a CPU with fewer units does not
 * give them more.
 *
 * Fairness: a unit cannot get a new budget without either waiting behind all
 * others of its queue or sleeping as long as a slice; so nobody starves, and
 * nobody gets more than its share by sleeping.
 *
 * Cost: constant, and a step for each unit at the head of a queue that must
 * not run here.  Locking: the group's, by the core.  Limits: no weights, no
 * caps; turns are taken within a group of 16 CPUs, between groups idle CPUs
 * steal.
 */
#include <core/sched/sched_group.h>

#include <core/console/printk.h>
#include <core/lib/util.h>
#include <core/sync/atomic.h>

enum rr_queue { QUEUE_WOKEN, QUEUE_TURN, QUEUES };

#define RR_GROUP 16u
#define RR_QUANTUM (200 * NSEC_PER_USEC)

struct rr_unit {
    nsec_t left;       /* Of the budget                                      */
    nsec_t accounted;  /* Running: its time is spent up to here              */
    nsec_t chosen;     /* Running: since, without a break                    */
    nsec_t slept;      /* Sleeping: since                                    */
    uint8_t queue;     /* enum rr_queue it is in, or came from               */
    bool queued;
    bool has_yielded;
};

static_assert(sizeof(struct rr_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

static struct rr_unit *rr_unit(const struct sched_unit *u)
{
    return (struct rr_unit *)(uintptr_t)u->priv;
}

static nsec_t rr_budget(const struct sched_unit *u)
{
    return u->pool->slice;
}

static int rr_pool_init(struct sched_pool *p)
{
    return 0;
}

static void rr_pool_free(struct sched_pool *p)
{
}

static void rr_runq_init(struct runq *q)
{
}

static int rr_unit_init(struct sched_unit *u)
{
    *rr_unit(u) = (struct rr_unit){ .left = rr_budget(u) };
    return 0;
}

static void rr_unit_free(struct sched_unit *u)
{
}

static void rr_enqueue(struct runq *q, struct sched_unit *u,
                       enum rr_queue queue, bool at_head)
{
    struct rr_unit *r = rr_unit(u);

    r->queue = (uint8_t)queue;
    r->queued = true;
    sched_group_count(u, 1);
    if (at_head) {
        list_add(&u->queue, &q->lead->queue[queue]);
    } else {
        list_add_tail(&u->queue, &q->lead->queue[queue]);
    }
}

static void rr_dequeue(struct sched_unit *u)
{
    list_del(&u->queue);
    rr_unit(u)->queued = false;
    sched_group_count(u, -1u);
}

/* Spend what ran since the last time. */
static void rr_account(struct sched_unit *u, nsec_t now)
{
    struct rr_unit *r = rr_unit(u);
    const nsec_t ran = now > r->accounted ? now - r->accounted : 0;

    r->left = ran < r->left ? r->left - ran : 0;
    r->accounted = now;
}

static enum sched_wake rr_wake(struct runq *q, struct sched_unit *u,
                               nsec_t now)
{
    struct rr_unit *r = rr_unit(u);

    u->is_runnable = true;
    if (q->curr == u) {
        /* It slept and woke before the CPU looked: nothing happened. */
        return SCHED_WAKE_NOTHING;
    }
    if (now - r->slept >= q->pool->slice) {
        r->left = rr_budget(u);
    }
    if (r->left > 0) {
        rr_enqueue(q, u, QUEUE_WOKEN, false);
    } else {
        r->left = rr_budget(u);
        rr_enqueue(q, u, QUEUE_TURN, false);
    }
    if (!q->curr || !q->curr->is_runnable ||
        (r->queue == QUEUE_WOKEN && rr_unit(q->curr)->queue == QUEUE_TURN &&
         now - rr_unit(q->curr)->chosen >= RR_QUANTUM)) {
        return SCHED_WAKE_PICK;
    }
    /* The first that waits gives curr a slice to end; so does a woken one. */
    return q->nr_queued == 1 || r->queue == QUEUE_WOKEN ? SCHED_WAKE_SLICE
                                                        : SCHED_WAKE_NOTHING;
}

static void rr_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct rr_unit *r = rr_unit(u);

    u->is_runnable = false;
    r->slept = now;
    if (q->curr == u) {
        rr_account(u, now);
        r->has_yielded = false;
    } else if (r->queued) {
        rr_dequeue(u);
    }
}

static void rr_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        rr_unit(q->curr)->has_yielded = true;
    }
}

/* Put what ran until now where it belongs. */
static void rr_put_back(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct rr_unit *r = rr_unit(u);

    rr_account(u, now);
    if (r->left == 0) {
        r->left = rr_budget(u);
        rr_enqueue(q, u, QUEUE_TURN, false);
    } else if (r->has_yielded) {
        rr_enqueue(q, u, QUEUE_TURN, false);
    } else if (r->queue == QUEUE_WOKEN) {
        rr_enqueue(q, u, QUEUE_WOKEN, false);
    } else {
        /* Replaced by one that woke: its turn goes on afterwards. */
        rr_enqueue(q, u, QUEUE_TURN, true);
    }
    r->has_yielded = false;
}

static bool rr_is_alone(const struct runq *q)
{
    return list_empty(&q->lead->queue[QUEUE_WOKEN]) &&
           list_empty(&q->lead->queue[QUEUE_TURN]);
}

/* The first that may run on the CPU of @to, of those that wait in @q's. */
static struct sched_unit *rr_first(const struct runq *q, const struct runq *to)
{
    struct sched_unit *u;

    for (unsigned int i = 0; i < QUEUES; i++) {
        list_for_each_entry(u, &q->lead->queue[i], queue)
        {
            if (sched_group_may_take(to, u)) {
                return u;
            }
        }
    }
    return NULL;
}

static nsec_t rr_slice(const struct runq *q, nsec_t now)
{
    const struct rr_unit *r = rr_unit(q->curr);
    const nsec_t ran = now - r->accounted;
    const nsec_t stay = now - r->chosen;
    nsec_t slice = ran < r->left ? r->left - ran : 0;

    if (!list_empty(&q->lead->queue[QUEUE_WOKEN])) {
        slice = min(slice, stay < RR_QUANTUM ? RR_QUANTUM - stay : 0);
    } else if (q->pool->top == 1 && rr_is_alone(q)) {
        /* Else one may come to wait at another CPU of the group. */
        slice = NSEC_NEVER;
    }
    return slice;
}

/* May the one that runs go on without a look at the queues? */
static bool rr_stays(struct sched_unit *u, nsec_t now)
{
    const struct rr_unit *r = rr_unit(u);

    if (!u->is_runnable || r->has_yielded ||
        now - r->chosen >= RR_QUANTUM) {
        return false;
    }
    rr_account(u, now);
    return r->left > 0;
}

static void rr_start(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct rr_unit *r = rr_unit(u);

    if (q->curr != u || now - r->chosen >= RR_QUANTUM) {
        r->chosen = now;
    }
    r->accounted = now;
    rr_dequeue(u);
    WRITE_ONCE(u->cpu, q->cpu);
    u->is_running = true;
}

static struct sched_choice rr_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *u = q->curr;
    unsigned int also = 0;

    if (!u || !rr_stays(u, now)) {
        if (u) {
            u->is_running = false;
            if (u->is_runnable) {
                rr_put_back(q, u, now);
            }
        }
        u = rr_first(q, q);
        also = sched_group_left(q, u);
        if (u) {
            rr_start(q, u, now);
        }
        q->curr = u;
    }
    return (struct sched_choice){
        .unit = u, .slice = u ? rr_slice(q, now) : NSEC_NEVER, .also = also,
    };
}

/* Who is there by turn gives way first, and who has run longest. */
static bool rr_is_later(const struct sched_unit *a, const struct sched_unit *b)
{
    const struct rr_unit *x = rr_unit(a);
    const struct rr_unit *y = rr_unit(b);

    return x->queue != y->queue ? x->queue == QUEUE_TURN
                                : x->chosen < y->chosen;
}

static unsigned int rr_pick_cpu(const struct sched_unit *u)
{
    return sched_group_pick_cpu(u, rr_is_later);
}

static struct sched_unit *rr_steal(struct runq *from, const struct runq *to,
                                   nsec_t now)
{
    struct sched_unit *u = rr_first(from, to);

    if (u) {
        rr_dequeue(u);
    }
    return u;
}

static void rr_show(const struct runq *q, const struct sched_unit *u)
{
    printk_raw("left %llu us\n",
               (unsigned long long)(rr_unit(u)->left / NSEC_PER_USEC));
}

static void rr_dump(const struct runq *q)
{
    static const char *const name[SCHED_QUEUES] = { "woke", "turn" };

    sched_show_queues(q, name, rr_show);
}

static bool rr_check(const struct runq *q)
{
    const struct sched_unit *u = q->curr;
    unsigned int n = 0;

    if (u && (!u->is_running || rr_unit(u)->queued || u->cpu != q->cpu)) {
        return false;
    }
    for (unsigned int i = 0; q == q->lead && i < QUEUES; i++) {
        list_for_each_entry(u, &q->queue[i], queue)
        {
            const struct rr_unit *r = rr_unit(u);

            if (!r->queued || r->queue != i || u->is_running ||
                !u->is_runnable || u->pool->runq[u->cpu]->lead != q ||
                r->left == 0 || r->left > rr_budget(u)) {
                return false;
            }
            n++;
        }
    }
    return q != q->lead || n == sched_group_waiting(q);
}

const struct sched_ops sched_rr_ops = {
    .name = "rr",
    .abi_id = SCHED_ID_RR,
    .group = RR_GROUP,
    .is_trusted = true,
    .pool_init = rr_pool_init,
    .pool_free = rr_pool_free,
    .runq_init = rr_runq_init,
    .unit_init = rr_unit_init,
    .unit_free = rr_unit_free,
    .wake = rr_wake,
    .sleep = rr_sleep,
    .yield = rr_yield,
    .pick = rr_pick,
    .slice = rr_slice,
    .pick_cpu = rr_pick_cpu,
    .steal = rr_steal,
    .offer = sched_group_offer,
    .dump = rr_dump,
    .check = rr_check,
};
