/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What policies with a queue for several CPUs share: a tree of the units that
 * wait, in the queue of the group's first CPU, and an alarm, so that one CPU
 * of the group chooses again when something is due (a budget is paid) without
 * all of them having a timer for it.
 *
 * Locking: the group's lock, by the core.
 */
#ifndef CORE_SCHED_SCHED_GROUP_H
#define CORE_SCHED_SCHED_GROUP_H

#include <core/lib/rbtree.h>
#include <core/sched/sched.h>
#include <core/sync/atomic.h>

/* The first words of lead->priv; the others are the policy's. */
struct sched_group {
    struct rbtree tree;
    nsec_t alarm;          /* When; past: nobody has it                      */
    uint32_t alarm_cpu;
    bool is_unsettled;     /* A CPU may run less than what waits             */
};

/* The first words of the unit's. */
struct sched_group_unit {
    struct rbtree_node node;
    bool in_tree;
    bool apart;            /* In the list of those that may not run now      */
    bool has_yielded;
};

static inline struct sched_group *sched_group(const struct runq *q)
{
    return (struct sched_group *)(uintptr_t)q->lead->priv;
}

static inline struct sched_group_unit *
sched_group_unit(const struct sched_unit *u)
{
    return (struct sched_group_unit *)(uintptr_t)u->priv;
}

static inline struct sched_unit *sched_group_entry(struct rbtree_node *n)
{
    return n ? (struct sched_unit *)((uintptr_t)n -
                                     offsetof(struct sched_unit, priv))
             : NULL;
}

static inline struct sched_unit *sched_group_first(const struct runq *q)
{
    const struct rbtree *tree = &sched_group(q)->tree;

    /* Mostly few wait. */
    return !tree->root || !tree->root->child[0]
               ? sched_group_entry(tree->root)
               : sched_group_entry(rbtree_first(tree));
}

static inline struct sched_unit *sched_group_next(struct sched_unit *u)
{
    return sched_group_entry(rbtree_next(&sched_group_unit(u)->node));
}

/* @by more units wait at u->cpu. */
void sched_group_count(const struct sched_unit *u, unsigned int by);
/* How many that makes in the group of @lead. */
unsigned int sched_group_waiting(const struct runq *lead);

/* Into the tree, or apart: @u waits, at the CPU u->cpu. */
void sched_group_add(struct runq *q, struct sched_unit *u,
                     rbtree_less_fn *less);
void sched_group_add_apart(struct runq *q, struct sched_unit *u);
/* Out of either, if it is in one. */
void sched_group_remove(struct runq *q, struct sched_unit *u);

/*
 * @q chose nobody before and takes @u from another CPU: who was placed at @q,
 * alone, asked no CPU that idles.  The one that should pick for it, + 1; 0.
 */
unsigned int sched_group_left(const struct runq *q,
                              const struct sched_unit *u);

/*
 * @u, which waits somewhere in the group, becomes @q's choice (NULL: it
 * idles); what was chosen before goes to its place before or behind this.
 * Returns sched_group_left().
 */
unsigned int sched_group_run(struct runq *q, struct sched_unit *u);

/* May @q's CPU take @u: affinity, and no other CPU holds its registers. */
static inline bool sched_group_may_take(const struct runq *q,
                                        const struct sched_unit *u)
{
    return (u->cpu == q->cpu || !atomic_read_acquire(&u->is_loaded)) &&
           sched_unit_fits_queue(u, q);
}

/*
 * Something is due at @due: @slice, or less if this CPU has to wake for it.
 */
nsec_t sched_group_set_alarm(struct runq *q, nsec_t due, nsec_t slice,
                             nsec_t now);
static inline nsec_t sched_group_alarm(struct runq *q, nsec_t due,
                                       nsec_t slice, nsec_t now)
{
    return due == NSEC_NEVER ? slice
                             : sched_group_set_alarm(q, due, slice, now);
}

/*
 * At the end of a pick: the CPU + 1 that should choose too, by the policy's
 * offer(), for the first that waits; 0 if all is settled.  Waking and paying
 * unsettle.
 */
unsigned int sched_group_settle(struct runq *q);

/*
 * For pick_cpu(): an idle CPU, as usual; else the one of the group whose unit
 * has to give way first.  @is_later: is @a to give way before @b?
 */
unsigned int sched_group_pick_cpu(const struct sched_unit *u,
                                  bool (*is_later)(const struct sched_unit *a,
                                                   const struct sched_unit *b));

/* For offer(): an idle CPU. */
unsigned int sched_group_offer(const struct runq *q,
                               const struct sched_unit *u);

/*
 * For steal(): the first in @from's tree that may go to @to, out of the tree;
 * NULL.  What of it counts from the group is the policy's to change.
 */
struct sched_unit *sched_group_steal(struct runq *from, const struct runq *to);

/* For dump(): sched_show_queues(), and who waits in the tree. */
void sched_group_show(const struct runq *q, const char *apart,
                      sched_show_fn *show);

/* Are tree, list and counts of @q's group sound?  For check(). */
bool sched_group_check(const struct runq *q);

#endif /* CORE_SCHED_SCHED_GROUP_H */
