/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credit2: proportional shares by credits that burn.
 *
 * Design: a unit burns credit while it runs, the slower the heavier it is;
 * who has most runs first.  When the one to run has none left, everybody gets
 * 10 ms more.  That is one addition to a base that all credits of the group
 * count from, so a reset costs the same with two units or two thousand, and
 * loses no fraction.  Who sleeps does not save more than 10 ms.  A slice ends
 * when the running unit has burnt down to the next in line, but not before
 * the rate limit (1 ms).
 *
 * Caps: sched_cap.h; units of a domain that has used up its time wait apart.
 *
 * Cost: log n of the units that wait in the group.  Locking: the group's, by
 * the core.  Limits: shares hold within a group of 16 CPUs; between groups
 * idle CPUs steal.
 */
#include <core/sched/sched_cap.h>
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>

#define C2_GROUP 16u
#define C2_WEIGHT 256u
#define C2_INIT ((int64_t)(10 * NSEC_PER_MSEC))
#define C2_RESIST ((int64_t)(500 * NSEC_PER_USEC))
#define C2_SLICE_MIN (500 * NSEC_PER_USEC)
#define C2_SLICE_MAX (10 * NSEC_PER_MSEC)
#define C2_RATELIMIT_US 1000u
#define C2_LOCAL_PROBES 3u

struct c2_unit {
    struct sched_group_unit g;
    int64_t credit;    /* Runnable: less the group's base                    */
    nsec_t burnt;      /* Credit is right up to here                         */
    nsec_t chosen;     /* Running: since                                     */
    uint32_t weight;
};

struct c2_group {
    struct sched_group g;
    int64_t base;
    uint64_t max_weight; /* Burns 1:1                                        */
};

static_assert(sizeof(struct c2_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");
static_assert(sizeof(struct c2_group) <= SCHED_RUNQ_WORDS * sizeof(uint64_t),
              "the policy's words of a queue");

static struct c2_unit *c2_unit(const struct sched_unit *u)
{
    return (struct c2_unit *)(uintptr_t)u->priv;
}

static struct c2_group *c2_group(const struct runq *q)
{
    return (struct c2_group *)(uintptr_t)q->lead->priv;
}

static bool c2_less(const struct rbtree_node *a, const struct rbtree_node *b)
{
    return container_of(a, struct c2_unit, g.node)->credit >
           container_of(b, struct c2_unit, g.node)->credit;
}

static nsec_t c2_ratelimit(const struct sched_pool *p)
{
    return READ_ONCE(p->priv[0]);
}

/* No slice is shorter, but by a cap. */
static nsec_t c2_least(const struct sched_pool *p)
{
    return max(C2_SLICE_MIN, c2_ratelimit(p));
}

static int c2_pool_init(struct sched_pool *p)
{
    p->priv[0] = C2_RATELIMIT_US * NSEC_PER_USEC;
    return 0;
}

static void c2_pool_free(struct sched_pool *p)
{
}

/* Nobody is runnable when groups are formed: the base can begin at 0. */
static void c2_runq_init(struct runq *q)
{
    c2_group(q)->max_weight = C2_WEIGHT;
}

static int c2_unit_init(struct sched_unit *u)
{
    *c2_unit(u) = (struct c2_unit){ .weight = C2_WEIGHT, .credit = C2_INIT };
    sched_cap_set(u, 0);
    return 0;
}

static void c2_unit_free(struct sched_unit *u)
{
}

/* @value * @by / @of, which mostly are the same. */
static inline uint64_t c2_scaled(uint64_t value, uint64_t by, uint64_t of)
{
    return likely(by == of) ? value : value * by / of;
}

static void c2_burn(const struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct c2_unit *c = c2_unit(u);
    const nsec_t ran = now > c->burnt ? now - c->burnt : 0;

    c->credit -= (int64_t)c2_scaled(ran, c2_group(q)->max_weight, c->weight);
    sched_cap_spend(u, ran);
    c->burnt = now;
}

/* If @c, about to run on, has no credit left: more for everybody. */
static void c2_reset(const struct runq *q, const struct c2_unit *c)
{
    const int64_t credit = c->credit + c2_group(q)->base;

    if (credit <= 0) {
        c2_group(q)->base += C2_INIT * (1 - credit / C2_INIT);
    }
}

/*
 * q->curr up to @now.  While nobody waits nothing makes a CPU choose again, so
 * the resets of that time are due: else it would owe all of it to who comes.
 */
static inline void c2_settle(const struct runq *q, nsec_t now)
{
    c2_burn(q, q->curr, now);
    if (!sched_group_first(q)) {
        c2_reset(q, c2_unit(q->curr));
    }
}

static void c2_add(struct runq *q, struct sched_unit *u, nsec_t now)
{
    if (sched_cap_left(u, now) == 0) {
        sched_group_add_apart(q, u);
    } else {
        sched_group_add(q, u, c2_less);
    }
}

static enum sched_wake c2_wake(struct runq *q, struct sched_unit *u,
                               nsec_t now)
{
    struct c2_group *g = c2_group(q);
    struct c2_unit *c = c2_unit(u);
    const struct sched_unit *curr = q->curr;

    if (curr && curr->is_runnable) {
        c2_settle(q, now);
    }
    u->is_runnable = true;
    if (now > c->burnt) {
        c->credit += (int64_t)(now - c->burnt);
        c->burnt = now;
    }
    c->credit = min(c->credit, C2_INIT) - g->base;
    if (curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    if (c->weight > g->max_weight) {
        g->max_weight = c->weight;
    }
    sched_cap_wake(u, now);
    c2_add(q, u, now);
    if (!curr || !curr->is_runnable || c->g.apart) {
        return SCHED_WAKE_PICK;
    }
    if (c->credit > c2_unit(curr)->credit + C2_RESIST &&
        now - c2_unit(curr)->chosen >= c2_ratelimit(q->pool)) {
        return SCHED_WAKE_PICK;
    }
    return READ_ONCE(q->due) > now + c2_least(q->pool) ? SCHED_WAKE_SLICE
                                                       : SCHED_WAKE_NOTHING;
}

static void c2_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    c2_unit(u)->g.has_yielded = false;
    if (q->curr == u) {
        c2_settle(q, now);
    } else {
        sched_group_remove(q, u);
    }
    c2_unit(u)->credit += c2_group(q)->base;
    c2_unit(u)->burnt = now;
}

static void c2_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        c2_unit(q->curr)->g.has_yielded = true;
    }
}

/* Those whose domain was paid wait with the others again. */
static nsec_t c2_pay(struct runq *q, nsec_t now)
{
    nsec_t due = NSEC_NEVER;
    struct sched_unit *u;
    struct sched_unit *next;

    list_for_each_entry_safe(u, next, &q->lead->queue[1], queue)
    {
        if (sched_cap_left(u, now) != 0) {
            sched_group_remove(q, u);
            sched_group_add(q, u, c2_less);
            sched_group(q)->is_unsettled = true;
        } else {
            due = min(due, sched_cap_next(u));
        }
    }
    return due;
}

/* Who has most credit of those that may run here; not far from home. */
static struct sched_unit *c2_first(struct runq *q)
{
    struct sched_unit *u = sched_group_first(q);
    unsigned int probes = 0;

    while (u && !sched_group_may_take(q, u)) {
        u = sched_group_next(u);
    }
    if (!u || u->cpu == q->cpu) {
        return u;
    }
    for (struct sched_unit *w = sched_group_next(u);
         w && probes < C2_LOCAL_PROBES; w = sched_group_next(w)) {
        if (c2_unit(w)->credit < c2_unit(u)->credit - C2_RESIST) {
            break;
        }
        if (w->cpu == q->cpu && sched_group_may_take(q, w)) {
            return w;
        }
        probes++;
    }
    return u;
}

/* How long q->curr, whose credit is right, may run if @next (NULL) waits. */
static nsec_t c2_time(const struct runq *q, const struct sched_unit *next)
{
    const struct c2_unit *c = c2_unit(q->curr);
    const struct c2_group *g = c2_group(q);
    int64_t spare = c->credit + g->base;
    const nsec_t least = c2_least(q->pool);
    nsec_t time;

    if (!next) {
        /* One may come to wait at another CPU of the group. */
        return q->pool->top > 1 ? C2_SLICE_MAX : NSEC_NEVER;
    }
    if (c2_unit(next)->credit + g->base > 0) {
        spare = c->credit - c2_unit(next)->credit;
    }
    time = spare > 0 ? c2_scaled((uint64_t)spare, c->weight, g->max_weight)
                     : 0;
    time = max(time, least);
    return time < C2_SLICE_MAX ? time : max(C2_SLICE_MAX, least);
}

static inline nsec_t c2_allow(const struct runq *q, nsec_t now)
{
    const nsec_t time = c2_time(q, sched_group_first(q));
    const nsec_t left = sched_cap_left(q->curr, now);

    return min(time, left);
}

static nsec_t c2_slice(const struct runq *q, nsec_t now)
{
    return c2_allow(q, now);
}

/* May the one that runs go on without a look at the others? */
static bool c2_stays(struct runq *q, struct sched_unit *u, nsec_t now)
{
    const struct c2_unit *c = c2_unit(u);

    return u->is_runnable && !c->g.has_yielded &&
           now - c->chosen < c2_ratelimit(q->pool) &&
           sched_cap_left(u, now) != 0;
}

static struct sched_unit *c2_choose(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr;
    struct sched_unit *next = NULL;

    if (prev && prev->is_runnable) {
        c2_burn(q, prev, now);
        if (c2_stays(q, prev, now)) {
            return prev;
        }
    }
    next = c2_first(q);
    if (prev && prev->is_runnable &&
        !(next && (c2_unit(prev)->g.has_yielded ||
                   c2_unit(next)->credit > c2_unit(prev)->credit)) &&
        sched_cap_left(prev, now) != 0) {
        next = prev;
    }
    return next;
}

static struct sched_choice c2_pick(struct runq *q, nsec_t now)
{
    nsec_t due = list_empty(&q->lead->queue[1]) ? NSEC_NEVER
                                                : c2_pay(q, now);
    struct sched_unit *prev = q->curr;
    struct sched_unit *next = c2_choose(q, now);
    struct sched_choice choice = { .unit = next, .slice = NSEC_NEVER };

    if (next != prev) {
        choice.also = sched_group_run(q, next);
        if (prev && prev->is_runnable) {
            c2_add(q, prev, now);
            if (unlikely(c2_unit(prev)->g.apart)) {
                due = min(due, sched_cap_next(prev));
            }
        }
    }
    if (prev) {
        c2_unit(prev)->g.has_yielded = false;
    }
    if (next) {
        struct c2_unit *c = c2_unit(next);

        c2_reset(q, c);
        c->burnt = now;
        if (next != prev || now - c->chosen >= c2_ratelimit(q->pool)) {
            c->chosen = now;
        }
        choice.slice = c2_allow(q, now);
    }
    choice.slice = sched_group_alarm(q, due, choice.slice, now);
    if (unlikely(sched_group(q)->is_unsettled)) {
        choice.also = sched_group_settle(q);
    }
    return choice;
}

static bool c2_is_later(const struct sched_unit *a, const struct sched_unit *b)
{
    return c2_unit(a)->credit < c2_unit(b)->credit;
}

/* Whom a waking unit would replace. */
static unsigned int c2_pick_cpu(const struct sched_unit *u)
{
    return sched_group_pick_cpu(u, c2_is_later);
}

static struct sched_unit *c2_steal(struct runq *from, const struct runq *to,
                                   nsec_t now)
{
    struct sched_unit *u = sched_group_steal(from, to);

    if (u) {
        c2_unit(u)->credit += c2_group(from)->base;
        c2_unit(u)->burnt = now;
    }
    return u;
}

static int c2_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    struct c2_unit *c = c2_unit(u);

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.credit2.weight = (uint16_t)c->weight;
        op->u.credit2.cap = (uint16_t)sched_cap_get(u);
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo ||
        op->u.credit2.cap > SCHED_CAP_MAX) {
        return -EINVAL;
    }
    if (op->u.credit2.weight != 0) {
        c->weight = op->u.credit2.weight;
    }
    sched_cap_set(u, op->u.credit2.cap);
    return 0;
}

static int c2_params(struct sched_pool *p, struct xen_sysctl_scheduler_op *op,
                     struct xen_sysctl_arinc653_schedule *frame)
{
    const uint32_t us = op->u.sched_credit2.ratelimit_us;

    if (op->cmd == XEN_SYSCTL_SCHEDOP_getinfo) {
        op->u.sched_credit2.ratelimit_us =
            (uint32_t)(c2_ratelimit(p) / NSEC_PER_USEC);
        return 0;
    }
    if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
               us > XEN_SYSCTL_SCHED_RATELIMIT_MAX)) {
        return -EINVAL;
    }
    WRITE_ONCE(p->priv[0], us * NSEC_PER_USEC);
    return 0;
}

static void c2_show(const struct runq *q, const struct sched_unit *u)
{
    printk_raw("credit %lld us weight %u\n",
               (long long)(c2_unit(u)->credit + c2_group(q)->base) / 1000,
               c2_unit(u)->weight);
}

static void c2_dump(const struct runq *q)
{
    sched_group_show(q, "capped", c2_show);
}

const struct sched_ops sched_credit2_ops = {
    .name = "credit2",
    .abi_id = XEN_SCHEDULER_CREDIT2,
    .group = C2_GROUP,
    .is_trusted = true,
    .pool_init = c2_pool_init,
    .pool_free = c2_pool_free,
    .runq_init = c2_runq_init,
    .unit_init = c2_unit_init,
    .unit_free = c2_unit_free,
    .wake = c2_wake,
    .sleep = c2_sleep,
    .yield = c2_yield,
    .pick = c2_pick,
    .slice = c2_slice,
    .pick_cpu = c2_pick_cpu,
    .steal = c2_steal,
    .offer = sched_group_offer,
    .adjust = c2_adjust,
    .params = c2_params,
    .dump = c2_dump,
    .check = sched_group_check,
};
