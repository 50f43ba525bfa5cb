/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round robin with a budget, so that who sleeps much is served fast.
 *
 * Design: each unit has a budget of one slice (scaled by its weight).  It is
 * spent while the unit runs.  Who spends it all gets a new one and goes to
 * the tail of the queue QUEUE_TURN: this is plain round robin.  Who wakes
 * with some of it left goes to the tail of QUEUE_WOKEN, which is served
 * first, and replaces a running unit that is there by turn.  Among the woken
 * the quantum is short.  Nobody is replaced before he ran for a quantum: who
 * wakes another often sleeps soon himself, and switches are not free.  A
 * budget is full again after a sleep of a slice.
 *
 * Fairness: a unit cannot get a new budget without either waiting behind all
 * others of its queue or sleeping as long as a slice; so nobody starves, and
 * between two units on one CPU neither gets more than its share by sleeping.
 *
 * Locking: that of the run queue, by the core.  Limits: cap is refused;
 * shares hold per CPU, between CPUs only as far as idle ones steal.
 */
#include <core/sched/sched.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>
#include <core/lib/util.h>

enum rr_queue { QUEUE_WOKEN, QUEUE_TURN };

#define RR_WEIGHT_DEFAULT 256u
#define RR_QUANTUM (200 * NSEC_PER_USEC)
#define RR_SLICE_MIN (100 * NSEC_PER_USEC)

struct rr_unit {
    nsec_t left;       /* Of the budget                                      */
    nsec_t accounted;  /* Running: its time is spent up to here              */
    nsec_t chosen;     /* Running: since, without a break                    */
    nsec_t slept;      /* Sleeping: since                                    */
    uint32_t weight;
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
    const nsec_t n = u->pool->slice * rr_unit(u)->weight / RR_WEIGHT_DEFAULT;

    return max(n, RR_SLICE_MIN);
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
    struct rr_unit *r = rr_unit(u);

    *r = (struct rr_unit){ .weight = RR_WEIGHT_DEFAULT };
    r->left = rr_budget(u);
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
    q->nr_queued++;
    if (at_head) {
        list_add(&u->queue, &q->queue[queue]);
    } else {
        list_add_tail(&u->queue, &q->queue[queue]);
    }
}

static void rr_dequeue(struct runq *q, struct sched_unit *u)
{
    list_del(&u->queue);
    rr_unit(u)->queued = false;
    q->nr_queued--;
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
        rr_dequeue(q, u);
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

static struct sched_unit *rr_first(const struct runq *q)
{
    for (unsigned int i = 0; i <= QUEUE_TURN; i++) {
        if (!list_empty(&q->queue[i])) {
            return list_first_entry(&q->queue[i], struct sched_unit, queue);
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

    if (!list_empty(&q->queue[QUEUE_WOKEN])) {
        slice = min(slice, stay < RR_QUANTUM ? RR_QUANTUM - stay
                                                   : 0);
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

static struct sched_choice rr_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };

    if (prev && rr_stays(prev, now)) {
        choice.unit = prev;
        if (q->nr_queued > 0) {
            choice.slice = rr_slice(q, now);
        }
        return choice;
    }
    if (prev) {
        prev->is_running = false;
        if (prev->is_runnable) {
            rr_put_back(q, prev, now);
        }
    }

    struct sched_unit *next = rr_first(q);

    q->curr = next;
    if (!next) {
        return choice;
    }
    rr_dequeue(q, next);
    next->is_running = true;
    rr_unit(next)->accounted = now;
    if (next != prev || now - rr_unit(next)->chosen >= RR_QUANTUM) {
        rr_unit(next)->chosen = now;
    }
    choice.unit = next;
    if (q->nr_queued > 0) {
        choice.slice = rr_slice(q, now);
    }
    return choice;
}

static struct sched_unit *rr_steal(struct runq *from, const struct runq *to,
                                   nsec_t now)
{
    struct sched_unit *u;

    for (unsigned int i = 0; i <= QUEUE_TURN; i++) {
        list_for_each_entry(u, &from->queue[i], queue)
        {
            if (!atomic_read_acquire(&u->is_loaded) &&
                sched_unit_fits(u, to->cpu)) {
                rr_dequeue(from, u);
                return u;
            }
        }
    }
    return NULL;
}

static int rr_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    struct rr_unit *r = rr_unit(u);

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.credit2.weight = (uint16_t)r->weight;
        op->u.credit2.cap = 0;
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo || op->u.credit2.cap != 0) {
        return -EINVAL;
    }
    if (op->u.credit2.weight != 0) {
        r->weight = op->u.credit2.weight;
        r->left = min(r->left, rr_budget(u));
    }
    return 0;
}

static void rr_dump_unit(const struct sched_unit *u, const char *what)
{
    printk_raw("    %s d%uv%u left %llu us weight %u\n", what, u->domain,
               u->id, (unsigned long long)(rr_unit(u)->left / NSEC_PER_USEC),
               rr_unit(u)->weight);
}

static void rr_dump(const struct runq *q)
{
    const struct sched_unit *u;

    if (q->curr) {
        rr_dump_unit(q->curr, "run ");
    }
    list_for_each_entry(u, &q->queue[QUEUE_WOKEN], queue)
    {
        rr_dump_unit(u, "woke");
    }
    list_for_each_entry(u, &q->queue[QUEUE_TURN], queue)
    {
        rr_dump_unit(u, "turn");
    }
}

static bool rr_check(const struct runq *q)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i <= QUEUE_TURN; i++) {
        const struct sched_unit *u;

        list_for_each_entry(u, &q->queue[i], queue)
        {
            const struct rr_unit *r = rr_unit(u);

            if (!r->queued || r->queue != i || u->is_running ||
                !u->is_runnable || u->cpu != q->cpu || u == q->curr ||
                r->left == 0 || r->left > rr_budget(u)) {
                return false;
            }
            n++;
        }
    }
    if (q->curr && (!q->curr->is_running || rr_unit(q->curr)->queued ||
                    q->curr->cpu != q->cpu)) {
        return false;
    }
    return n == q->nr_queued;
}

const struct sched_ops sched_rr_ops = {
    .name = "rr",
    .abi_id = SCHED_ID_RR,
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
    .pick_cpu = sched_place,
    .steal = rr_steal,
    .adjust = rr_adjust,
    .dump = rr_dump,
    .check = rr_check,
};
