/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between the scheduler core and the policies.
 *
 * A policy decides who runs where and how long.  It reads no clock and no
 * per-CPU variable, takes no lock and knows no vCPU: all it needs is in its
 * arguments, so that it runs unchanged in a simulator on the build machine.
 *
 * Every unit belongs to one run queue, that of the CPU u->cpu.  The core
 * holds that queue's lock in every hook that is given the unit or the queue;
 * @now is system time and does not run backwards for one queue.
 *
 * The life of a unit, as the policy sees it:
 *
 *   unit_init - wake - (pick - ...)* - sleep - wake ... sleep - unit_free
 *
 * A runnable unit is either q->curr, running, or in one of q's queues.
 */
#ifndef CORE_SCHED_SCHED_H
#define CORE_SCHED_SCHED_H

#include <core/lib/compiler.h>
#include <core/sched/sched_unit.h>

struct xen_domctl_scheduler_op;
struct xen_sysctl_arinc653_schedule;
struct xen_sysctl_scheduler_op;

#define SCHED_QUEUES 4u
#define SCHED_RUNQ_WORDS 8u
#define SCHED_POOL_WORDS 8u

struct runq {
    unsigned int cpu;            /* [c]                                      */
    struct sched_pool *pool;
    struct runq *lead;           /* The first of its group, see ops->group   */
    struct sched_unit *curr;     /* Chosen by the last pick; NULL: idle      */
    struct list_head queue[SCHED_QUEUES]; /* The policy's; curr is in none   */
    unsigned int nr_queued;      /* The policy's: units that wait to run     */
    nsec_t due;                  /* [a] The core's: it picks again by then   */
    uint64_t priv[SCHED_RUNQ_WORDS];
};

struct sched_gangs;
struct sched_ops;

/* A set of CPUs under one policy. */
struct sched_pool {
    uint32_t id;
    const struct sched_ops *ops;
    const struct sched_ops *hooks; /* What is called: ops, or the guard      */
    struct sched_gangs *gangs;   /* Its ops, if whole cores are scheduled    */
    struct cpumask cpus;
    struct cpumask idle;         /* [a] CPUs with nothing to run             */
    unsigned int top;            /* [a] its CPUs are below this              */
    struct runq *runq[SCHED_MAX_CPUS]; /* [a] NULL: not its CPU              */
    nsec_t slice;                /* Option sched_slice_ms, or the default    */
    const char *fault;           /* [a] What its policy did wrong, or NULL   */
    uintptr_t fault_at;          /* The instruction that did not end, or 0   */
    uint64_t priv[SCHED_POOL_WORDS];
};

struct sched_choice {
    struct sched_unit *unit;     /* NULL: idle                               */
    nsec_t slice;                /* Pick again after; NSEC_NEVER: no need    */
    unsigned int also;           /* CPU + 1 that should pick too; 0: none    */
    bool look;                   /* First try to steal something better      */
};

/* What a wake-up asks of the queue's CPU. */
enum sched_wake {
    SCHED_WAKE_NOTHING, /* Goes on as it is                                  */
    SCHED_WAKE_SLICE,   /* curr may go on, but now for a slice only          */
    SCHED_WAKE_PICK,    /* Is idle, or the unit is to replace curr           */
};

struct sched_ops {
    const char *name;            /* As in option sched=                      */
    uint32_t abi_id;             /* XEN_SCHEDULER_*, or SCHED_ID_*           */
    /*
     * So many neighbours of a pool at most form a group: one lock protects
     * all their queues, and a unit that is not is_loaded may be picked by any
     * of them: pick() takes it from where it waits and sets u->cpu.  0: one.
     */
    unsigned int group;
    /* adjust() plans for the whole pool, which is to be stopped for it. */
    bool is_planned;
    /*
     * It was seen to keep its promises, so release builds call it without the
     * guard (sched_guard.c).  That checks what the hooks from runq_init() to
     * offer(), and check(), do, and bounds how long: they take no lock.
     */
    bool is_trusted;

    /* 0, -ENOMEM; may allocate.  Units and queues come later. */
    int (*pool_init)(struct sched_pool *p);
    void (*pool_free)(struct sched_pool *p);
    /* q is empty, its lead is set; also after the pool's CPUs changed. */
    void (*runq_init)(struct runq *q);
    /* 0, -ENOMEM, -ENOSPC: not admitted. */
    int (*unit_init)(struct sched_unit *u);
    void (*unit_free)(struct sched_unit *u);
    /* @u sleeps and goes to another queue, or ends.  NULL: never mind. */
    void (*leave)(struct runq *q, struct sched_unit *u);

    /* @u can run from now on; queue it in @q. */
    enum sched_wake (*wake)(struct runq *q, struct sched_unit *u, nsec_t now);
    /*
     * @u cannot run any more: take it from @q's queues.  If it is q->curr, it
     * stays so until the next pick.
     */
    void (*sleep)(struct runq *q, struct sched_unit *u, nsec_t now);
    /* q->curr lets others go first, once. */
    void (*yield)(struct runq *q, nsec_t now);

    /*
     * Choose for @q: q->curr is still what was chosen before, runnable or
     * not.  Sets q->curr and is_running of both.  Without a unit the slice
     * says when to ask again.
     */
    struct sched_choice (*pick)(struct runq *q, nsec_t now);
    /* How long q->curr, which goes on, may do so.  Behind SCHED_WAKE_SLICE. */
    nsec_t (*slice)(const struct runq *q, nsec_t now);

    /*
     * Where to queue @u, which is about to wake and may go anywhere its
     * affinity and pool allow.  Other queues are read without their locks.
     */
    unsigned int (*pick_cpu)(const struct sched_unit *u);

    /*
     * @to idles: take out of @from's queues a unit that may run there, not
     * one that is_loaded; NULL if there is none.  Both locks are held.  The
     * core moves it and calls wake() on @to.  @to also asks if it does not
     * idle but its pick said "look"; better than to->curr then.  NULL: never.
     */
    struct sched_unit *(*steal)(struct runq *from, const struct runq *to,
                                nsec_t now);

    /*
     * @u waits in @q and no CPU holds its registers any more: the CPU that
     * should choose again for it, or SCHED_MAX_CPUS.  NULL: one that idles.
     */
    unsigned int (*offer)(const struct runq *q, const struct sched_unit *u);

    /*
     * Get or set @u's parameters (op->cmd is getinfo or putinfo): 0, -EINVAL,
     * -ENOSPC.  NULL: there are none.  A policy that is_planned may give @u a
     * pinned_to, and takes it back when the unit ends.
     */
    int (*adjust)(struct sched_unit *u, struct xen_domctl_scheduler_op *op);
    /*
     * The same for the pool, all of whose locks are held; nothing is queued.
     * @frame: ARINC 653's, else NULL.
     */
    int (*params)(struct sched_pool *p, struct xen_sysctl_scheduler_op *op,
                  struct xen_sysctl_arinc653_schedule *frame);
    void (*dump)(const struct runq *q);
    /* Are the invariants of @q true?  For the guard and simulations. */
    bool (*check)(const struct runq *q);
};

/* The numbers of policies that Xen does not have. */
enum sched_id {
    SCHED_ID_RR = 64,
    SCHED_ID_BVT,
    SCHED_ID_EEVDF,
    SCHED_ID_TABLEAU,
    SCHED_ID_PACT,
};

#define SCHED_POLICY(name) extern const struct sched_ops sched_##name##_ops;
#include <core/sched/sched_policies.def>
#undef SCHED_POLICY

/*
 * sched_table.c: the policies by name and by number of the ABI, NULL if there
 * is none; one by one, NULL behind the last; and the first, the default.
 */
const struct sched_ops *sched_ops_by_name(const char *name);
const struct sched_ops *sched_ops_by_id(uint32_t abi_id);
const struct sched_ops *sched_ops_by_index(unsigned int i);
const struct sched_ops *sched_ops_default(void);
/*
 * Add one while running: 0, -EEXIST (its name or number), -ENOSPC, -EINVAL (a
 * hook is missing).  Boot, or CONTROL held.
 */
int __must_check sched_register(const struct sched_ops *ops);

/* --- helpers of the policies, sched_place.c --- */

/*
 * An idle CPU that @u may use and that is in @mask, if given; in the word of
 * its last CPU preferably the next above.  SCHED_MAX_CPUS: there is none.
 */
unsigned int sched_find_idle(const struct sched_unit *u,
                             const struct cpumask *mask);

/* The first CPU of its pool that @u may use; SCHED_MAX_CPUS: there is none. */
unsigned int sched_first_fitting(const struct sched_unit *u);

/*
 * The usual choice for a waking unit: where it was, if that CPU idles;
 * another idle CPU, softly affine first; where the fewest wait.
 */
unsigned int sched_place(const struct sched_unit *u);

/*
 * Empty queue of @cpu in @p, behind @lead (NULL: itself).  The policy's
 * runq_init() is called.
 */
void sched_runq_init(struct runq *q, struct sched_pool *p, unsigned int cpu,
                     struct runq *lead);

/*
 * For dump(): a line for each unit, which begins with what it does and whose
 * end is what @show prints of it.  sched_show_queues(): q->curr, and those in
 * q's queues, one of whose names they get.
 */
typedef void sched_show_fn(const struct runq *q, const struct sched_unit *u);
void sched_show_unit(const struct runq *q, const struct sched_unit *u,
                     const char *what, sched_show_fn *show);
void sched_show_queues(const struct runq *q, const char *const *name,
                       sched_show_fn *show);

static inline bool cpumask_test(const struct cpumask *m, unsigned int cpu)
{
    return bitmap_test(m->bits, cpu);
}

/* May @u run on @cpu: in its pool, hard affinity or temporary pinning. */
static inline bool sched_unit_fits(const struct sched_unit *u,
                                   unsigned int cpu)
{
    if (unlikely(u->pinned_to >= 0)) {
        return (unsigned int)u->pinned_to == cpu;
    }
    return cpumask_test(&u->pool->cpus, cpu) &&
           (!u->is_affine || cpumask_test(&u->hard, cpu));
}

/* The same for the CPU of @q, whose lock is held. */
static inline bool sched_unit_fits_queue(const struct sched_unit *u,
                                         const struct runq *q)
{
    if (likely(u->pinned_to < 0 && !u->is_affine)) {
        return u->pool == q->pool;
    }
    return sched_unit_fits(u, q->cpu);
}

#endif /* CORE_SCHED_SCHED_H */
