/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared queues for the policies that want them, see sched_group.h.
 * Cost: log n for a unit that waits; no loop over CPUs.
 */
#include <core/sched/sched_group.h>

#include <core/sync/atomic.h>

static_assert(sizeof(struct sched_group) <= 3 * sizeof(uint64_t),
              "room for the policy's words");

void sched_group_count(const struct sched_unit *u, unsigned int by)
{
    struct runq *q = u->pool->runq[u->cpu];

    WRITE_ONCE(q->nr_queued, q->nr_queued + by);
}

void sched_group_add(struct runq *q, struct sched_unit *u,
                     rbtree_less_fn *less)
{
    struct sched_group_unit *g = sched_group_unit(u);

    rbtree_insert(&sched_group(q)->tree, &g->node, less);
    g->in_tree = true;
    sched_group_count(u, 1);
}

void sched_group_add_apart(struct runq *q, struct sched_unit *u)
{
    list_add_tail(&u->queue, &q->lead->queue[1]);
    sched_group_unit(u)->apart = true;
    sched_group_count(u, 1);
}

void sched_group_remove(struct runq *q, struct sched_unit *u)
{
    struct sched_group_unit *g = sched_group_unit(u);

    if (g->in_tree) {
        rbtree_remove(&sched_group(q)->tree, &g->node);
        g->in_tree = false;
        sched_group_count(u, -1u);
    } else if (g->apart) {
        list_del(&u->queue);
        g->apart = false;
        sched_group_count(u, -1u);
    }
}

unsigned int sched_group_left(const struct runq *q, const struct sched_unit *u)
{
    unsigned int cpu = SCHED_MAX_CPUS;
    struct sched_unit *w;

    if (likely(q->curr || !u || u->cpu == q->cpu || q->nr_queued == 0)) {
        return 0;
    }
    for (w = sched_group_first(q); w && cpu == SCHED_MAX_CPUS;
         w = sched_group_next(w)) {
        cpu = w->cpu == q->cpu ? sched_find_idle(w, NULL) : SCHED_MAX_CPUS;
    }
    for (unsigned int i = 0; i < SCHED_QUEUES; i++) {
        list_for_each_entry(w, &q->lead->queue[i], queue)
        {
            if (cpu == SCHED_MAX_CPUS && w->cpu == q->cpu) {
                cpu = sched_find_idle(w, NULL);
            }
        }
    }
    return cpu < SCHED_MAX_CPUS ? cpu + 1 : 0;
}

unsigned int sched_group_run(struct runq *q, struct sched_unit *u)
{
    const unsigned int left = q->curr ? 0 : sched_group_left(q, u);

    if (q->curr) {
        q->curr->is_running = false;
    }
    q->curr = u;
    if (u) {
        sched_group_remove(q, u);
        WRITE_ONCE(u->cpu, q->cpu);
        u->is_running = true;
    }
    return left;
}

nsec_t sched_group_set_alarm(struct runq *q, nsec_t due, nsec_t slice,
                             nsec_t now)
{
    struct sched_group *g = sched_group(q);

    if (g->alarm > now && g->alarm <= due && g->alarm_cpu != q->cpu) {
        return slice;
    }
    g->alarm = due;
    g->alarm_cpu = q->cpu;
    return min(slice, due > now ? due - now : 1);
}

/* Who idles and can take @u, other than @q's CPU; SCHED_MAX_CPUS. */
static unsigned int idle_for(const struct runq *q, const struct sched_unit *u)
{
    unsigned int cpu = u->cpu;

    if (!atomic_read_acquire(&u->is_loaded)) {
        cpu = sched_find_idle(u, NULL);
    } else if (u->pool->runq[cpu]->curr) {
        return SCHED_MAX_CPUS;
    }
    /* Or that CPU idles with its registers. */
    return cpu == q->cpu ? SCHED_MAX_CPUS : cpu;
}

unsigned int sched_group_settle(struct runq *q)
{
    struct sched_unit *u = sched_group_first(q);
    unsigned int cpu = SCHED_MAX_CPUS;

    if (u && !atomic_read_acquire(&u->is_loaded)) {
        cpu = q->pool->ops->offer(q, u);
    }
    if (bitmap_first_set(q->pool->idle.bits, SCHED_MAX_CPUS) <
        SCHED_MAX_CPUS) {
        for (; u && cpu == SCHED_MAX_CPUS; u = sched_group_next(u)) {
            cpu = idle_for(q, u);
        }
    }
    if (cpu == SCHED_MAX_CPUS || cpu == q->cpu) {
        sched_group(q)->is_unsettled = false;
        return 0;
    }
    return cpu + 1;
}

unsigned int sched_group_pick_cpu(const struct sched_unit *u,
                                  bool (*is_later)(const struct sched_unit *a,
                                                   const struct sched_unit *b))
{
    const struct sched_pool *p = u->pool;
    unsigned int cpu = sched_place(u);
    const struct runq *q = READ_ONCE(p->runq[cpu]);
    const struct sched_unit *latest = NULL;
    const struct runq *lead;

    if (!q || !READ_ONCE(q->curr) || u->pinned_to >= 0) {
        return cpu;
    }
    lead = q->lead;
    for (unsigned int i = lead->cpu, n = 0; i < p->top && n < p->ops->group;
         i++) {
        const struct runq *other = READ_ONCE(p->runq[i]);
        const struct sched_unit *curr;

        if (!other || other->lead != lead) {
            continue;
        }
        n++;
        curr = READ_ONCE(other->curr);
        if (curr && sched_unit_fits(u, i) &&
            (!latest || is_later(curr, latest))) {
            latest = curr;
            cpu = i;
        }
    }
    return cpu;
}

unsigned int sched_group_offer(const struct runq *q,
                               const struct sched_unit *u)
{
    return sched_find_idle(u, NULL);
}

struct sched_unit *sched_group_steal(struct runq *from, const struct runq *to)
{
    struct sched_unit *u = sched_group_first(from);

    while (u && (atomic_read_acquire(&u->is_loaded) ||
                 !sched_unit_fits(u, to->cpu))) {
        u = sched_group_next(u);
    }
    if (u) {
        sched_group_remove(from, u);
    }
    return u;
}

void sched_group_show(const struct runq *q, const char *apart,
                      sched_show_fn *show)
{
    const char *const name[SCHED_QUEUES] = { [1] = apart };
    struct sched_unit *u;

    sched_show_queues(q, name, show);
    for (u = q == q->lead ? sched_group_first(q) : NULL; u;
         u = sched_group_next(u)) {
        sched_show_unit(q, u, "wait", show);
    }
}

static bool is_in_none(const struct sched_unit *u)
{
    return !sched_group_unit(u)->in_tree && !sched_group_unit(u)->apart;
}

static bool may_wait(const struct runq *lead, const struct sched_unit *u)
{
    return u->is_runnable && !u->is_running &&
           u->pool->runq[u->cpu]->lead == lead;
}

/* How many wait in the group; ~0u: one that should not. */
static unsigned int count_waiting(const struct runq *lead)
{
    unsigned int n = 0;
    struct sched_unit *u;

    for (u = sched_group_first(lead); u; u = sched_group_next(u)) {
        if (!sched_group_unit(u)->in_tree || !may_wait(lead, u)) {
            return ~0u;
        }
        n++;
    }
    list_for_each_entry(u, &lead->queue[1], queue)
    {
        if (!sched_group_unit(u)->apart || !may_wait(lead, u)) {
            return ~0u;
        }
        n++;
    }
    return n;
}

unsigned int sched_group_waiting(const struct runq *lead)
{
    unsigned int n = 0;

    for (unsigned int cpu = 0; cpu < lead->pool->top; cpu++) {
        const struct runq *q = lead->pool->runq[cpu];

        n += q && q->lead == lead ? q->nr_queued : 0;
    }
    return n;
}

bool sched_group_check(const struct runq *q)
{
    const struct sched_unit *u = q->curr;

    if (u && (!u->is_running || u->cpu != q->cpu || !is_in_none(u))) {
        return false;
    }
    return q != q->lead || count_waiting(q) == sched_group_waiting(q);
}
