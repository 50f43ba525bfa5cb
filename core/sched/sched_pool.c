/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a pool: its CPUs, its domains, its policy, while it runs.
 *
 * Design: one mechanism for all.  sched_freeze() takes the locks of all CPUs
 * of one or two pools and makes every unit leave its queue, by the policy's
 * own sleep().  What is to be changed is changed.  sched_thaw() forms the
 * groups anew, looks again at every vCPU whether it may run, wakes those, who
 * has waited longest first and who ran last, and asks every CPU to choose.
 * Guests run on meanwhile: a CPU that wants to choose waits for its lock.  A
 * unit whose registers are on a CPU that is not of its pool any more is not
 * woken; that CPU puts it away at its loop head, and sched_update() brings it
 * home (sched_switch.c).
 *
 * Locking: CPUPOOL, then all run queues in order of address.  Limits: the
 * locks are held for a time in proportion to the vCPUs of the pool, less than
 * a microsecond each.
 */
#include <core/sched/sched_gang.h>

#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/sort.h>
#include <core/sync/atomic.h>

/* [CPUPOOL] What is locked. */
static struct spinlock *held[SCHED_MAX_CPUS];
static unsigned int nr_held;

/* [CPUPOOL] Units of a frozen pool by the ms that they have waited. */
#define AGES 64u
static struct list_head by_age[AGES];

static int compare_address(const void *a, const void *b)
{
    const uintptr_t x = *(const uintptr_t *)a;
    const uintptr_t y = *(const uintptr_t *)b;

    return x < y ? -1 : x > y;
}

void sched_lock_pools(const struct sched_pool *p,
                      const struct sched_pool *other)
{
    unsigned int cpu;

    BUG_ON(nr_held != 0);
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        held[nr_held++] = &sched_cpu_of(cpu)->own_lock;
    }
    if (other) {
        bitmap_for_each_set(cpu, other->cpus.bits, SCHED_MAX_CPUS)
        {
            held[nr_held++] = &sched_cpu_of(cpu)->own_lock;
        }
    }
    sort(held, nr_held, sizeof(held[0]), compare_address);
    spin_lock_all(held, nr_held);
}

void sched_unlock_pools(void)
{
    const unsigned int n = nr_held;

    nr_held = 0;
    spin_unlock_all(held, n);
}

static bool is_member(const struct sched_unit *u, const struct sched_pool *p)
{
    return u->pool == p && u->is_member;
}

/* Out of its queue, as nobody's. */
static void forget_unit(struct sched_unit *u)
{
    u->is_runnable = false;
    u->is_running = false;
    list_init(&u->queue);
    if (u->pool->ops->is_planned) {
        u->pinned_to = -1;
    }
}

static void stop_pool(struct sched_pool *p)
{
    const nsec_t now = time_now();
    struct domain *d;
    struct vcpu *v;
    unsigned int cpu;

    for_each_domain(d) {
        if (d->pool != p) {
            continue;
        }
        for_each_vcpu(d, v) {
            struct sched_unit *u = &v->sched;

            if (!is_member(u, p)) {
                continue;
            }
            if (p->fault) {
                forget_unit(u);
            } else if (u->is_runnable) {
                p->hooks->sleep(p->runq[u->cpu], u, now);
            }
        }
    }
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        struct runq *q = p->runq[cpu];

        sched_cpu_of(cpu)->is_inside =
            q->curr || READ_ONCE(cpu_of(cpu)->current);
        if (q->curr) {
            q->curr->is_running = false;
            q->curr = NULL;
        }
    }
    if (p->gangs && !p->fault) {
        sched_gangs_stop(p);
    }
}

void sched_freeze(struct sched_pool *p, struct sched_pool *other)
{
    sched_lock_pools(p, other);
    stop_pool(p);
    if (other) {
        stop_pool(other);
    }
}

/* Empty queues in groups of neighbours. */
static void form_groups(struct sched_pool *p)
{
    const unsigned int group = p->ops->group ? p->ops->group : 1;
    struct sched_cpu *lead = NULL;
    unsigned int n = 0;
    unsigned int cpu;

    WRITE_ONCE(p->top, 0);
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        struct sched_cpu *sc = sched_cpu_of(cpu);

        if (n++ % group == 0) {
            lead = sc;
        }
        WRITE_ONCE(sc->lock, &lead->own_lock);
        sc->is_held = false;
        sched_runq_init(&sc->rq, p, cpu, &lead->rq);
        if (sc->is_idle && !p->gangs) {
            (void)atomic_test_and_set_bit(p->idle.bits, cpu);
        }
    }
}

/* Affinities are of the pool that there is now. */
static void fit_unit(struct sched_unit *u)
{
    const struct sched_pool *p = u->pool;

    if (!bitmap_has_common(u->hard.bits, p->cpus.bits, SCHED_MAX_CPUS)) {
        printk(LOG_INFO, "d%uv%u: no CPU of its affinity is in pool %u\n",
               u->domain, u->id, p->id);
        bitmap_fill(u->hard.bits, SCHED_MAX_CPUS);
    }
    u->is_affine = !bitmap_is_subset(p->cpus.bits, u->hard.bits,
                                     SCHED_MAX_CPUS);
}

static void start_unit(struct vcpu *v)
{
    struct sched_unit *u = &v->sched;
    const struct sched_pool *p = u->pool;
    const bool is_loaded = atomic_read_acquire(&u->is_loaded);

    if (u->gang) {
        fit_unit(&u->gang->unit);
        sched_gang_start(v);
        return;
    }
    fit_unit(u);
    if (!is_loaded && !sched_unit_fits(u, u->cpu)) {
        WRITE_ONCE(u->cpu, sched_first_fitting(u));
    }
    if (!vcpu_is_runnable(v)) {
        return;
    }
    if (sched_cpu_of(u->cpu)->rq.pool != p) {
        sched_request_pick(u->cpu);
        return;
    }
    if (!is_loaded) {
        WRITE_ONCE(u->cpu, p->hooks->pick_cpu(u));
    }
    sched_wake_locked(sched_cpu_of(u->cpu), u);
}

static unsigned int age_of(const struct vcpu *v, nsec_t now)
{
    const struct vcpu_runstate_info *rs = &v->runstate;

    if (rs->state != RUNSTATE_runnable || rs->state_entry_time > now) {
        return 0;
    }
    return (unsigned int)min_t(nsec_t, AGES - 1,
                               1 + (now - rs->state_entry_time) /
                                       NSEC_PER_MSEC);
}

/* Nobody is in a queue: their links are free. */
static void sort_by_age(const struct sched_pool *p)
{
    const nsec_t now = time_now();
    struct domain *d;
    struct vcpu *v;

    for (unsigned int i = 0; i < AGES; i++) {
        list_init(&by_age[i]);
    }
    for_each_domain(d) {
        if (d->pool != p) {
            continue;
        }
        for_each_vcpu(d, v) {
            if (is_member(&v->sched, p)) {
                list_add_tail(&v->sched.queue, &by_age[age_of(v, now)]);
            }
        }
    }
}

static void start_pool(struct sched_pool *p)
{
    struct sched_unit *u;
    unsigned int cpu;

    sort_by_age(p);
    for (unsigned int i = AGES; i-- > 0;) {
        while ((u = list_first_or_null(&by_age[i], struct sched_unit,
                                       queue)) != NULL) {
            list_del(&u->queue);
            start_unit(sched_vcpu(u));
        }
    }
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        sched_request_pick(cpu);
    }
}

void sched_thaw(struct sched_pool *p, struct sched_pool *other)
{
    form_groups(p);
    if (other) {
        form_groups(other);
    }
    start_pool(p);
    if (other) {
        start_pool(other);
    }
    sched_unlock_pools();
}

/* Tell the policy of each unit of @p: it ends there, or begins. */
static void free_units(struct sched_pool *p)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        if (d->pool != p) {
            continue;
        }
        for_each_vcpu(d, v) {
            if (is_member(&v->sched, p)) {
                p->ops->unit_free(&v->sched);
            }
        }
    }
}

static int init_units(struct sched_pool *p)
{
    struct domain *d;
    struct vcpu *v;
    int rc = 0;

    for_each_domain(d) {
        if (d->pool != p) {
            continue;
        }
        for_each_vcpu(d, v) {
            if (is_member(&v->sched, p) && rc == 0) {
                rc = p->ops->unit_init(&v->sched);
            }
        }
    }
    return rc;
}

/* Without the policy, which failed or did not admit one of them. */
static void forget_gangs(const struct sched_pool *p)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        for_each_vcpu(d, v) {
            if (is_member(&v->sched, p)) {
                sched_gang_forget(&v->sched);
            }
        }
    }
}

static int install(struct sched_pool *p, const struct sched_ops *ops,
                   struct sched_gangs *gangs)
{
    int rc;

    sched_adopt(p, gangs ? &gangs->ops : ops, gangs);
    rc = p->ops->pool_init(p);
    if (rc == 0) {
        rc = init_units(p);
        if (rc) {
            forget_gangs(p);
            p->ops->pool_free(p);
        }
    }
    return rc;
}

int sched_change_ops(struct sched_pool *p, const struct sched_ops *ops,
                     bool by_core)
{
    const struct sched_ops *old = p->ops;
    struct sched_gangs *old_gangs = p->gangs;
    struct sched_gangs *gangs = NULL;
    int rc = by_core ? sched_gangs_create(&gangs, ops) : 0;

    if (rc) {
        return rc;
    }
    if (by_core && !sched_cores_are_whole(&p->cpus)) {
        sched_gangs_free(gangs);
        return -EINVAL;
    }
    sched_freeze(p, NULL);
    if (p->fault) {
        forget_gangs(p);
    } else {
        free_units(p);
        old->pool_free(p);
    }
    rc = install(p, ops, gangs);
    if (rc && install(p, old, old_gangs) != 0) {
        panic("No memory for the scheduler");
    }
    p->fault = NULL;
    p->fault_at = 0;
    sched_thaw(p, NULL);
    sched_gangs_free(rc ? gangs : old_gangs);
    return rc;
}

void sched_move_cpus(const struct cpumask *cpus, struct sched_pool *from,
                     struct sched_pool *to)
{
    unsigned int cpu;

    BUG_ON(from->id == to->id);
    sched_freeze(from, to);
    bitmap_for_each_set(cpu, cpus->bits, SCHED_MAX_CPUS)
    {
        bitmap_clear(from->cpus.bits, cpu);
        (void)atomic_test_and_clear_bit(from->idle.bits, cpu);
        WRITE_ONCE(from->runq[cpu], NULL);
        bitmap_set(to->cpus.bits, cpu);
    }
    sched_thaw(from, to);
}

void sched_pool_start_cpu(struct sched_pool *p, unsigned int cpu)
{
    sched_freeze(p, NULL);
    bitmap_set(p->cpus.bits, cpu);
    /* Not yet in its loop, so nobody else has its lock. */
    sched_thaw(p, NULL);
}

/* Tell @p's policy of @v, which came from another pool. */
static int join(struct vcpu *v, struct sched_pool *p)
{
    v->sched.pool = p;
    return p->ops->unit_init(&v->sched);
}

int sched_move_domain(struct domain *d, struct sched_pool *to)
{
    struct sched_pool *from = d->pool;
    unsigned int nr_joined = 0;
    struct vcpu *v;
    int rc = 0;

    sched_freeze(from, to);
    for_each_vcpu(d, v) {
        if (rc == 0 && is_member(&v->sched, from)) {
            from->ops->unit_free(&v->sched);
            rc = join(v, to);
            nr_joined += rc == 0;
        }
    }
    if (rc == 0) {
        d->pool = to;
    }
    for_each_vcpu(d, v) {
        if (rc == 0 || v->sched.pool != to) {
            continue;
        }
        /* One was not admitted: those before it, and it, go back. */
        if (nr_joined > 0) {
            nr_joined--;
            to->ops->unit_free(&v->sched);
        }
        if (join(v, from) != 0) {
            panic("No memory for the scheduler");
        }
    }
    sched_thaw(from, to);
    return rc;
}
