/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools by number: sets of CPUs, each under one policy.  Pool 0 has all
 * CPUs and domains at boot.  Free CPUs are in a pool without number and
 * domains.
 *
 * Locking: CPUPOOL for every change; a pool is freed when no CPU can hold a
 * pointer to it any more.
 */
#include <core/sched/sched_gang.h>

#include <core/abi/sysctl.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/symbols.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/sync/quiescent.h>

#define SCHED_SLICE_MS_MAX 1000u
#define WATCH_PERIOD NSEC_PER_SEC

struct cpupool {
    struct sched_pool p;
    struct list_head link;       /* In order of numbers                      */
    struct quiescent_head free;
};

static struct spinlock pools_lock = SPINLOCK_INIT(CPUPOOL);
static LIST_HEAD(pools);
static struct cpupool pool_0;
static struct cpupool pool_free = {
    .p = {
        .id = SCHED_POOL_ANY,
        .ops = &sched_null_ops,
        .hooks = &sched_null_ops,
    },
};
static struct timer watch_timer;
static bool is_watching;         /* [a] watch_timer is set, or runs          */

void sched_choose(const char *policy, unsigned int slice_ms)
{
    const struct sched_ops *ops = sched_ops_default();
    struct sched_pool *p = &pool_0.p;

    if (policy && *policy) {
        ops = sched_ops_by_name(policy);
    }
    if (!ops) {
        ops = sched_ops_default();
        pr_warn("sched=%s: no such scheduler, using %s\n", policy,
                ops->name);
    }
    sched_adopt(p, ops, NULL);
    p->slice = clamp(slice_ms, 1u, SCHED_SLICE_MS_MAX) * NSEC_PER_MSEC;
    if (p->ops->pool_init(p) != 0) {
        panic("No memory for the scheduler");
    }
    list_add(&pool_0.link, &pools);
}

void sched_init(void)
{
    sched_choose(param.sched, param.sched_slice_ms);
}

int sched_start(unsigned int cpu)
{
    const int rc = sched_cpu_create(cpu);

    if (rc == 0) {
        spin_lock(&pools_lock);
        sched_pool_start_cpu(&pool_0.p, cpu);
        spin_unlock(&pools_lock);
    }
    return rc;
}

void sched_cpu_init(void)
{
    if (sched_start(this_cpu_id()) != 0) {
        panic("No memory for the scheduler");
    }
}

struct sched_pool *sched_pool_default(void)
{
    return &pool_0.p;
}

struct sched_pool *sched_pool_by_id(uint32_t id, bool exact)
{
    struct cpupool *c;

    list_for_each_entry(c, &pools, link)
    {
        if (c->p.id == id || (!exact && c->p.id > id)) {
            return &c->p;
        }
    }
    return NULL;
}

unsigned int sched_pool_domains(const struct sched_pool *p)
{
    unsigned int n = 0;
    struct domain *d;

    for_each_domain(d) {
        n += d->pool == p;
    }
    return n;
}

const struct cpumask *sched_pool_free_cpus(void)
{
    return &pool_free.p.cpus;
}

/* The first number that is not taken, and behind which pool it goes. */
static struct list_head *find_gap(uint32_t *id)
{
    struct list_head *before = &pools;
    struct cpupool *c;
    uint32_t next = 0;

    list_for_each_entry(c, &pools, link)
    {
        if (*id == SCHED_POOL_ANY ? c->p.id > next : c->p.id > *id) {
            break;
        }
        next = c->p.id + 1;
        before = &c->link;
    }
    if (*id == SCHED_POOL_ANY) {
        *id = next;
    }
    return before;
}

int sched_pool_create(uint32_t *id, const struct sched_ops *ops)
{
    struct cpupool *c;
    int rc;

    if (sched_pool_by_id(*id, true)) {
        return -EEXIST;
    }
    c = xzalloc_type(struct cpupool);
    if (!c) {
        return -ENOMEM;
    }
    c->p.slice = pool_0.p.slice;
    sched_adopt(&c->p, ops, NULL);
    rc = ops->pool_init(&c->p);
    if (rc) {
        xfree(c);
        return rc;
    }
    spin_lock(&pools_lock);
    list_add(&c->link, find_gap(id));
    c->p.id = *id;
    if (pool_0.p.gangs) {
        /* Without CPUs and units; if it fails it is by single CPUs. */
        (void)!sched_change_ops(&c->p, ops, true);
    }
    spin_unlock(&pools_lock);
    return 0;
}

static void free_pool(struct quiescent_head *head)
{
    xfree(container_of(head, struct cpupool, free));
}

int sched_pool_destroy(struct sched_pool *p)
{
    struct cpupool *c = container_of(p, struct cpupool, p);

    if (c == &pool_0 || sched_pool_domains(p) != 0 ||
        !bitmap_is_empty(p->cpus.bits, SCHED_MAX_CPUS)) {
        return -EBUSY;
    }
    spin_lock(&pools_lock);
    list_del(&c->link);
    p->ops->pool_free(p);
    spin_unlock(&pools_lock);
    sched_gangs_free(p->gangs);
    quiescent_defer(&c->free, free_pool);
    return 0;
}

/* What moves with @cpu from @from to @to: its core, if one is by cores. */
static int find_moving(const struct sched_pool *from,
                       const struct sched_pool *to, unsigned int cpu,
                       struct cpumask *m)
{
    if (!from->gangs && !to->gangs) {
        *m = (struct cpumask){ { 0 } };
        bitmap_set(m->bits, cpu);
        return 0;
    }
    sched_core_cpus(cpu, m);
    return bitmap_is_subset(m->bits, from->cpus.bits, SCHED_MAX_CPUS)
               ? 0 : -EBUSY;
}

int sched_pool_add_cpu(struct sched_pool *p, uint32_t cpu)
{
    const uint64_t *free = pool_free.p.cpus.bits;
    struct cpumask moving;
    int rc;

    if (cpu == SCHED_POOL_ANY) {
        cpu = bitmap_first_set(free, SCHED_MAX_CPUS);
        if (cpu == SCHED_MAX_CPUS) {
            return -ENODEV;
        }
    }
    if (!cpu_is_online(cpu)) {
        return -EINVAL;
    }
    if (!bitmap_test(free, cpu)) {
        return -ENODEV;
    }
    spin_lock(&pools_lock);
    rc = find_moving(&pool_free.p, p, cpu, &moving);
    if (rc == 0) {
        sched_move_cpus(&moving, &pool_free.p, p);
    }
    spin_unlock(&pools_lock);
    return rc;
}

static bool is_pinned_to(const struct sched_pool *p, const struct cpumask *m)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        for_each_vcpu(d, v) {
            if (v->sched.pool == p && v->sched.pinned_to >= 0 &&
                cpumask_test(m, (unsigned int)v->sched.pinned_to)) {
                return true;
            }
        }
    }
    return false;
}

static unsigned int last_of(const struct cpumask *m)
{
    unsigned int last = SCHED_MAX_CPUS;
    unsigned int cpu;

    bitmap_for_each_set(cpu, m->bits, SCHED_MAX_CPUS)
    {
        last = cpu;
    }
    return last;
}

int sched_pool_remove_cpu(struct sched_pool *p, uint32_t cpu)
{
    struct cpumask moving;
    int rc;

    if (cpu == SCHED_POOL_ANY) {
        cpu = last_of(&p->cpus);
    }
    if (!cpu_is_online(cpu)) {
        return -EINVAL;
    }
    if (!cpumask_test(&p->cpus, cpu)) {
        return -EADDRNOTAVAIL;
    }
    spin_lock(&pools_lock);
    rc = find_moving(p, &pool_free.p, cpu, &moving);
    if (bitmap_is_subset(p->cpus.bits, moving.bits, SCHED_MAX_CPUS) &&
        (p == &pool_0.p || sched_pool_domains(p) != 0)) {
        rc = -EBUSY;
    } else if (is_pinned_to(p, &moving)) {
        rc = -EADDRINUSE;
    }
    if (rc == 0) {
        sched_move_cpus(&moving, p, &pool_free.p);
    }
    spin_unlock(&pools_lock);
    return rc;
}

int sched_pool_move_domain(struct domain *d, struct sched_pool *to)
{
    const struct vcpu *v;
    int rc;

    if (d->pool == to) {
        return 0;
    }
    if (bitmap_is_empty(to->cpus.bits, SCHED_MAX_CPUS)) {
        return -ENOENT;
    }
    for_each_vcpu(d, v) {
        if (v->sched.pinned_to >= 0) {
            return -EBUSY;
        }
    }
    spin_lock(&pools_lock);
    rc = sched_move_domain(d, to);
    spin_unlock(&pools_lock);
    return rc;
}

int sched_pool_set_policy(struct sched_pool *p, const struct sched_ops *ops)
{
    int rc;

    spin_lock(&pools_lock);
    rc = sched_change_ops(p, ops, p->gangs != NULL);
    spin_unlock(&pools_lock);
    return rc;
}

int sched_pool_set_granularity(struct sched_pool *p, bool by_core)
{
    int rc = 0;

    spin_lock(&pools_lock);
    if (by_core != (p->gangs != NULL)) {
        rc = sched_change_ops(p, p->gangs ? p->gangs->policy : p->ops,
                              by_core);
    }
    spin_unlock(&pools_lock);
    return rc;
}

void sched_init_granularity(void)
{
    if (!strcmp(param.sched_gran, "core")) {
        if (sched_pool_set_granularity(&pool_0.p, true) != 0) {
            pr_warn("sched_gran=core: not with the threads of these cores\n");
        }
    } else if (strcmp(param.sched_gran, "cpu") != 0) {
        pr_warn("sched_gran=%s: neither cpu nor core, using cpu\n",
                param.sched_gran);
    }
}

int sched_bind_gang(struct vcpu *v, const struct cpumask *hard,
                    const struct cpumask *soft, const int *pin)
{
    struct sched_pool *p;
    int rc = 1;

    spin_lock(&pools_lock);
    p = v->sched.pool;
    if (v->sched.gang) {
        sched_freeze(p, NULL);
        rc = sched_gang_bind(&v->sched, hard, soft, pin);
        sched_thaw(p, NULL);
    }
    spin_unlock(&pools_lock);
    return rc;
}

int sched_adjust_pool(struct sched_pool *p, struct xen_sysctl_scheduler_op *op,
                      struct xen_sysctl_arinc653_schedule *frame)
{
    int rc;

    if (op->sched_id != p->ops->abi_id ||
        (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo &&
         op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)) {
        return -EINVAL;
    }
    if (!p->ops->params) {
        return -EOPNOTSUPP;
    }
    spin_lock(&pools_lock);
    sched_freeze(p, NULL);
    rc = p->ops->params(p, op, frame);
    sched_thaw(p, NULL);
    spin_unlock(&pools_lock);
    return rc;
}

int sched_adjust_stopped(struct vcpu *v, struct xen_domctl_scheduler_op *op)
{
    struct sched_pool *p = v->sched.pool;
    int rc;

    spin_lock(&pools_lock);
    sched_freeze(p, NULL);
    rc = p->ops->adjust(&v->sched, op);
    sched_thaw(p, NULL);
    spin_unlock(&pools_lock);
    return rc;
}

/* CPUPOOL held. */
static void replace_broken(struct sched_pool *p)
{
    const struct sched_ops *ops = sched_ops_default();
    unsigned long offset = 0;
    const char *name;

    if (!p->fault) {
        return;
    }
    name = p->fault_at ? symbols_lookup(p->fault_at, &offset) : NULL;
    if (p->ops->abi_id == ops->abi_id) {
        panic("The default scheduler is broken: %s", p->fault);
    }
    pr_err("Scheduler %s of pool %u is broken: %s%s%s\n", p->ops->name,
           p->id, p->fault, name ? ", in " : "", name ? name : "");
    pr_warn("Pool %u: using %s\n", p->id, ops->name);
    if (sched_change_ops(p, ops, p->gangs != NULL) != 0) {
        panic("No memory for the scheduler");
    }
}

void sched_fall_back(struct sched_pool *p)
{
    spin_lock(&pools_lock);
    replace_broken(p);
    spin_unlock(&pools_lock);
}

/* Has a policy under guard lost a unit, or taken one for two? */
static void watch(void *unused)
{
    bool is_needed = false;
    struct cpupool *c;

    spin_lock(&pools_lock);
    list_for_each_entry(c, &pools, link)
    {
        const char *what;

        if (c->p.hooks == c->p.ops) {
            continue;
        }
        is_needed = true;
        what = sched_check_pool(&c->p);
        if (unlikely(what != NULL)) {
            sched_fault(&c->p, what);
        }
        replace_broken(&c->p);
    }
    spin_unlock(&pools_lock);
    if (is_needed) {
        timer_set(&watch_timer, time_now() + WATCH_PERIOD);
    } else {
        atomic_set(&is_watching, false);
    }
}

void sched_watch(void)
{
    if (unlikely(!READ_ONCE(is_watching)) &&
        !atomic_exchange(&is_watching, true)) {
        timer_init(&watch_timer, this_cpu_id(), watch, NULL);
        timer_set(&watch_timer, time_now() + WATCH_PERIOD);
    }
}

void sched_dump(void)
{
    struct cpupool *c;

    list_for_each_entry(c, &pools, link)
    {
        sched_dump_pool(&c->p);
    }
}
