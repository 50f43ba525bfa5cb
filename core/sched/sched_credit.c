/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credit: three priorities by credits that are paid each period.
 *
 * Model: what units use is paid back each period (one slice, 30 ms) to all
 * that want to run, by weight.  Who has credit left is UNDER, who has
 * overdrawn is OVER and waits behind; within one priority round robin by
 * slices.  Who wakes being UNDER is BOOSTed before all others until he has
 * run for a tick (10 ms) or sleeps again.
 *
 * Design: what is used goes into the pool's pot, which the first to see a new
 * period turns into more of the level, credit per weight since ever; a unit is
 * paid the difference when somebody looks at it.  Who slept is paid from the
 * pot when it wakes, up to a slice; what is more than who waits may save goes
 * back.  So all credits and the pot add up to a slice for each unit, and
 * nobody's credit, so nobody's error, grows: who is behind is UNDER, and runs
 * before others.  Each CPU looks at the priorities in its queues once a
 * period, and at others' before an OVER unit runs and each tick while it does.
 *
 * Cost: constant; once a period a step for each unit that waits at a CPU, one
 * for each CPU while OVER units run.  Locking: the run queue's, by the core;
 * pot, level and the sum of weights are atomic.
 */
#include <core/sched/sched_cap.h>

#include <core/abi/domctl.h>
#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

enum credit_prio { PRIO_BOOST, PRIO_UNDER, PRIO_OVER, PRIO_CAPPED, PRIOS };

#define CREDIT_WEIGHT 256u
#define CREDIT_SLICE_MS 30u
#define CREDIT_TICK (10 * NSEC_PER_MSEC)
#define CREDIT_RATELIMIT_US 1000u

struct credit_unit {
    int64_t credit;    /* Nanoseconds                                        */
    uint64_t level;    /* It is paid up to this one                          */
    nsec_t spent_to;   /* Running: credit is right up to here                */
    nsec_t chosen;     /* Running: since                                     */
    uint32_t weight;
    uint8_t prio;      /* enum credit_prio                                   */
    bool has_yielded;
    bool counts;       /* Its weight is in the pool's sum                    */
};

static_assert(sizeof(struct credit_unit) <=
                  SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

/* Of the level: nanoseconds for a weight of 1. */
#define CREDIT_SCALE 20u
/* Who waits saves no more, and no debt is larger (it is forgiven); slices. */
#define CREDIT_MOST 8

/* Words of the pool, and of a queue; the pot is signed. */
enum {
    POOL_SLICE, POOL_RATELIMIT, POOL_WEIGHTS, POOL_MIGRATE, POOL_POT,
    POOL_LEVEL, POOL_NEXT,
};
enum { RUNQ_NEXT, RUNQ_CAPPED_DUE, RUNQ_LOOKED };

static_assert(PRIOS <= SCHED_QUEUES && POOL_NEXT < SCHED_POOL_WORDS,
              "the policy's queues, and its words of a pool");

static struct credit_unit *credit_unit(const struct sched_unit *u)
{
    return (struct credit_unit *)(uintptr_t)u->priv;
}

static int credit_pool_init(struct sched_pool *p)
{
    memset(p->priv, 0, sizeof(p->priv));
    p->priv[POOL_SLICE] = CREDIT_SLICE_MS * NSEC_PER_MSEC;
    p->priv[POOL_RATELIMIT] = CREDIT_RATELIMIT_US * NSEC_PER_USEC;
    p->priv[POOL_NEXT] = p->priv[POOL_SLICE];
    return 0;
}

static void credit_pool_free(struct sched_pool *p)
{
}

static void credit_runq_init(struct runq *q)
{
    q->priv[RUNQ_NEXT] = q->pool->priv[POOL_SLICE];
    q->priv[RUNQ_CAPPED_DUE] = NSEC_NEVER;
}

static int credit_unit_init(struct sched_unit *u)
{
    *credit_unit(u) = (struct credit_unit){
        .credit = (int64_t)u->pool->priv[POOL_SLICE],
        .weight = CREDIT_WEIGHT, .prio = PRIO_UNDER,
        .level = READ_ONCE(u->pool->priv[POOL_LEVEL]),
    };
    sched_cap_set(u, 0);
    return 0;
}

static void credit_to_pot(const struct sched_unit *u, int64_t credit)
{
    (void)atomic_add(&u->pool->priv[POOL_POT], (uint64_t)credit);
}

static void credit_unit_free(struct sched_unit *u)
{
    credit_to_pot(u, credit_unit(u)->credit -
                         (int64_t)u->pool->priv[POOL_SLICE]);
}

/* When the period after that of @now begins. */
static nsec_t credit_next_period(const struct sched_pool *p, nsec_t now)
{
    return now - now % p->priv[POOL_SLICE] + p->priv[POOL_SLICE];
}

/* The first to see that a period has begun shares out the pot. */
static __noinline void credit_begin_period(struct sched_pool *p, nsec_t now)
{
    nsec_t next = READ_ONCE(p->priv[POOL_NEXT]);
    const uint64_t weights = READ_ONCE(p->priv[POOL_WEIGHTS]);
    const int64_t pot = (int64_t)READ_ONCE(p->priv[POOL_POT]);

    if (now < next || pot <= 0 || weights == 0 ||
        !atomic_cmpxchg(&p->priv[POOL_NEXT], &next,
                        credit_next_period(p, now))) {
        return;
    }
    (void)atomic_sub(&p->priv[POOL_POT], (uint64_t)pot);
    (void)atomic_add(&p->priv[POOL_LEVEL],
                     ((uint64_t)pot << CREDIT_SCALE) / weights);
}

/* Pay @u what is due to it, and keep its credit within its bounds. */
static __noinline void credit_settle(struct sched_unit *u, bool has_slept)
{
    const int64_t slice = (int64_t)u->pool->priv[POOL_SLICE];
    const int64_t most = CREDIT_MOST * slice;
    /* What a cap keeps it from using is others'. */
    const int64_t save = sched_cap_get(u) ? slice : most;
    struct credit_unit *c = credit_unit(u);
    uint64_t more = READ_ONCE(u->pool->priv[POOL_LEVEL]) - c->level;
    int64_t credit;
    int64_t pay;

    c->level += more;
    if (has_slept) {
        /* At most what fills it up to a slice, from the deepest debt. */
        more = min(more, ((uint64_t)(most + slice) << CREDIT_SCALE) /
                             c->weight + 1);
        pay = (int64_t)(more * c->weight >> CREDIT_SCALE);
        pay = max(min(pay, slice - c->credit), INT64_C(0));
        credit_to_pot(u, -pay);
    } else {
        pay = (int64_t)(more * c->weight >> CREDIT_SCALE);
    }
    credit = min(max(c->credit + pay, -most), save);
    credit_to_pot(u, c->credit + pay - credit);
    c->credit = credit;
}

/* @u's part of what was shared out since; @has_slept: it did not count. */
static inline void credit_collect(struct sched_unit *u, bool has_slept)
{
    const int64_t slice = (int64_t)u->pool->priv[POOL_SLICE];
    const struct credit_unit *c = credit_unit(u);

    if (READ_ONCE(u->pool->priv[POOL_LEVEL]) != c->level ||
        c->credit > slice || c->credit < -CREDIT_MOST * slice) {
        credit_settle(u, has_slept);
    }
}

/* What @u's credit makes of it. */
static void credit_classify(struct sched_unit *u, nsec_t now)
{
    struct credit_unit *c = credit_unit(u);

    if (sched_cap_left(u, now) == 0) {
        c->prio = PRIO_CAPPED;
    } else if (c->credit <= 0) {
        c->prio = PRIO_OVER;
    } else if (c->prio != PRIO_BOOST) {
        c->prio = PRIO_UNDER;
    }
}

/* Is @u one of those that what was used is shared out to? */
static void credit_count(struct sched_unit *u, bool counts)
{
    struct credit_unit *c = credit_unit(u);

    if (c->counts != counts) {
        c->counts = counts;
        (void)atomic_add(&u->pool->priv[POOL_WEIGHTS],
                         counts ? c->weight : -(uint64_t)c->weight);
    }
}

/* @u is runnable; but whom a cap keeps from running sleeps, as to pay. */
static void credit_pay(struct sched_unit *u, nsec_t now)
{
    if (now >= READ_ONCE(u->pool->priv[POOL_NEXT])) {
        credit_begin_period(u->pool, now);
    }
    credit_collect(u, !credit_unit(u)->counts);
    credit_classify(u, now);
    credit_count(u, credit_unit(u)->prio != PRIO_CAPPED);
}

static void credit_spend(struct sched_unit *u, nsec_t now)
{
    struct credit_unit *c = credit_unit(u);
    const nsec_t ran = now > c->spent_to ? now - c->spent_to : 0;

    c->credit -= (int64_t)ran;
    credit_to_pot(u, (int64_t)ran);
    sched_cap_spend(u, ran);
    c->spent_to = now;
    if (now - c->chosen >= CREDIT_TICK && c->prio == PRIO_BOOST) {
        c->prio = PRIO_UNDER;
    }
}

static void credit_enqueue(struct runq *q, struct sched_unit *u)
{
    struct credit_unit *c = credit_unit(u);

    list_add_tail(&u->queue, &q->queue[c->prio]);
    q->nr_queued++;
    if (c->prio == PRIO_CAPPED) {
        q->priv[RUNQ_CAPPED_DUE] = min(q->priv[RUNQ_CAPPED_DUE],
                                       sched_cap_next(u));
    }
}

static void credit_dequeue(struct runq *q, struct sched_unit *u)
{
    if (!list_empty(&u->queue)) {
        list_del(&u->queue);
        q->nr_queued--;
    }
}

static enum sched_wake credit_wake(struct runq *q, struct sched_unit *u,
                                   nsec_t now)
{
    struct credit_unit *c = credit_unit(u);

    u->is_runnable = true;
    if (q->curr && q->curr->is_runnable && q->nr_queued == 0 && q->curr != u) {
        /* It may have run alone for long: that is its own. */
        credit_spend(q->curr, now);
        credit_pay(q->curr, now);
    }
    credit_collect(u, true);
    credit_count(u, true);
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    sched_cap_wake(u, now);
    credit_classify(u, now);
    credit_count(u, c->prio != PRIO_CAPPED);
    if (c->prio == PRIO_UNDER) {
        c->prio = PRIO_BOOST;
    }
    credit_enqueue(q, u);
    if (!q->curr || !q->curr->is_runnable ||
        (c->prio < credit_unit(q->curr)->prio &&
         now - credit_unit(q->curr)->chosen >=
             q->pool->priv[POOL_RATELIMIT])) {
        return SCHED_WAKE_PICK;
    }
    return SCHED_WAKE_SLICE;
}

static void credit_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct credit_unit *c = credit_unit(u);

    u->is_runnable = false;
    if (q->curr == u) {
        credit_spend(u, now);
    }
    credit_collect(u, !c->counts);
    credit_count(u, false);
    if (q->curr == u) {
        c->has_yielded = false;
        c->prio = c->prio == PRIO_BOOST ? PRIO_UNDER : c->prio;
    } else {
        credit_dequeue(q, u);
    }
}

static void credit_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        credit_unit(q->curr)->has_yielded = true;
    }
}

static struct sched_unit *credit_first(const struct runq *q)
{
    for (unsigned int i = 0; i < PRIO_CAPPED; i++) {
        if (!list_empty(&q->queue[i])) {
            return list_first_entry(&q->queue[i], struct sched_unit, queue);
        }
    }
    return NULL;
}

/* Once a period, and when a cap is paid: priorities anew. */
static __noinline void credit_refresh(struct runq *q, nsec_t now)
{
    struct sched_unit *u;
    struct sched_unit *next;
    LIST_HEAD(all);

    q->priv[RUNQ_NEXT] = credit_next_period(q->pool, now);
    q->priv[RUNQ_CAPPED_DUE] = NSEC_NEVER;
    for (unsigned int i = 0; i < PRIOS; i++) {
        list_splice_tail(&q->queue[i], &all);
    }
    list_for_each_entry_safe(u, next, &all, queue)
    {
        list_init(&u->queue);
        q->nr_queued--;
        credit_pay(u, now);
        credit_enqueue(q, u);
    }
}

/* Who still waits when a cap was paid may run on a CPU that idles. */
static unsigned int credit_also(const struct runq *q)
{
    const struct sched_unit *u = credit_first(q);
    const unsigned int cpu = u ? sched_find_idle(u, NULL) : SCHED_MAX_CPUS;

    return cpu < SCHED_MAX_CPUS ? cpu + 1 : 0;
}

/* A turn; what an OVER unit gets is others' to miss. */
static nsec_t credit_turn(const struct sched_unit *u)
{
    const nsec_t slice = u->pool->priv[POOL_SLICE];

    return credit_unit(u)->prio != PRIO_UNDER ? min(slice, CREDIT_TICK) : slice;
}

static __always_inline nsec_t credit_slice(const struct runq *q, nsec_t now)
{
    const struct sched_unit *next = credit_first(q);
    const nsec_t slice = credit_turn(q->curr);
    const nsec_t limit = q->pool->priv[POOL_RATELIMIT];
    const struct credit_unit *c = credit_unit(q->curr);
    const nsec_t stay = now - c->chosen;
    nsec_t left = sched_cap_left(q->curr, now);

    if (next && credit_unit(next)->prio < c->prio) {
        left = min(left, stay < limit ? limit - stay : 0);
    } else if (next) {
        left = min(left, stay < slice ? slice - stay : 0);
        /* Its credit ends, or its boost: look again. */
        if (c->credit > 0) {
            left = min(left, max((nsec_t)c->credit, limit));
        }
    }
    if (q->pool->top > 1) {
        /* Others' may come to wait elsewhere. */
        left = min(left, CREDIT_TICK);
    }
    return left;
}

static bool credit_stays(const struct runq *q, const struct sched_unit *u,
                         const struct sched_unit *next, nsec_t now)
{
    const struct credit_unit *c = credit_unit(u);
    const nsec_t stay = now - c->chosen;

    if (c->prio == PRIO_CAPPED || (next && c->has_yielded)) {
        return false;
    }
    if (!next || stay < q->pool->priv[POOL_RATELIMIT]) {
        return true;
    }
    return credit_unit(next)->prio > c->prio ||
           (credit_unit(next)->prio == c->prio &&
            stay < credit_turn(u));
}

static void credit_swap(struct runq *q, struct sched_unit *next)
{
    struct sched_unit *prev = q->curr;

    if (prev) {
        prev->is_running = false;
        if (prev->is_runnable) {
            credit_enqueue(q, prev);
        }
    }
    q->curr = next;
    if (next) {
        credit_dequeue(q, next);
        next->is_running = true;
    }
}

static struct sched_choice credit_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr;
    struct sched_unit *next;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    const bool is_paid = now >= q->priv[RUNQ_NEXT] ||
                         now >= q->priv[RUNQ_CAPPED_DUE];

    if (unlikely(is_paid)) {
        credit_refresh(q, now);
    }
    next = credit_first(q);
    if (prev && prev->is_runnable) {
        credit_spend(prev, now);
        credit_pay(prev, now);
        if (credit_stays(q, prev, next, now)) {
            next = prev;
        }
        credit_unit(prev)->has_yielded = false;
    }
    if (next != prev) {
        credit_swap(q, next);
    }
    if (next) {
        struct credit_unit *c = credit_unit(next);

        c->spent_to = now;
        if (next != prev || now - c->chosen >= credit_turn(next)) {
            c->chosen = now;
        }
        choice.unit = next;
        choice.look = c->prio == PRIO_OVER &&
                      (next != prev ||
                       now - q->priv[RUNQ_LOOKED] >= CREDIT_TICK);
        if (choice.look) {
            q->priv[RUNQ_LOOKED] = now;
        }
        choice.slice = credit_slice(q, now);
    }
    if (is_paid) {
        choice.also = credit_also(q);
    }
    if (q->priv[RUNQ_CAPPED_DUE] != NSEC_NEVER) {
        choice.slice = min(choice.slice,
                           max(q->priv[RUNQ_CAPPED_DUE], now + 1) - now);
    }
    return choice;
}

static struct sched_unit *credit_steal(struct runq *from,
                                       const struct runq *to, nsec_t now)
{
    struct sched_unit *u;
    const unsigned int end = to->curr ? credit_unit(to->curr)->prio
                                      : PRIO_CAPPED;

    for (unsigned int i = 0; i < end; i++) {
        list_for_each_entry(u, &from->queue[i], queue)
        {
            if (!atomic_read_acquire(&u->is_loaded) &&
                sched_unit_fits(u, to->cpu)) {
                credit_dequeue(from, u);
                credit_collect(u, false);
                /* It has not slept: wake() finds its cap paid. */
                (void)sched_cap_left(u, now);
                /* The core's wake() on the other queue counts it again. */
                credit_count(u, false);
                return u;
            }
        }
    }
    return NULL;
}

static int credit_adjust(struct sched_unit *u,
                         struct xen_domctl_scheduler_op *op)
{
    struct credit_unit *c = credit_unit(u);

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.credit.weight = (uint16_t)c->weight;
        op->u.credit.cap = (uint16_t)sched_cap_get(u);
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo) {
        return -EINVAL;
    }
    if (op->u.credit.weight != 0) {
        credit_collect(u, !c->counts);
        if (c->counts) {
            (void)atomic_add(&u->pool->priv[POOL_WEIGHTS],
                             (uint64_t)op->u.credit.weight - c->weight);
        }
        c->weight = op->u.credit.weight;
    }
    /* 65535: leave it. */
    if (op->u.credit.cap != UINT16_MAX) {
        sched_cap_set(u, min_t(uint32_t, op->u.credit.cap, SCHED_CAP_MAX));
    }
    return 0;
}

static int credit_params(struct sched_pool *p,
                         struct xen_sysctl_scheduler_op *op,
                         struct xen_sysctl_arinc653_schedule *frame)
{
    struct xen_sysctl_credit_schedule *s = &op->u.sched_credit;
    const uint32_t us = s->ratelimit_us;

    if (op->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
        if (s->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
            s->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX ||
            (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
                    us > XEN_SYSCTL_SCHED_RATELIMIT_MAX)) ||
            us > s->tslice_ms * 1000u ||
            s->vcpu_migr_delay_us > XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US) {
            return -EINVAL;
        }
        p->priv[POOL_SLICE] = s->tslice_ms * NSEC_PER_MSEC;
        p->priv[POOL_RATELIMIT] = us * NSEC_PER_USEC;
        p->priv[POOL_MIGRATE] = s->vcpu_migr_delay_us;
    }
    s->tslice_ms = (uint32_t)(p->priv[POOL_SLICE] / NSEC_PER_MSEC);
    s->ratelimit_us = (uint32_t)(p->priv[POOL_RATELIMIT] / NSEC_PER_USEC);
    s->vcpu_migr_delay_us = (uint32_t)p->priv[POOL_MIGRATE];
    return 0;
}

static void credit_show(const struct runq *q, const struct sched_unit *u)
{
    const struct credit_unit *c = credit_unit(u);

    printk_raw("credit %lld us weight %u%s\n", (long long)c->credit / 1000,
               c->weight, c->prio == PRIO_BOOST ? ", boosted" : "");
}

static void credit_dump(const struct runq *q)
{
    static const char *const name[SCHED_QUEUES] = {
        "boost", "under", "over", "capped",
    };

    sched_show_queues(q, name, credit_show);
}

static bool credit_check(const struct runq *q)
{
    const struct sched_unit *u = q->curr;
    unsigned int n = 0;

    if (u && (!u->is_running || u->cpu != q->cpu || !list_empty(&u->queue))) {
        return false;
    }
    for (unsigned int i = 0; i < PRIOS; i++) {
        list_for_each_entry(u, &q->queue[i], queue)
        {
            if (credit_unit(u)->prio != i || !u->is_runnable ||
                u->is_running || u->cpu != q->cpu) {
                return false;
            }
            n++;
        }
    }
    return n == q->nr_queued;
}

const struct sched_ops sched_credit_ops = {
    .name = "credit",
    .abi_id = XEN_SCHEDULER_CREDIT,
    .is_trusted = true,
    .pool_init = credit_pool_init,
    .pool_free = credit_pool_free,
    .runq_init = credit_runq_init,
    .unit_init = credit_unit_init,
    .unit_free = credit_unit_free,
    .wake = credit_wake,
    .sleep = credit_sleep,
    .yield = credit_yield,
    .pick = credit_pick,
    .slice = credit_slice,
    .pick_cpu = sched_place,
    .steal = credit_steal,
    .adjust = credit_adjust,
    .params = credit_params,
    .dump = credit_dump,
    .check = credit_check,
};
