/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Borrowed virtual time.
 *
 * Design: a unit's virtual time advances while it runs, the slower the
 * heavier it is; who is furthest behind runs.  Who wakes is at least as far
 * as those that are there.  A unit with a warp counts as that much further
 * behind from each wake-up on, until it sleeps again or has run for its
 * limit; then it may not warp until the unwarp time has passed.  What it gets
 * so is borrowed: its virtual time advances as ever.  A unit that runs goes
 * on until it is ahead of the next in line by the context switch allowance;
 * one that has just woken need not wait for that.
 *
 * Cost: log n of the units that wait in the group.  Locking: the group's, by
 * the core.  Limits: shares hold within a group of 16 CPUs; between groups
 * idle CPUs steal.
 */
#include <core/sched/sched_group.h>

#include <core/abi/domctl.h>
#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>

#define BVT_GROUP 16u
#define BVT_WEIGHT 256u
/* Virtual time is in nanoseconds of the default weight, times 256. */
#define BVT_SCALE (256u * BVT_WEIGHT)
#define BVT_ALLOWANCE_US 2000u
#define BVT_SLICE_MIN (200 * NSEC_PER_USEC)
#define BVT_SLICE_MAX (10 * NSEC_PER_MSEC)
#define BVT_WARP_MAX_US 10000000u

/* In the flags of RTDS's structure. */
#define BVT_FLAGS_WEIGHT GENMASK64(15, 0)
#define BVT_FLAGS_UNWARP_MS GENMASK64(31, 16)

struct bvt_unit {
    struct sched_group_unit g;
    uint64_t key;       /* Its place in the tree: effective virtual time     */
    uint64_t actual;    /* Virtual time; asleep: less the group's, the key   */
    const struct runq *left; /* The group that it fell asleep in, or NULL    */
    nsec_t ran_to;      /* Running: actual is right up to here               */
    nsec_t warp;        /* By how much, of the default weight; 0: never      */
    nsec_t limit;       /* So long at a time; 0: without limit               */
    nsec_t unwarp;      /* And so long not, behind it                        */
    nsec_t warped;      /* How long it ran so                                */
    nsec_t unwarped_at;
    uint32_t weight;
    bool is_warped;
    bool has_woken;     /* And not run since                                 */
};

struct bvt_group {
    struct sched_group g;
    uint64_t virtual_now; /* No unit that wakes is behind it                 */
};

static_assert(sizeof(struct bvt_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");
static_assert(sizeof(struct bvt_group) <= SCHED_RUNQ_WORDS * sizeof(uint64_t),
              "the policy's words of a queue");

static struct bvt_unit *bvt_unit(const struct sched_unit *u)
{
    return (struct bvt_unit *)(uintptr_t)u->priv;
}

static struct bvt_group *bvt_group(const struct runq *q)
{
    return (struct bvt_group *)(uintptr_t)q->lead->priv;
}

/* Virtual times wrap; those that are compared are not that far apart. */
static bool is_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

static bool bvt_less(const struct rbtree_node *a, const struct rbtree_node *b)
{
    return is_before(container_of(a, struct bvt_unit, g.node)->key,
                     container_of(b, struct bvt_unit, g.node)->key);
}

static uint64_t bvt_effective(const struct bvt_unit *b)
{
    return b->actual - (b->is_warped ? b->warp * (BVT_SCALE / BVT_WEIGHT)
                                     : 0);
}

static nsec_t bvt_allowance(const struct sched_pool *p)
{
    return READ_ONCE(p->priv[0]);
}

static int bvt_pool_init(struct sched_pool *p)
{
    p->priv[0] = BVT_ALLOWANCE_US * NSEC_PER_USEC;
    return 0;
}

static void bvt_pool_free(struct sched_pool *p)
{
}

static void bvt_runq_init(struct runq *q)
{
}

static int bvt_unit_init(struct sched_unit *u)
{
    *bvt_unit(u) = (struct bvt_unit){ .weight = BVT_WEIGHT };
    return 0;
}

static void bvt_unit_free(struct sched_unit *u)
{
}

static void bvt_unwarp(struct bvt_unit *b, nsec_t now)
{
    if (b->is_warped) {
        b->is_warped = false;
        b->unwarped_at = now;
    }
}

static void bvt_account(struct bvt_unit *b, nsec_t now)
{
    const nsec_t ran = now > b->ran_to ? now - b->ran_to : 0;

    b->actual += ran * BVT_SCALE / b->weight;
    b->ran_to = now;
    if (b->is_warped) {
        b->warped += ran;
        if (b->limit && b->warped >= b->limit) {
            bvt_unwarp(b, now);
        }
    }
}

/* It wakes: may it warp? */
static void bvt_warp(struct bvt_unit *b, nsec_t now)
{
    if (b->warp == 0) {
        return;
    }
    if (now - b->unwarped_at >= b->unwarp) {
        b->warped = 0;
    }
    b->is_warped = b->limit == 0 || b->warped < b->limit;
}

/* Up to the least of those that run and wait, as far as this CPU sees. */
static void bvt_advance(struct runq *q, const struct bvt_unit *b)
{
    const struct sched_unit *next = sched_group_first(q);
    uint64_t least = bvt_effective(b);

    if (next && is_before(bvt_unit(next)->key, least)) {
        least = bvt_unit(next)->key;
    }
    if (is_before(bvt_group(q)->virtual_now, least)) {
        bvt_group(q)->virtual_now = least;
    }
}

/*
 * How far @b, which wakes, is ahead: less than when it fell asleep by what the
 * group has gone on since.  Who is behind comes up.
 */
static uint64_t bvt_lead(const struct runq *q, const struct bvt_unit *b)
{
    const uint64_t now = bvt_group(q)->virtual_now;
    int64_t lead = (int64_t)b->actual;

    if (b->left == q->lead && is_before(b->key, now)) {
        lead -= (int64_t)(now - b->key);
    }
    return lead > 0 ? (uint64_t)lead : 0;
}

static enum sched_wake bvt_wake(struct runq *q, struct sched_unit *u,
                                nsec_t now)
{
    struct bvt_unit *b = bvt_unit(u);
    struct bvt_unit *curr = q->curr && q->curr != u && q->curr->is_runnable
                                ? bvt_unit(q->curr) : NULL;

    u->is_runnable = true;
    if (curr) {
        /* It may have run alone, without a pick, for long. */
        bvt_account(curr, now);
        bvt_advance(q, curr);
    }
    b->actual = bvt_lead(q, b) + bvt_group(q)->virtual_now;
    bvt_warp(b, now);
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    b->has_woken = true;
    b->key = bvt_effective(b);
    sched_group_add(q, u, bvt_less);
    return !curr || is_before(b->key, bvt_effective(curr))
               ? SCHED_WAKE_PICK : SCHED_WAKE_SLICE;
}

static void bvt_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct bvt_unit *b = bvt_unit(u);

    u->is_runnable = false;
    b->g.has_yielded = false;
    if (q->curr == u) {
        bvt_account(b, now);
        bvt_advance(q, b);
    } else {
        sched_group_remove(q, u);
    }
    bvt_unwarp(b, now);
    b->left = q->lead;
    b->key = bvt_group(q)->virtual_now;
    b->actual -= b->key;
}

static void bvt_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        bvt_unit(q->curr)->g.has_yielded = true;
    }
}

static struct sched_unit *bvt_first(struct runq *q)
{
    struct sched_unit *u = sched_group_first(q);

    while (u && !sched_group_may_take(q, u)) {
        u = sched_group_next(u);
    }
    return u;
}

/* How much @b may be ahead of what waits, in virtual time. */
static uint64_t bvt_margin(const struct runq *q, const struct bvt_unit *b,
                           const struct bvt_unit *next)
{
    return next->has_woken ? 0 : bvt_allowance(q->pool) * BVT_SCALE /
                                     b->weight;
}

static nsec_t bvt_slice(const struct runq *q, nsec_t now)
{
    const struct bvt_unit *b = bvt_unit(q->curr);
    const nsec_t ran = now - b->ran_to;
    const struct sched_unit *next = sched_group_first(q);
    int64_t ahead;
    nsec_t time;

    if (!next) {
        /* One may come to wait at another CPU of the group. */
        return q->pool->top > 1 ? BVT_SLICE_MAX : NSEC_NEVER;
    }
    ahead = (int64_t)(bvt_unit(next)->key + bvt_margin(q, b, bvt_unit(next)) -
                      bvt_effective(b) - ran * BVT_SCALE / b->weight);
    time = ahead > 0 ? (nsec_t)ahead / BVT_SCALE * b->weight : 0;
    if (b->is_warped && b->limit) {
        time = min(time, b->limit > b->warped + ran
                             ? b->limit - b->warped - ran : 0);
    }
    return clamp(time, BVT_SLICE_MIN, BVT_SLICE_MAX);
}

static struct sched_unit *bvt_choose(struct runq *q, struct sched_unit *prev)
{
    struct sched_unit *next = bvt_first(q);
    const struct bvt_unit *b;

    if (!prev || !next) {
        return next ? next : prev;
    }
    b = bvt_unit(prev);
    if (!b->g.has_yielded &&
        is_before(bvt_effective(b),
                  bvt_unit(next)->key + bvt_margin(q, b, bvt_unit(next)))) {
        return prev;
    }
    return next;
}

static struct sched_choice bvt_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr && q->curr->is_runnable ? q->curr
                                                              : NULL;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };

    if (prev) {
        bvt_account(bvt_unit(prev), now);
    }
    choice.unit = bvt_choose(q, prev);
    if (choice.unit != q->curr) {
        if (prev) {
            bvt_unit(prev)->key = bvt_effective(bvt_unit(prev));
            sched_group_add(q, prev, bvt_less);
        }
        choice.also = sched_group_run(q, choice.unit);
    }
    if (prev) {
        bvt_unit(prev)->g.has_yielded = false;
    }
    if (choice.unit) {
        struct bvt_unit *b = bvt_unit(choice.unit);

        b->ran_to = now;
        b->has_woken = false;
        bvt_advance(q, b);
        choice.slice = bvt_slice(q, now);
    }
    return choice;
}

static bool bvt_is_later(const struct sched_unit *a,
                         const struct sched_unit *b)
{
    return is_before(bvt_effective(bvt_unit(b)), bvt_effective(bvt_unit(a)));
}

static unsigned int bvt_pick_cpu(const struct sched_unit *u)
{
    return sched_group_pick_cpu(u, bvt_is_later);
}

static struct sched_unit *bvt_steal(struct runq *from, const struct runq *to,
                                    nsec_t now)
{
    struct sched_unit *u = sched_group_steal(from, to);

    if (u) {
        bvt_unit(u)->actual -= bvt_group(from)->virtual_now;
        bvt_unit(u)->left = NULL;
    }
    return u;
}

/*
 * RTDS's structure: period is the warp in us, budget the limit in us, flags
 * are the weight (0: as it is) and the unwarp time in ms.
 */
static int bvt_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    struct bvt_unit *b = bvt_unit(u);
    const uint32_t flags = op->u.rtds.flags;

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.rtds.period = (uint32_t)(b->warp / NSEC_PER_USEC);
        op->u.rtds.budget = (uint32_t)(b->limit / NSEC_PER_USEC);
        op->u.rtds.flags = (uint32_t)(
            FIELD_PREP(BVT_FLAGS_WEIGHT, b->weight) |
            FIELD_PREP(BVT_FLAGS_UNWARP_MS, b->unwarp / NSEC_PER_MSEC));
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo ||
        op->u.rtds.period > BVT_WARP_MAX_US ||
        op->u.rtds.budget > BVT_WARP_MAX_US) {
        return -EINVAL;
    }
    /* What waits keeps its place in the tree until it has run. */
    b->warp = op->u.rtds.period * NSEC_PER_USEC;
    b->limit = op->u.rtds.budget * NSEC_PER_USEC;
    b->unwarp = FIELD_GET(BVT_FLAGS_UNWARP_MS, flags) * NSEC_PER_MSEC;
    b->warped = 0;
    if (FIELD_GET(BVT_FLAGS_WEIGHT, flags) != 0) {
        b->weight = (uint32_t)FIELD_GET(BVT_FLAGS_WEIGHT, flags);
    }
    return 0;
}

/* Credit2's structure: the rate limit is the context switch allowance. */
static int bvt_params(struct sched_pool *p, struct xen_sysctl_scheduler_op *op,
                      struct xen_sysctl_arinc653_schedule *frame)
{
    const uint32_t us = op->u.sched_credit2.ratelimit_us;

    if (op->cmd == XEN_SYSCTL_SCHEDOP_getinfo) {
        op->u.sched_credit2.ratelimit_us =
            (uint32_t)(bvt_allowance(p) / NSEC_PER_USEC);
        return 0;
    }
    if (us > XEN_SYSCTL_SCHED_RATELIMIT_MAX) {
        return -EINVAL;
    }
    WRITE_ONCE(p->priv[0], us * NSEC_PER_USEC);
    return 0;
}

static void bvt_show(const struct runq *q, const struct sched_unit *u)
{
    const struct bvt_unit *b = bvt_unit(u);

    printk_raw("weight %u, %lld us ahead%s\n", b->weight,
               (long long)(b->actual - bvt_group(q)->virtual_now) / 256000,
               b->is_warped ? ", warped" : "");
}

static void bvt_dump(const struct runq *q)
{
    sched_group_show(q, NULL, bvt_show);
}

const struct sched_ops sched_bvt_ops = {
    .name = "bvt",
    .abi_id = SCHED_ID_BVT,
    .group = BVT_GROUP,
    .is_trusted = true,
    .pool_init = bvt_pool_init,
    .pool_free = bvt_pool_free,
    .runq_init = bvt_runq_init,
    .unit_init = bvt_unit_init,
    .unit_free = bvt_unit_free,
    .wake = bvt_wake,
    .sleep = bvt_sleep,
    .yield = bvt_yield,
    .pick = bvt_pick,
    .slice = bvt_slice,
    .pick_cpu = bvt_pick_cpu,
    .steal = bvt_steal,
    .offer = sched_group_offer,
    .adjust = bvt_adjust,
    .params = bvt_params,
    .dump = bvt_dump,
    .check = sched_group_check,
};
