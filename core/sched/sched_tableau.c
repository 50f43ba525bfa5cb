/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table for each CPU, and what it leaves over by turns.
 *
 * Design: a unit may reserve a share of a CPU and a longest delay.  It gets
 * slots of 100 us in the table of one CPU, and stays there: so many in each
 * period, at the same places of all, so that between two of its slots is no
 * more than the delay.  Periods are powers of two slots; the table of a CPU is
 * made anew, the shortest period first, which always succeeds if its slots
 * suffice.  In its slots a unit runs, if it wants to; all other time is the
 * second level's, where those of the CPU that may have it take turns of 2 ms.
 * Units without a reservation have turns only, and move to idle CPUs.
 *
 * Cost: constant for each decision; to reserve, a step for each unit of the
 * CPU and slot of the table, with the pool stopped.  Locking: the run queue's,
 * by the core; tables change with the pool stopped, but for a unit that ends:
 * its slots are cleared while a CPU may read them, and it lives on until that
 * CPU's loop head.  Limits: a unit has the slots of one CPU only, so pools can
 * be too fragmented for a reservation; shares are rounded up to slots of the
 * period, which the delay makes short.
 */
#include <core/sched/sched.h>

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

#define TB_SLOT (100 * NSEC_PER_USEC)
#define TB_SLOTS 512u
#define TB_TURN (2 * NSEC_PER_MSEC)
#define TB_ONE 1000u               /* A whole CPU, as a share                */
#define TB_DELAY_MAX_US 1000000u

/* Units that may have turns; and those that only wait for their slots. */
enum tb_queue { TB_SHARED, TB_CAPPED };

struct tb_table {
    struct sched_unit *owner[TB_SLOTS];
    uint16_t until[TB_SLOTS];      /* Slots to the next other owner          */
    uint32_t used;
};

struct tb_pool {
    struct list_head reserved;
    struct tb_table *table[SCHED_MAX_CPUS]; /* NULL: no reservations yet     */
};

struct tb_unit {
    struct list_head link;         /* In reserved                            */
    nsec_t turn;                   /* Left of it                             */
    nsec_t ran_to;                 /* Running: turn is right up to here      */
    uint32_t delay_us;
    uint16_t share;                /* 0: no reservation                      */
    uint16_t period;               /* In slots                               */
    uint16_t slots;                /* Of them its own                        */
    uint16_t home;
    bool is_pinned;                /* By its reservation                     */
    bool is_capped;
    bool queued;
    bool in_slot;                  /* Runs in its own                        */
    bool has_yielded;
};

static_assert(sizeof(struct tb_unit) <= SCHED_PRIV_WORDS * sizeof(uint64_t),
              "the policy's words of a unit");

static struct tb_unit *tb_unit(const struct sched_unit *u)
{
    return (struct tb_unit *)(uintptr_t)u->priv;
}

static struct sched_unit *tb_entry(struct tb_unit *t)
{
    return (struct sched_unit *)((uintptr_t)t -
                                 offsetof(struct sched_unit, priv));
}

static struct tb_pool *tb_pool(const struct sched_pool *p)
{
    return (struct tb_pool *)(uintptr_t)p->priv[0];
}

static int tb_pool_init(struct sched_pool *p)
{
    struct tb_pool *t = xzalloc_type(struct tb_pool);

    if (!t) {
        return -ENOMEM;
    }
    list_init(&t->reserved);
    p->priv[0] = (uintptr_t)t;
    return 0;
}

static void tb_pool_free(struct sched_pool *p)
{
    struct tb_pool *t = tb_pool(p);

    for (unsigned int i = 0; i < SCHED_MAX_CPUS; i++) {
        xfree(t->table[i]);
    }
    xfree(t);
}

static void tb_runq_init(struct runq *q)
{
}

static int tb_unit_init(struct sched_unit *u)
{
    *tb_unit(u) = (struct tb_unit){ .turn = TB_TURN };
    return 0;
}

/* --- tables --- */

static void tb_make_runs(struct tb_table *t)
{
    unsigned int run = 0;

    /* Twice, for what goes on behind the end. */
    for (unsigned int i = 2 * TB_SLOTS; i-- > 0;) {
        const unsigned int at = i % TB_SLOTS;
        const unsigned int next = (i + 1) % TB_SLOTS;

        run = t->owner[at] == t->owner[next] && run < TB_SLOTS ? run + 1 : 1;
        t->until[at] = (uint16_t)run;
    }
}

/* Its slots, at the same places of each period; those are free or nobody's. */
static void tb_place(struct tb_table *t, struct sched_unit *u)
{
    const struct tb_unit *s = tb_unit(u);
    unsigned int left = s->slots;

    for (unsigned int at = 0; at < s->period && left; at++) {
        if (t->owner[at]) {
            continue;
        }
        for (unsigned int i = at; i < TB_SLOTS; i += s->period) {
            t->owner[i] = u;
        }
        left--;
    }
}

/* Make the table of @cpu anew. */
static void tb_plan(const struct tb_pool *p, unsigned int cpu)
{
    struct tb_table *t = p->table[cpu];
    struct tb_unit *s;

    *t = (struct tb_table){ .used = 0 };
    for (unsigned int period = 1; period <= TB_SLOTS; period *= 2) {
        list_for_each_entry(s, &p->reserved, link)
        {
            if (s->home == cpu && s->period == period) {
                tb_place(t, tb_entry(s));
                t->used += s->slots * (TB_SLOTS / period);
            }
        }
    }
    tb_make_runs(t);
}

/* Its reservation ends.  The table's other slots stay as they are. */
static void tb_release(struct sched_unit *u)
{
    struct tb_unit *s = tb_unit(u);
    struct tb_table *t;

    if (s->share == 0) {
        return;
    }
    t = tb_pool(u->pool)->table[s->home];
    for (unsigned int i = 0; i < TB_SLOTS; i++) {
        if (t->owner[i] == u) {
            WRITE_ONCE(t->owner[i], NULL);
        }
    }
    t->used -= s->slots * (TB_SLOTS / s->period);
    list_del(&s->link);
    s->share = 0;
    if (s->is_pinned) {
        s->is_pinned = false;
        u->pinned_to = -1;
    }
}

static void tb_unit_free(struct sched_unit *u)
{
    tb_release(u);
}

/* The CPU with most slots free of those that @u may use. */
static unsigned int tb_find_home(const struct sched_unit *u)
{
    const struct tb_pool *p = tb_pool(u->pool);
    unsigned int least = ~0u;
    unsigned int home = SCHED_MAX_CPUS;
    unsigned int cpu;

    bitmap_for_each_set(cpu, u->pool->cpus.bits, SCHED_MAX_CPUS)
    {
        const unsigned int used = p->table[cpu] ? p->table[cpu]->used : 0;

        if (sched_unit_fits(u, cpu) && used < least) {
            least = used;
            home = cpu;
        }
    }
    return home;
}

/*
 * Give @u slots for @share within @delay: the longest period for which the
 * others' slots, all behind one another, are no longer than that.
 */
static int tb_reserve(struct sched_unit *u, unsigned int share, nsec_t delay)
{
    struct tb_pool *p = tb_pool(u->pool);
    struct tb_unit *s = tb_unit(u);
    unsigned int period = 1;
    unsigned int slots;
    unsigned int home;

    while (period < TB_SLOTS &&
           2 * period * (TB_ONE - share) * TB_SLOT <= delay * TB_ONE) {
        period *= 2;
    }
    slots = DIV_ROUND_UP(period * share, TB_ONE);
    if ((period - slots) * TB_SLOT > delay) {
        return -EINVAL;
    }
    home = tb_find_home(u);
    if (home == SCHED_MAX_CPUS) {
        return -ENOSPC;
    }
    if (!p->table[home]) {
        p->table[home] = xzalloc_type(struct tb_table);
        if (!p->table[home]) {
            return -ENOMEM;
        }
    }
    if (p->table[home]->used + slots * (TB_SLOTS / period) > TB_SLOTS) {
        return -ENOSPC;
    }
    s->home = (uint16_t)home;
    s->share = (uint16_t)share;
    s->period = (uint16_t)period;
    s->slots = (uint16_t)slots;
    list_add_tail(&s->link, &p->reserved);
    tb_plan(p, home);
    if (u->pinned_to < 0) {
        s->is_pinned = true;
        u->pinned_to = (int)home;
    }
    return 0;
}

/* Whose slot it is, if that may run here now; and when this may change. */
static struct sched_unit *tb_owner(const struct runq *q, nsec_t now,
                                   nsec_t *left)
{
    const struct tb_table *t = tb_pool(q->pool)->table[q->cpu];
    const uint64_t slot = now / TB_SLOT;
    struct sched_unit *u;

    *left = NSEC_NEVER;
    if (!t || t->used == 0) {
        return NULL;
    }
    *left = (slot + t->until[slot % TB_SLOTS]) * TB_SLOT - now;
    u = READ_ONCE(t->owner[slot % TB_SLOTS]);
    return u && READ_ONCE(u->cpu) == q->cpu && u->is_runnable ? u : NULL;
}

/* --- the second level --- */

static void tb_enqueue(struct runq *q, struct sched_unit *u, bool at_head)
{
    struct tb_unit *s = tb_unit(u);
    struct list_head *list = &q->queue[s->is_capped ? TB_CAPPED : TB_SHARED];

    s->queued = true;
    q->nr_queued++;
    if (at_head) {
        list_add(&u->queue, list);
    } else {
        list_add_tail(&u->queue, list);
    }
}

static void tb_dequeue(struct runq *q, struct sched_unit *u)
{
    if (tb_unit(u)->queued) {
        list_del(&u->queue);
        tb_unit(u)->queued = false;
        q->nr_queued--;
    }
}

static void tb_account(struct tb_unit *s, nsec_t now)
{
    const nsec_t ran = now > s->ran_to ? now - s->ran_to : 0;

    if (!s->in_slot) {
        s->turn = ran < s->turn ? s->turn - ran : 0;
    }
    s->ran_to = now;
}

static enum sched_wake tb_wake(struct runq *q, struct sched_unit *u,
                               nsec_t now)
{
    nsec_t left;

    u->is_runnable = true;
    if (q->curr == u) {
        return SCHED_WAKE_NOTHING;
    }
    tb_enqueue(q, u, false);
    if (!q->curr || !q->curr->is_runnable || tb_owner(q, now, &left) == u) {
        return SCHED_WAKE_PICK;
    }
    return SCHED_WAKE_SLICE;
}

static void tb_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    tb_unit(u)->has_yielded = false;
    if (q->curr == u) {
        tb_account(tb_unit(u), now);
    } else {
        tb_dequeue(q, u);
    }
}

static void tb_yield(struct runq *q, nsec_t now)
{
    if (q->curr) {
        tb_unit(q->curr)->has_yielded = true;
    }
}

/* How long q->curr may run, if @boundary is left of what the table says. */
static nsec_t tb_time(const struct runq *q, nsec_t boundary)
{
    const struct tb_unit *s = tb_unit(q->curr);

    if (s->in_slot || list_empty(&q->queue[TB_SHARED])) {
        return boundary;
    }
    return min(boundary, max(s->turn, (nsec_t)1));
}

static nsec_t tb_slice(const struct runq *q, nsec_t now)
{
    nsec_t left;

    (void)tb_owner(q, now, &left);
    return tb_time(q, left);
}

/* Who runs if nobody's slot is now. */
static struct sched_unit *tb_by_turn(struct runq *q, struct sched_unit *prev)
{
    struct sched_unit *next = list_first_or_null(&q->queue[TB_SHARED],
                                                 struct sched_unit, queue);

    if (prev && !tb_unit(prev)->is_capped &&
        (!next || (tb_unit(prev)->turn != 0 && !tb_unit(prev)->has_yielded))) {
        return prev;
    }
    return next;
}

static void tb_swap(struct runq *q, struct sched_unit *prev,
                    struct sched_unit *next)
{
    if (q->curr) {
        q->curr->is_running = false;
    }
    if (prev) {
        /* Its turn was cut short: it goes on with it afterwards. */
        tb_enqueue(q, prev, tb_unit(prev)->turn != 0 &&
                                !tb_unit(prev)->has_yielded &&
                                !tb_unit(prev)->in_slot);
    }
    q->curr = next;
    if (next) {
        tb_dequeue(q, next);
        next->is_running = true;
    }
}

static struct sched_choice tb_pick(struct runq *q, nsec_t now)
{
    struct sched_unit *prev = q->curr && q->curr->is_runnable ? q->curr
                                                              : NULL;
    struct sched_choice choice = { .unit = NULL, .slice = NSEC_NEVER };
    nsec_t left;
    struct sched_unit *owner = tb_owner(q, now, &left);
    struct sched_unit *next = owner;

    if (prev) {
        tb_account(tb_unit(prev), now);
    }
    if (!owner || (owner == prev && tb_unit(owner)->has_yielded)) {
        next = tb_by_turn(q, prev);
        /* Who has yielded in its slot has it back soon. */
        left = owner ? min(left, TB_SLOT) : left;
    }
    if (next != q->curr) {
        tb_swap(q, prev, next);
    }
    if (prev) {
        tb_unit(prev)->has_yielded = false;
    }
    if (next) {
        struct tb_unit *s = tb_unit(next);

        s->ran_to = now;
        s->in_slot = next == owner;
        s->turn = s->turn ? s->turn : TB_TURN;
        choice.unit = next;
        choice.slice = tb_time(q, left);
    } else if (q->nr_queued) {
        choice.slice = left;
    }
    return choice;
}

static struct sched_unit *tb_steal(struct runq *from, const struct runq *to,
                                   nsec_t now)
{
    struct sched_unit *u;

    list_for_each_entry(u, &from->queue[TB_SHARED], queue)
    {
        if (!atomic_read_acquire(&u->is_loaded) &&
            sched_unit_fits(u, to->cpu)) {
            tb_dequeue(from, u);
            return u;
        }
    }
    return NULL;
}

/*
 * RTDS's structure: period is the delay in us, budget the share in 1/1000 (0:
 * none), extra: may have turns.  The pool is stopped.
 */
static int tb_adjust(struct sched_unit *u, struct xen_domctl_scheduler_op *op)
{
    const bool is_capped = !(op->u.rtds.flags & XEN_DOMCTL_SCHEDRT_extra);
    struct tb_unit *s = tb_unit(u);
    const struct tb_unit old = *s;
    int rc = 0;

    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.rtds.period = s->delay_us;
        op->u.rtds.budget = s->share;
        op->u.rtds.flags = s->is_capped ? 0 : XEN_DOMCTL_SCHEDRT_extra;
        return 0;
    }
    if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo || op->u.rtds.budget > TB_ONE ||
        op->u.rtds.period > TB_DELAY_MAX_US ||
        (op->u.rtds.budget == 0 && is_capped)) {
        return -EINVAL;
    }
    tb_release(u);
    if (op->u.rtds.budget != 0) {
        rc = tb_reserve(u, op->u.rtds.budget,
                        op->u.rtds.period * NSEC_PER_USEC);
        if (rc && old.share != 0 &&
            tb_reserve(u, old.share, old.delay_us * NSEC_PER_USEC) != 0) {
            /* Its affinity may have gone: then it is without. */
            s->is_capped = false;
        }
    }
    if (rc == 0) {
        s->delay_us = op->u.rtds.period;
        s->is_capped = is_capped;
    }
    return rc;
}

static void tb_show(const struct runq *q, const struct sched_unit *u)
{
    const struct tb_unit *s = tb_unit(u);

    printk_raw("%u/1000 within %u us: %u of %u slots%s\n", s->share,
               s->delay_us, s->slots, s->period,
               u->is_running && s->in_slot ? ", in one" : "");
}

static void tb_dump(const struct runq *q)
{
    static const char *const name[SCHED_QUEUES] = { "wait", "capped" };
    const struct tb_table *t = tb_pool(q->pool)->table[q->cpu];

    printk_raw("    table %u of %u slots\n", t ? t->used : 0, TB_SLOTS);
    sched_show_queues(q, name, tb_show);
}

static bool tb_check(const struct runq *q)
{
    const struct sched_unit *u = q->curr;
    unsigned int n = 0;

    if (u && (!u->is_running || u->cpu != q->cpu || tb_unit(u)->queued)) {
        return false;
    }
    for (unsigned int i = TB_SHARED; i <= TB_CAPPED; i++) {
        list_for_each_entry(u, &q->queue[i], queue)
        {
            if (!tb_unit(u)->queued || tb_unit(u)->is_capped != (i != 0) ||
                !u->is_runnable || u->is_running || u->cpu != q->cpu) {
                return false;
            }
            n++;
        }
    }
    return n == q->nr_queued;
}

const struct sched_ops sched_tableau_ops = {
    .name = "tableau",
    .abi_id = SCHED_ID_TABLEAU,
    .is_planned = true,
    .is_trusted = true,
    .pool_init = tb_pool_init,
    .pool_free = tb_pool_free,
    .runq_init = tb_runq_init,
    .unit_init = tb_unit_init,
    .unit_free = tb_unit_free,
    .wake = tb_wake,
    .sleep = tb_sleep,
    .yield = tb_yield,
    .pick = tb_pick,
    .slice = tb_slice,
    .pick_cpu = sched_place,
    .steal = tb_steal,
    .adjust = tb_adjust,
    .dump = tb_dump,
    .check = tb_check,
};
