/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core scheduling, what is not done at each choice: which CPUs are a core,
 * which vCPUs a gang, and the changes of a pool that is stopped.
 * Locking: all locks of the pool, but where the header says otherwise.
 */
#include <core/sched/sched_gang.h>

#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

/* --- cores --- */

void sched_core_cpus(unsigned int cpu, struct cpumask *m)
{
    bitmap_zero(m->bits, SCHED_MAX_CPUS);
    for (unsigned int i = 0; i < cpu_count; i++) {
        const struct sched_cpu *sc = sched_cpu_of(i);

        if (sc && sc->place == sched_cpu_of(cpu)->place) {
            bitmap_set(m->bits, i);
        }
    }
}

bool sched_cores_are_whole(const struct cpumask *cpus)
{
    unsigned int threads = 0;
    struct cpumask m;
    unsigned int cpu;

    bitmap_for_each_set(cpu, cpus->bits, SCHED_MAX_CPUS)
    {
        unsigned int n;

        sched_core_cpus(cpu, &m);
        n = bitmap_weight(m.bits, SCHED_MAX_CPUS);
        if ((threads != 0 && n != threads) ||
            !bitmap_is_subset(m.bits, cpus->bits, SCHED_MAX_CPUS)) {
            return false;
        }
        threads = n;
    }
    return true;
}

/* Which CPUs of @p are a core. */
static void find_cores(struct sched_pool *p)
{
    struct sched_pool *cores = &p->gangs->pool;
    unsigned int cpu;
    unsigned int i;

    bitmap_zero(cores->cpus.bits, SCHED_MAX_CPUS);
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        struct sched_cpu *sc = sched_cpu_of(cpu);

        sc->first = NULL;
        bitmap_for_each_set(i, cores->cpus.bits, SCHED_MAX_CPUS)
        {
            if (sched_cpu_of(i)->place == sc->place) {
                sc->first = sched_cpu_of(i);
            }
        }
        if (!sc->first) {
            sc->first = sc;
            sc->core.nr_cpus = 0;
            bitmap_set(cores->cpus.bits, cpu);
        }
        sc->thread = sc->first->core.nr_cpus++;
        sc->first->core.cpu[sc->thread] = cpu;
    }
}

/* All CPUs of the cores of which one is in @m; also those of other pools. */
static void make_whole(struct cpumask *m)
{
    const struct cpumask parts = *m;
    struct cpumask core;
    unsigned int cpu;

    for (cpu = 0; cpu < cpu_count; cpu++) {
        if (!cpumask_test(&parts, cpu) || !sched_cpu_of(cpu)) {
            continue;
        }
        sched_core_cpus(cpu, &core);
        for (unsigned int i = 0; i < BITMAP_WORDS(SCHED_MAX_CPUS); i++) {
            m->bits[i] |= core.bits[i];
        }
    }
}

/* --- the hooks: beginnings and ends --- */

static int gang_pool_init(struct sched_pool *p)
{
    struct sched_gangs *gs = p->gangs;

    gs->pool = (struct sched_pool){
        .id = p->id, .ops = gs->policy, .hooks = gs->policy,
        .slice = p->slice,
    };
    find_cores(p);
    return gs->policy->pool_init(&gs->pool);
}

static void gang_pool_free(struct sched_pool *p)
{
    p->gangs->policy->pool_free(&p->gangs->pool);
}

static void begin_queues(struct sched_pool *p)
{
    struct sched_pool *cores = &p->gangs->pool;

    find_cores(p);
    cores->id = p->id;
    cores->slice = p->slice;
    cores->top = 0;
    bitmap_zero(cores->idle.bits, SCHED_MAX_CPUS);
    for (unsigned int cpu = 0; cpu < SCHED_MAX_CPUS; cpu++) {
        cores->runq[cpu] = NULL;
    }
    p->gangs->nr_cores = 0;
}

static void gang_runq_init(struct runq *q)
{
    struct sched_gangs *gs = q->pool->gangs;
    struct sched_cpu *sc = container_of(q, struct sched_cpu, rq);
    const unsigned int group = max(gs->policy->group, 1u);
    struct runq *lead = NULL;

    if (q == q->lead) {
        begin_queues(q->pool);
    }
    if (sc->first != sc) {
        return;
    }
    /* The core before this one tells where its group begins. */
    if (gs->nr_cores++ % group != 0) {
        for (unsigned int cpu = q->cpu; !lead; cpu--) {
            lead = gs->pool.runq[cpu] ? gs->pool.runq[cpu]->lead : NULL;
        }
    }
    sc->core.owner = NULL;
    sched_runq_init(&sc->core.rq, &gs->pool, q->cpu, lead);
}

/* The gang of a vCPU with which @u shares a core, or NULL. */
static struct sched_gang *find_gang(struct sched_unit *u, unsigned int first,
                                    unsigned int threads)
{
    const struct domain *d = sched_vcpu(u)->domain;

    for (unsigned int i = first; i < first + threads; i++) {
        const struct vcpu *v = domain_vcpu(d, i);

        if (v && &v->sched != u && v->sched.pool == u->pool &&
            v->sched.gang) {
            return v->sched.gang;
        }
    }
    return NULL;
}

static int new_gang(struct sched_unit *u, unsigned int first,
                    struct sched_gang **gang)
{
    struct sched_pool *cores = &u->pool->gangs->pool;
    const struct sched_cpu *sc = sched_cpu_of(u->cpu);
    struct sched_gang *g = xzalloc_type(struct sched_gang);
    const int pin = u->pinned_to < 0
                        ? -1 : (int)sched_cpu_of((unsigned int)u->pinned_to)
                                   ->first->rq.cpu;
    int rc;

    if (!g) {
        return -ENOMEM;
    }
    g->unit = (struct sched_unit){
        .domain = u->domain, .id = first, .handle = u->handle,
        .shared = u->shared, .pool = cores, .pinned_to = pin,
        .is_member = true, .hard = u->hard, .soft = u->soft,
        .cpu = sc->rq.pool == u->pool && sc->first
                   ? sc->first->rq.cpu
                   : bitmap_first_set(cores->cpus.bits, SCHED_MAX_CPUS),
    };
    list_init(&g->unit.queue);
    make_whole(&g->unit.hard);
    make_whole(&g->unit.soft);
    g->unit.is_affine = !bitmap_is_subset(cores->cpus.bits, g->unit.hard.bits,
                                          SCHED_MAX_CPUS);
    rc = cores->ops->unit_init(&g->unit);
    if (rc) {
        xfree(g);
        return rc;
    }
    *gang = g;
    return 0;
}

/* @u may go where its gang may. */
static void follow(struct sched_unit *u)
{
    const struct sched_gang *g = u->gang;
    const int pin = g->unit.pinned_to;

    u->hard = g->unit.hard;
    u->soft = g->unit.soft;
    u->is_affine = g->unit.is_affine;
    u->pinned_to = pin < 0 ? -1
                           : (int)sched_cpu_of((unsigned int)pin)
                                 ->core.cpu[u->id - g->unit.id];
}

static int gang_unit_init(struct sched_unit *u)
{
    const unsigned int threads = u->pool->gangs->threads;
    const unsigned int first = u->id - u->id % threads;
    struct sched_gang *g = find_gang(u, first, threads);
    int rc = g ? 0 : new_gang(u, first, &g);

    if (rc) {
        return rc;
    }
    g->member[u->id - first] = u;
    g->nr_members++;
    u->gang = g;
    follow(u);
    if (!atomic_read_acquire(&u->is_loaded) &&
        sched_cpu_of(u->cpu)->rq.pool == u->pool) {
        WRITE_ONCE(u->cpu, sched_gang_seat(u));
    }
    return 0;
}

void sched_gang_forget(struct sched_unit *u)
{
    struct sched_gang *g = u->gang;

    if (!g) {
        return;
    }
    g->member[u->id - g->unit.id] = NULL;
    u->gang = NULL;
    if (u->pool->ops->is_planned) {
        u->pinned_to = -1;
    }
    if (--g->nr_members == 0) {
        if (sched_gang_home(g)->owner == g) {
            sched_gang_home(g)->owner = NULL;
        }
        xfree(g);
    }
}

static void gang_unit_free(struct sched_unit *u)
{
    struct sched_gang *g = u->gang;
    const struct sched_pool *cores = g->unit.pool;

    if (g->nr_members == 1) {
        if (cores->ops->leave && cores->runq[g->unit.cpu]) {
            cores->ops->leave(&sched_gang_home(g)->rq, &g->unit);
        }
        cores->ops->unit_free(&g->unit);
    }
    sched_gang_forget(u);
}

static int gang_adjust(struct sched_unit *u,
                       struct xen_domctl_scheduler_op *op)
{
    return u->gang->unit.pool->ops->adjust(&u->gang->unit, op);
}

static int gang_params(struct sched_pool *p,
                       struct xen_sysctl_scheduler_op *op,
                       struct xen_sysctl_arinc653_schedule *frame)
{
    return p->gangs->policy->params(&p->gangs->pool, op, frame);
}

static void gang_dump(const struct runq *q)
{
    if (container_of(q, struct sched_cpu, rq)->thread == 0) {
        q->pool->gangs->policy->dump(&sched_core_of(q)->rq);
    }
}

static bool gang_check(const struct runq *q)
{
    const struct sched_cpu *sc = container_of(q, struct sched_cpu, rq);
    const struct sched_unit *u = q->curr;

    if (u && (!u->is_running || !sc->is_inside || u->cpu != q->cpu ||
              u->gang != sched_core_of(q)->owner)) {
        return false;
    }
    return sc->thread != 0 ||
           q->pool->gangs->policy->check(&sched_core_of(q)->rq);
}

int sched_gangs_create(struct sched_gangs **gangs,
                       const struct sched_ops *policy)
{
    struct sched_gangs *gs;
    struct cpumask all = { { 0 } };
    struct cpumask core;
    unsigned int threads;

    for (unsigned int i = 0; i < cpu_count; i++) {
        if (sched_cpu_of(i)) {
            bitmap_set(all.bits, i);
        }
    }
    sched_core_cpus(this_cpu_id(), &core);
    threads = bitmap_weight(core.bits, SCHED_MAX_CPUS);
    if (threads < 2 || SCHED_THREADS % threads != 0 ||
        !sched_cores_are_whole(&all)) {
        return -EOPNOTSUPP;
    }
    gs = xzalloc_type(struct sched_gangs);
    if (!gs) {
        return -ENOMEM;
    }
    gs->policy = policy;
    gs->threads = threads;
    gs->ops = sched_gang_hooks;
    gs->ops.name = policy->name;
    gs->ops.abi_id = policy->abi_id;
    gs->ops.is_planned = policy->is_planned;
    gs->ops.is_trusted = policy->is_trusted;
    gs->ops.pool_init = gang_pool_init;
    gs->ops.pool_free = gang_pool_free;
    gs->ops.runq_init = gang_runq_init;
    gs->ops.unit_init = gang_unit_init;
    gs->ops.unit_free = gang_unit_free;
    gs->ops.adjust = policy->adjust ? gang_adjust : NULL;
    gs->ops.params = policy->params ? gang_params : NULL;
    gs->ops.dump = gang_dump;
    gs->ops.check = gang_check;
    *gangs = gs;
    return 0;
}

static void free_gangs(struct quiescent_head *head)
{
    xfree(container_of(head, struct sched_gangs, free));
}

void sched_gangs_free(struct sched_gangs *gs)
{
    if (gs) {
        quiescent_defer(&gs->free, free_gangs);
    }
}

/* --- for the scheduler core --- */

void sched_gangs_stop(const struct sched_pool *p)
{
    unsigned int cpu;

    /* Not by what the layer knows: the pool may have lost all its CPUs. */
    bitmap_for_each_set(cpu, p->cpus.bits, SCHED_MAX_CPUS)
    {
        struct sched_cpu *sc = sched_cpu_of(cpu);

        if (sc->first == sc && sc->core.rq.curr) {
            sc->core.rq.curr->is_running = false;
            sc->core.rq.curr = NULL;
        }
    }
}

void sched_gang_start(struct vcpu *v)
{
    struct sched_unit *u = &v->sched;
    struct sched_gang *g = u->gang;

    if (!sched_gang_is_loaded(g) && !sched_unit_fits(&g->unit, g->unit.cpu)) {
        WRITE_ONCE(g->unit.cpu, sched_first_fitting(&g->unit));
    }
    follow(u);
    if (!atomic_read_acquire(&u->is_loaded)) {
        WRITE_ONCE(u->cpu, sched_gang_seat(u));
    }
    if (!vcpu_is_runnable(v) || !sched_gang_may_wake(u)) {
        return;
    }
    WRITE_ONCE(u->cpu, u->pool->hooks->pick_cpu(u));
    sched_wake_locked(sched_cpu_of(u->cpu), u);
}

int sched_gang_bind(struct sched_unit *u, const struct cpumask *hard,
                    const struct cpumask *soft, const int *pin)
{
    struct sched_gang *g = u->gang;
    int rc = pin ? sched_check_pin(u, *pin) : 0;
    struct sched_cpu *to = NULL;

    if (rc == 0 && pin && *pin >= 0) {
        to = sched_cpu_of((unsigned int)*pin);
        rc = to->thread == u->id - g->unit.id ? 0 : -EINVAL;
    }
    if (hard && !bitmap_has_common(hard->bits, u->pool->cpus.bits,
                                   SCHED_MAX_CPUS)) {
        rc = -EINVAL;
    }
    if (rc) {
        return rc;
    }
    if (hard) {
        g->unit.hard = *hard;
        make_whole(&g->unit.hard);
    }
    if (soft) {
        g->unit.soft = *soft;
        make_whole(&g->unit.soft);
    }
    if (pin) {
        g->unit.pinned_to = to ? (int)to->first->rq.cpu : -1;
    }
    return 0;
}
