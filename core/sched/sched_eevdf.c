/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EEVDF: earliest eligible virtual deadline first.
 *
 * Design: a unit asks for requests of a fixed length, one behind the other.
 * Virtual time is the mean of all runnable units', weighted; a unit that is
 * behind it has had less than its share and is eligible.  Each request has a
 * virtual deadline, its length (by weight) after the unit's own virtual time;
 * of the eligible the one with the earliest runs, until the request is done
 * or an earlier eligible one wakes.  So a unit with short requests is served
 * soon and gets no more for it.  Who sleeps keeps its lag, at most a request;
 * what it owes it works off by sleeping.
 *
 * The eligible wait in a tree by deadline, the others apart in one by virtual
 * time.  The mean moves both ways; who is found in the wrong tree is moved.
 *
 * Cost: log n of the units that wait in the group, amortised.  Locking: the
 * group's, by the core.  Limits: shares hold within a group of 16 CPUs;
 * between groups idle CPUs steal.
 */
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>

#define EE_GROUP 16u
#define EE_WEIGHT 256u
#define EE_WEIGHT_MAX 65535u
/* Virtual time is in nanoseconds times this, divided by the weight. */
#define EE_SCALE 65536u
#define EE_REQUEST_US 3000u
#define EE_REQUEST_MIN_US 100u
#define EE_REQUEST_MAX_US 100000u
#define EE_SLICE_MIN (100 * NSEC_PER_USEC)
#define EE_SLICE_MAX (10 * NSEC_PER_MSEC)

struct ee_unit {
    struct sched_group_unit g;   /* By deadline                              */
    struct rbtree_node future;   /* Apart: by virtual time                   */
    int64_t virt;                /* Asleep: its lag                          */
    int64_t deadline;
    nsec_t since;                /* Running: virt is right up to here; or
                                  * asleep since                             */
    nsec_t request;
    uint32_t weight;
};

/* Words of the leader's queue: of all that are runnable in the group. */
struct ee_group {
    struct sched_group g;
    struct rbtree future;
    int64_t zero;                /* Where the sum counts from                */
    int64_t sum;                 /* Of weight x (virt - zero)                */
    uint64_t ran_sum;            /* Of "since" of those that run             */
    uint32_t weights;
    uint32_t running;
};

static_assert(sizeof(struct ee_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");
static_assert(sizeof(struct ee_group) <= SCHED_RUNQ_WORDS * sizeof(uint64_t),
              "the policy's words of a queue");

static struct ee_unit *ee_unit(const struct sched_unit *u)
{
    return (struct ee_unit *)(uintptr_t)u->priv;
}

static struct ee_group *ee_group(const struct runq *q)
{
    return (struct ee_group *)(uintptr_t)q->lead->priv;
}

static struct sched_unit *future_entry(struct rbtree_node *n)
{
    return n ? sched_group_entry(&container_of(n, struct ee_unit,
                                               future)->g.node)
             : NULL;
}

/* Virtual times wrap; those that are compared are not that far apart. */
static bool by_deadline(const struct rbtree_node *a,
                        const struct rbtree_node *b)
{
    return container_of(a, struct ee_unit, g.node)->deadline -
               container_of(b, struct ee_unit, g.node)->deadline < 0;
}

static bool by_virtual_time(const struct rbtree_node *a,
                            const struct rbtree_node *b)
{
    return container_of(a, struct ee_unit, future)->virt -
               container_of(b, struct ee_unit, future)->virt < 0;
}

static int64_t ee_virtual(const struct ee_unit *e, nsec_t time)
{
    return (int64_t)(time * EE_SCALE / e->weight);
}

static int ee_pool_init(struct sched_pool *p)
{
    return 0;
}

static void ee_pool_free(struct sched_pool *p)
{
}

static void ee_runq_init(struct runq *q)
{
}

static int ee_unit_init(struct sched_unit *u)
{
    *ee_unit(u) = (struct ee_unit){
        .weight = EE_WEIGHT, .request = EE_REQUEST_US * NSEC_PER_USEC,
    };
    return 0;
}

static void ee_unit_free(struct sched_unit *u)
{
}

/* --- the mean --- */

static int64_t ee_mean(const struct ee_group *g, nsec_t now)
{
    const uint64_t ran = g->running * now - g->ran_sum;

    return g->weights ? g->zero + (g->sum + (int64_t)(ran * EE_SCALE)) /
                                      (int64_t)g->weights
                      : g->zero;
}

/* Keep the sum small: count from about the mean. */
static void ee_shift(struct ee_group *g, int64_t mean)
{
    g->sum -= (mean - g->zero) * (int64_t)g->weights;
    g->zero = mean;
}

static void ee_join(struct ee_group *g, const struct ee_unit *e)
{
    g->weights += e->weight;
    g->sum += (e->virt - g->zero) * (int64_t)e->weight;
}

static void ee_quit(struct ee_group *g, const struct ee_unit *e)
{
    g->weights -= e->weight;
    g->sum -= (e->virt - g->zero) * (int64_t)e->weight;
}

static void ee_run(struct ee_group *g, struct ee_unit *e, nsec_t now)
{
    e->since = now;
    g->running++;
    g->ran_sum += now;
}

static void ee_rest(struct ee_group *g, struct ee_unit *e)
{
    g->running--;
    g->ran_sum -= e->since;
}

/* @e, which runs, has run until @now. */
static void ee_account(struct ee_group *g, struct ee_unit *e, nsec_t now)
{
    const nsec_t ran = now > e->since ? now - e->since : 0;
    const int64_t by = ee_virtual(e, ran);

    e->virt += by;
    g->sum += by * (int64_t)e->weight;
    g->ran_sum += ran;
    e->since += ran;
}

/* --- who waits --- */

static void ee_add(struct runq *q, struct sched_unit *u, int64_t mean)
{
    struct ee_unit *e = ee_unit(u);

    if (e->virt - mean <= 0) {
        sched_group_add(q, u, by_deadline);
    } else {
        sched_group_add_apart(q, u);
        rbtree_insert(&ee_group(q)->future, &e->future, by_virtual_time);
    }
}

static void ee_remove(struct runq *q, struct sched_unit *u)
{
    if (ee_unit(u)->g.apart) {
        rbtree_remove(&ee_group(q)->future, &ee_unit(u)->future);
    }
    sched_group_remove(q, u);
}

/* Out of the sums, with the lag that it keeps. */
static void ee_leave_group(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct ee_group *g = ee_group(q);
    struct ee_unit *e = ee_unit(u);
    const int64_t most = ee_virtual(e, e->request);
    const int64_t lag = ee_mean(g, now) - e->virt;

    ee_quit(g, e);
    e->virt = clamp(lag, -most, most);
    e->since = now;
}

/* Where its lag says, which the mean's own move by that is not to spoil. */
static void ee_enter_group(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct ee_group *g = ee_group(q);
    struct ee_unit *e = ee_unit(u);
    const int64_t mean = ee_mean(g, now);
    int64_t lag = e->virt;

    if (lag < 0) {
        const nsec_t slept = min(now - e->since, e->request);

        lag += min(-lag, ee_virtual(e, slept));
    }
    if (g->weights) {
        lag += lag * (int64_t)e->weight / (int64_t)g->weights;
    }
    e->virt = mean - lag;
    e->deadline = e->virt + ee_virtual(e, e->request);
    ee_join(g, e);
}

static enum sched_wake ee_wake(struct runq *q, struct sched_unit *u,
                               nsec_t now)
{
    struct ee_group *g = ee_group(q);
    struct ee_unit *e = ee_unit(u);

    u->is_runnable = true;
    ee_enter_group(q, u, now);
    if (q->curr == u) {
        ee_run(g, e, now);
        return SCHED_WAKE_NOTHING;
    }
    ee_add(q, u, ee_mean(g, now));
    if (!q->curr || !q->curr->is_runnable ||
        (e->g.in_tree && e->deadline - ee_unit(q->curr)->deadline < 0)) {
        return SCHED_WAKE_PICK;
    }
    return SCHED_WAKE_SLICE;
}

static void ee_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct ee_unit *e = ee_unit(u);

    u->is_runnable = false;
    e->g.has_yielded = false;
    if (q->curr == u) {
        ee_account(ee_group(q), e, now);
        ee_rest(ee_group(q), e);
    } else {
        ee_remove(q, u);
    }
    ee_leave_group(q, u, now);
}

static void ee_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        ee_unit(q->curr)->g.has_yielded = true;
    }
}

/* Those apart that have become eligible. */
static void ee_promote(struct runq *q, int64_t mean)
{
    struct rbtree_node *n;

    while ((n = rbtree_first(&ee_group(q)->future)) != NULL) {
        struct sched_unit *u = future_entry(n);

        if (ee_unit(u)->virt - mean > 0) {
            break;
        }
        ee_remove(q, u);
        sched_group_add(q, u, by_deadline);
    }
}

/* The earliest deadline that may run here; who is not eligible moves. */
static struct sched_unit *ee_first(struct runq *q, int64_t mean)
{
    struct sched_unit *u = sched_group_first(q);
    struct sched_unit *next;

    for (; u; u = next) {
        next = sched_group_next(u);
        if (ee_unit(u)->virt - mean > 0) {
            ee_remove(q, u);
            ee_add(q, u, mean);
        } else if (sched_group_may_take(q, u)) {
            break;
        }
    }
    return u;
}

static struct sched_unit *ee_first_future(struct runq *q)
{
    struct rbtree_node *n = rbtree_first(&ee_group(q)->future);

    while (n && !sched_group_may_take(q, future_entry(n))) {
        n = rbtree_next(n);
    }
    return future_entry(n);
}

/* Nobody that waits is eligible: who is least ahead, @prev included. */
static struct sched_unit *ee_choose_future(struct runq *q,
                                           struct sched_unit *prev,
                                           bool may_stay)
{
    struct sched_unit *next = ee_first_future(q);
    const struct ee_unit *e = prev ? ee_unit(prev) : NULL;

    if (!next || !prev || may_stay) {
        return prev && (may_stay || !next) ? prev : next;
    }
    return !e->g.has_yielded && e->virt - ee_unit(next)->virt <= 0 ? prev
                                                                   : next;
}

/*
 * @prev ends its request before others of a later deadline begin; the next it
 * begins only if it is eligible.  If nobody is, who is least ahead.
 */
static struct sched_unit *ee_choose(struct runq *q, struct sched_unit *prev,
                                    nsec_t now)
{
    const int64_t mean = ee_mean(ee_group(q), now);
    struct ee_unit *e = prev ? ee_unit(prev) : NULL;
    bool may_stay = prev && !e->g.has_yielded;
    struct sched_unit *next;

    ee_shift(ee_group(q), mean);
    ee_promote(q, mean);
    next = ee_first(q, mean);
    if (prev && (e->deadline - e->virt <= 0 || e->g.has_yielded)) {
        e->deadline = e->virt + ee_virtual(e, e->request);
        may_stay = may_stay && e->virt - mean <= 0;
    }
    if (next) {
        return may_stay && e->deadline - ee_unit(next)->deadline <= 0 ? prev
                                                                      : next;
    }
    return ee_choose_future(q, prev, may_stay);
}

static nsec_t ee_slice(const struct runq *q, nsec_t now)
{
    const struct ee_unit *e = ee_unit(q->curr);
    const nsec_t ran = now - e->since;
    const int64_t left = e->deadline - e->virt - ee_virtual(e, ran);

    if (!sched_group_first(q) && rbtree_is_empty(&ee_group(q)->future)) {
        /* One may come to wait at another CPU of the group. */
        return q->pool->top > 1 ? EE_SLICE_MAX : NSEC_NEVER;
    }
    return left > 0 ? clamp((nsec_t)left * e->weight / EE_SCALE, EE_SLICE_MIN,
                            EE_REQUEST_MAX_US * NSEC_PER_USEC)
                    : EE_SLICE_MIN;
}

static struct sched_choice ee_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr && q->curr->is_runnable ? q->curr
                                                              : NULL;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    struct ee_group *g = ee_group(q);

    if (prev) {
        ee_account(g, ee_unit(prev), now);
    }
    choice.unit = ee_choose(q, prev, now);
    if (choice.unit != q->curr) {
        if (choice.unit) {
            ee_remove(q, choice.unit);
            ee_run(g, ee_unit(choice.unit), now);
        }
        if (prev) {
            ee_rest(g, ee_unit(prev));
            ee_add(q, prev, ee_mean(g, now));
        }
        choice.also = sched_group_run(q, choice.unit);
    }
    if (prev) {
        ee_unit(prev)->g.has_yielded = false;
    }
    if (choice.unit) {
        choice.slice = ee_slice(q, now);
    }
    return choice;
}

static bool ee_is_later(const struct sched_unit *a, const struct sched_unit *b)
{
    return ee_unit(b)->deadline - ee_unit(a)->deadline < 0;
}

static unsigned int ee_pick_cpu(const struct sched_unit *u)
{
    return sched_group_pick_cpu(u, ee_is_later);
}

static struct sched_unit *ee_steal(struct runq *from, const struct runq *to,
                                   nsec_t now)
{
    struct sched_unit *u = sched_group_steal(from, to);
    struct rbtree_node *n = rbtree_first(&ee_group(from)->future);

    for (; !u && n; n = rbtree_next(n)) {
        if (!atomic_read_acquire(&future_entry(n)->is_loaded) &&
            sched_unit_fits(future_entry(n), to->cpu)) {
            u = future_entry(n);
            ee_remove(from, u);
        }
    }
    if (u) {
        ee_leave_group(from, u, now);
    }
    return u;
}

/* RTDS's structure: period is the request in us, budget the weight. */
static int ee_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    struct ee_unit *e = ee_unit(u);
    struct runq *q = u->pool->runq[u->cpu];

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.rtds.period = (uint32_t)(e->request / NSEC_PER_USEC);
        op->u.rtds.budget = e->weight;
        op->u.rtds.flags = 0;
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo || op->u.rtds.budget == 0 ||
        op->u.rtds.budget > EE_WEIGHT_MAX ||
        op->u.rtds.period < EE_REQUEST_MIN_US ||
        op->u.rtds.period > EE_REQUEST_MAX_US) {
        return -EINVAL;
    }
    /* The next deadline shows it; until then it keeps its place. */
    if (u->is_runnable) {
        ee_quit(ee_group(q), e);
    }
    e->weight = op->u.rtds.budget;
    e->request = op->u.rtds.period * NSEC_PER_USEC;
    if (u->is_runnable) {
        ee_join(ee_group(q), e);
    }
    return 0;
}

static void ee_show(const struct runq *q, const struct sched_unit *u)
{
    const struct ee_unit *e = ee_unit(u);

    printk_raw("weight %u request %llu us, %lld ahead\n", e->weight,
               (unsigned long long)(e->request / NSEC_PER_USEC),
               (long long)(e->virt - ee_group(q)->zero));
}

static void ee_dump(const struct runq *q)
{
    sched_group_show(q, "later", ee_show);
}

const struct sched_ops sched_eevdf_ops = {
    .name = "eevdf",
    .abi_id = SCHED_ID_EEVDF,
    .group = EE_GROUP,
    .is_trusted = true,
    .pool_init = ee_pool_init,
    .pool_free = ee_pool_free,
    .runq_init = ee_runq_init,
    .unit_init = ee_unit_init,
    .unit_free = ee_unit_free,
    .wake = ee_wake,
    .sleep = ee_sleep,
    .yield = ee_yield,
    .pick = ee_pick,
    .slice = ee_slice,
    .pick_cpu = ee_pick_cpu,
    .steal = ee_steal,
    .offer = sched_group_offer,
    .adjust = ee_adjust,
    .dump = ee_dump,
    .check = sched_group_check,
};
