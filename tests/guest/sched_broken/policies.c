/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies that break their promises, for test.c: a FIFO which does its work
 * until it has chosen often enough, and then one thing wrong.  Only the
 * image build/broken/hospes has them: ../build.mk.
 */
#include <core/sched/sched.h>

#define GOOD_PICKS 200u

#define Q_YIELDED 0
#define Q_SLEPT 1   /* The last unit that slept                              */
#define POOL_PICKS 0

static bool is_broken(const struct sched_pool *p)
{
    return p->priv[POOL_PICKS] > GOOD_PICKS;
}

static int pool_init(struct sched_pool *p)
{
    p->priv[POOL_PICKS] = 0;
    return 0;
}

static void pool_free(struct sched_pool *p)
{
}

static void runq_init(struct runq *q)
{
}

static int unit_init(struct sched_unit *u)
{
    return 0;
}

static void unit_free(struct sched_unit *u)
{
}

static enum sched_wake wake(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = true;
    if (q->curr != u) {
        list_add_tail(&u->queue, &q->queue[0]);
        q->nr_queued++;
    }
    return q->curr ? SCHED_WAKE_NOTHING : SCHED_WAKE_PICK;
}

static void sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    u->is_runnable = false;
    if (q->curr != u) {
        list_del(&u->queue);
        q->nr_queued--;
    }
    q->priv[Q_SLEPT] = (uintptr_t)u;
}

static void yield(struct runq *q, nsec_t now)
{
    q->priv[Q_YIELDED] = 1;
}

static struct sched_choice choose(struct runq *q, struct sched_unit *u)
{
    if (u) {
        u->is_running = true;
    }
    q->curr = u;
    return (struct sched_choice){ .unit = u, .slice = NSEC_NEVER };
}

static struct sched_choice pick(struct runq *q, nsec_t now)
{
    struct sched_unit *u = q->curr;

    q->pool->priv[POOL_PICKS]++;
    if (u && u->is_runnable && !q->priv[Q_YIELDED]) {
        return choose(q, u);
    }
    q->priv[Q_YIELDED] = 0;
    q->curr = NULL;
    if (u) {
        u->is_running = false;
        if (u->is_runnable) {
            (void)wake(q, u, now);
        }
    }
    u = list_first_or_null(&q->queue[0], struct sched_unit, queue);
    if (u) {
        list_del(&u->queue);
        q->nr_queued--;
    }
    return choose(q, u);
}

static nsec_t slice(const struct runq *q, nsec_t now)
{
    return NSEC_NEVER;
}

static void dump(const struct runq *q)
{
}

static bool check(const struct runq *q)
{
    return !q->curr || q->curr->is_running;
}

/* --- what is wrong --- */

/* A unit that wakes is in no queue. */
static enum sched_wake wake_lost(struct runq *q, struct sched_unit *u,
                                 nsec_t now)
{
    if (!is_broken(q->pool) || q->curr == u) {
        return wake(q, u, now);
    }
    u->is_runnable = true;
    return SCHED_WAKE_NOTHING;
}

/* A unit that blocked is chosen. */
static struct sched_choice pick_asleep(struct runq *q, nsec_t now)
{
    const struct sched_choice c = pick(q, now);
    struct sched_unit *slept = (struct sched_unit *)q->priv[Q_SLEPT];

    return is_broken(q->pool) && !c.unit && slept ? choose(q, slept) : c;
}

/* The unit that another CPU runs is chosen. */
static struct sched_choice pick_elsewhere(struct runq *q, nsec_t now)
{
    const struct runq *other = q->pool->runq[!q->cpu];

    return is_broken(q->pool) && other && other->curr
               ? choose(q, other->curr) : pick(q, now);
}

/* Units are sent to a CPU that there is not. */
static unsigned int pick_cpu_misplaced(const struct sched_unit *u)
{
    return is_broken(u->pool) ? SCHED_MAX_CPUS - 1 : sched_place(u);
}

/* A pointer that points nowhere. */
static struct sched_choice pick_wild(struct runq *q, nsec_t now)
{
    return is_broken(q->pool)
               ? choose(q, (struct sched_unit *)0x5a5a5a5a5a5a5a5aull)
               : pick(q, now);
}

static __noinline void never_ends(const struct sched_pool *p)
{
    while (is_broken(p)) {
        asm volatile("" : : : "memory");
    }
}

static struct sched_choice pick_loops(struct runq *q, nsec_t now)
{
    never_ends(q->pool);
    return pick(q, now);
}

static enum sched_wake wake_loops(struct runq *q, struct sched_unit *u,
                                  nsec_t now)
{
    never_ends(q->pool);
    return wake(q, u, now);
}

#define BROKEN(policy, id, wake_, pick_, pick_cpu_)                          \
    const struct sched_ops sched_##policy##_ops = {                          \
        .name = #policy,                                                     \
        .abi_id = id,                                                        \
        .pool_init = pool_init,                                              \
        .pool_free = pool_free,                                              \
        .runq_init = runq_init,                                              \
        .unit_init = unit_init,                                              \
        .unit_free = unit_free,                                              \
        .wake = wake_,                                                       \
        .sleep = sleep,                                                      \
        .yield = yield,                                                      \
        .pick = pick_,                                                       \
        .slice = slice,                                                      \
        .pick_cpu = pick_cpu_,                                               \
        .dump = dump,                                                        \
        .check = check,                                                      \
    }

extern const struct sched_ops sched_lost_ops;
extern const struct sched_ops sched_asleep_ops;
extern const struct sched_ops sched_elsewhere_ops;
extern const struct sched_ops sched_misplaced_ops;
extern const struct sched_ops sched_wild_ops;
extern const struct sched_ops sched_pick_loops_ops;
extern const struct sched_ops sched_wake_loops_ops;

BROKEN(lost, 1000, wake_lost, pick, sched_place);
BROKEN(asleep, 1001, wake, pick_asleep, sched_place);
BROKEN(elsewhere, 1002, wake, pick_elsewhere, sched_place);
BROKEN(misplaced, 1003, wake, pick, pick_cpu_misplaced);
BROKEN(wild, 1004, wake, pick_wild, sched_place);
BROKEN(pick_loops, 1005, wake, pick_loops, sched_place);
BROKEN(wake_loops, 1006, wake_loops, pick, sched_place);
