/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core scheduling: vCPUs of different domains never run on the threads of one
 * core at the same time.
 *
 * Design: a layer between the scheduler core and any policy.  Upwards it has
 * the hooks of a policy for vCPUs and CPUs.  Downwards it shows the policy a
 * pool of whole cores, each under the number of its first CPU, and one unit
 * for as many consecutive vCPUs of a domain as a core has threads: a gang.
 * The gang can run when one of its members can; member n runs on thread n.
 *
 * The policy is asked again when its slice is over, when it wants to be, or
 * when the gang sleeps; not whenever a CPU of the core looks what to do: it
 * may choose another each time, and the CPUs would call each other for ever.
 *
 * A core is its owner's.  When the policy chooses another gang, the CPUs that
 * are inside guests are asked to come, and those that came idle, held; the
 * last to come makes that gang the owner.  Nobody waits at a lock for it, so
 * nothing can be blocked by a CPU that is long in coming.  A thread whose
 * member sleeps is held, too.
 *
 * Registers of members stay on the owner's core only.  While a CPU elsewhere
 * holds some (the pool or the affinity changed), the gang is displaced: it
 * does not wake until they have been put away (sched_gang_saved()).
 *
 * Locking: one lock for all CPUs of the pool, by the core: the layer is one
 * group.  Limits: so many CPUs share it; make pools of the size that guests
 * need.  A core's time is charged to the gang, whether one thread or all run.
 */
#include <core/sched/sched_gang.h>

#include <core/domain/vcpu.h>

bool sched_gang_may_wake(const struct sched_unit *u)
{
    const struct sched_unit *m;
    bool may = true;

    for_each_member(u->gang, m) {
        if (sched_gang_is_displaced(u->gang, m)) {
            sched_request_pick(READ_ONCE(m->cpu));
            may = false;
        }
    }
    return may;
}

/* --- which CPU does what --- */

/* The core @cpu is to choose when one of its CPUs, any, looks what to do. */
static void ask_core(struct sched_pool *cores, unsigned int cpu)
{
    if (cpumask_test(&cores->idle, cpu)) {
        (void)atomic_test_and_clear_bit(cores->idle.bits, cpu);
    }
    sched_cpu_of(cpu)->core.is_asked = true;
}

static void call_core(struct sched_pool *cores, unsigned int cpu)
{
    ask_core(cores, cpu);
    sched_request_pick(cpu);
}

/*
 * The policy has put @g on the core of g->unit.cpu: its members wait there,
 * those apart who are still on the way from another pool.
 */
static void seat_members(struct sched_gang *g, const struct sched_unit *but)
{
    struct sched_unit *m;

    for_each_member(g, m) {
        const struct sched_cpu *from = sched_cpu_of(m->cpu);
        const unsigned int to = sched_gang_seat(m);

        if (m == but || m->cpu == to || from->rq.pool != m->pool) {
            continue;
        }
        if (from->first->core.owner == g) {
            from->first->core.owner = NULL;
        }
        if (m->is_runnable) {
            m->pool->runq[m->cpu]->nr_queued--;
            m->pool->runq[to]->nr_queued++;
        }
        WRITE_ONCE(m->cpu, to);
    }
}

/* --- the hooks: who may run --- */

static enum sched_wake gang_wake(struct runq *q, struct sched_unit *u,
                                 nsec_t now)
{
    struct sched_gang *g = u->gang;
    struct sched_core *c = sched_core_of(q);
    const struct sched_unit *curr = c->rq.curr;
    enum sched_wake wake = SCHED_WAKE_NOTHING;

    u->is_runnable = true;
    if (q->curr != u) {
        q->nr_queued++;
    }
    if (g->nr_awake++ == 0) {
        g->unit.is_loaded = sched_gang_is_loaded(g);
        wake = g->unit.pool->ops->wake(&c->rq, &g->unit, now);
        c->is_asked |= wake != SCHED_WAKE_NOTHING;
        sched_find_cpu(&c->rq, &g->unit, curr);
    }
    /* The core is the gang's; this CPU of it idles. */
    return curr == &g->unit && q->curr != u ? SCHED_WAKE_PICK : wake;
}

static void gang_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct sched_gang *g = u->gang;

    u->is_runnable = false;
    if (q->curr != u) {
        q->nr_queued--;
    }
    if (--g->nr_awake == 0) {
        struct sched_core *c = sched_core_of(q);

        g->unit.pool->ops->sleep(&c->rq, &g->unit, now);
        if (c->rq.curr == &g->unit && c->owner != g) {
            /* It never came in: no CPU has it to look after. */
            sched_request_pick(c->rq.cpu);
        }
    }
}

static void gang_yield(struct runq *q, nsec_t now)
{
    struct sched_core *c = sched_core_of(q);

    if (c->rq.curr) {
        c->is_asked = true;
        q->pool->gangs->policy->yield(&c->rq, now);
    }
}

static nsec_t gang_slice(const struct runq *q, nsec_t now)
{
    return q->pool->gangs->policy->slice(&sched_core_of(q)->rq, now);
}

/* --- the hooks: the choice --- */

/* Bring a gang to @c from a core where it waits; true if one came. */
static bool steal(struct sched_core *c, nsec_t now)
{
    struct sched_pool *cores = c->rq.pool;
    unsigned int cpu = c->rq.cpu;

    if (!cores->ops->steal) {
        return false;
    }
    for (unsigned int i = 1; i < cores->top; i++) {
        struct runq *from;
        struct sched_unit *unit;

        cpu = cpu + 1 < cores->top ? cpu + 1 : 0;
        from = cores->runq[cpu];
        if (!from || from->nr_queued == 0 || from->lead == c->rq.lead) {
            continue;
        }
        unit = cores->ops->steal(from, &c->rq, now);
        if (unit) {
            WRITE_ONCE(unit->cpu, c->rq.cpu);
            seat_members(sched_gang_of(unit), NULL);
            (void)cores->ops->wake(&c->rq, unit, now);
            return true;
        }
    }
    return false;
}

/*
 * The core that should choose for @g, if that waits and can go there: when it
 * has been put away, or was chosen and has to wait again before it came in.
 */
static unsigned int find_other(struct sched_gang *g)
{
    const struct sched_ops *ops = g->unit.pool->ops;

    g->unit.is_loaded = sched_gang_is_loaded(g);
    if (!g->unit.is_runnable || g->unit.is_running || g->unit.is_loaded) {
        return SCHED_MAX_CPUS;
    }
    return ops->offer ? ops->offer(&sched_gang_home(g)->rq, &g->unit)
                      : sched_find_idle(&g->unit, NULL);
}

/* The policy's choice, after a look at other groups' cores. */
static struct sched_choice ask_policy(struct sched_core *c, nsec_t now)
{
    struct sched_pool *cores = c->rq.pool;
    struct sched_choice choice;

    if (cpumask_test(&cores->idle, c->rq.cpu)) {
        (void)atomic_test_and_clear_bit(cores->idle.bits, c->rq.cpu);
    }
    choice = cores->ops->pick(&c->rq, now);
    if ((!choice.unit || choice.look) && steal(c, now)) {
        choice = cores->ops->pick(&c->rq, now);
    }
    if (!choice.unit) {
        (void)atomic_test_and_set_bit(cores->idle.bits, c->rq.cpu);
    }
    return choice;
}

/* What the policy chose before for @c, if that stands, or what it does now. */
static struct sched_choice choose(struct sched_core *c, nsec_t now)
{
    struct sched_pool *cores = c->rq.pool;
    struct sched_unit *before = c->rq.curr;
    struct sched_choice choice = { .unit = before, .slice = NSEC_NEVER };
    unsigned int cpu;

    if (before && before->is_runnable && !c->is_asked && now < c->rq.due) {
        if (c->rq.due != NSEC_NEVER) {
            choice.slice = c->rq.due - now;
        }
        return choice;
    }
    c->is_asked = false;
    choice = ask_policy(c, now);
    WRITE_ONCE(c->rq.due, choice.slice == NSEC_NEVER ? NSEC_NEVER
                                                     : now + choice.slice);
    if (choice.unit) {
        seat_members(sched_gang_of(choice.unit), NULL);
    }
    if (choice.also != 0) {
        call_core(cores, choice.also - 1);
    }
    cpu = before && before != choice.unit ? find_other(sched_gang_of(before))
                                          : SCHED_MAX_CPUS;
    if (cpu < SCHED_MAX_CPUS) {
        call_core(cores, cpu);
    }
    return (struct sched_choice){ .unit = choice.unit, .slice = choice.slice };
}

/* Call those of @c's CPUs that are inside, or all; but not @cpu. */
static bool call_others(const struct sched_core *c, unsigned int cpu,
                        bool all)
{
    bool is_inside = false;

    for (unsigned int i = 0; i < c->nr_cpus; i++) {
        const struct sched_cpu *sc = sched_cpu_of(c->cpu[i]);

        if (c->cpu[i] != cpu && (all || sc->is_inside)) {
            sched_request_pick(c->cpu[i]);
            is_inside |= sc->is_inside;
        }
    }
    return is_inside;
}

/* @g is to run on @c: may it, as far as the CPU @cpu, which came, can see? */
static bool enter(struct sched_core *c, struct sched_gang *g,
                  const struct sched_unit *before, unsigned int cpu)
{
    if (c->owner == g) {
        if (before != &g->unit) {
            (void)call_others(c, cpu, true);
        }
        return true;
    }
    if (call_others(c, cpu, false)) {
        return false;
    }
    c->owner = g;
    (void)call_others(c, cpu, true);
    return true;
}

/* What ran on @q's CPU has left it, and waits if it can run. */
static void put_back(struct runq *q)
{
    struct sched_unit *u = q->curr;

    container_of(q, struct sched_cpu, rq)->is_inside = false;
    if (u) {
        u->is_running = false;
        q->curr = NULL;
        q->nr_queued += u->is_runnable;
    }
}

static struct sched_choice gang_pick(struct runq *q, nsec_t now)
{
    struct sched_cpu *sc = container_of(q, struct sched_cpu, rq);
    struct sched_core *c = sched_core_of(q);
    const struct sched_unit *before = c->rq.curr;
    struct sched_choice choice;
    struct sched_unit *u = NULL;
    struct sched_gang *g;

    put_back(q);
    choice = choose(c, now);
    g = sched_gang_of(choice.unit);
    sc->is_held = g != NULL;
    if (g && enter(c, g, before, q->cpu)) {
        u = g->member[sc->thread];
        if (u && (!u->is_runnable || u->cpu != q->cpu)) {
            u = NULL;
        }
    }
    if (u) {
        q->curr = u;
        q->nr_queued--;
        u->is_running = true;
        sc->is_inside = true;
        g->unit.is_loaded = true;
    }
    choice.unit = u;
    return choice;
}

/* --- the hooks: where --- */

static unsigned int gang_pick_cpu(const struct sched_unit *u)
{
    struct sched_gang *g = u->gang;
    struct sched_pool *cores = g->unit.pool;
    const unsigned int from = g->unit.cpu;

    g->unit.is_loaded = sched_gang_is_loaded(g);
    /* A core may have chosen it, before it slept, and have yet to enter. */
    if (g->nr_awake == 0 && !g->unit.is_loaded && !g->unit.is_running) {
        const bool is_here = cpumask_test(&cores->cpus, from);
        const unsigned int cpu = is_here ? cores->ops->pick_cpu(&g->unit)
                                         : sched_first_fitting(&g->unit);

        if (cpu != from) {
            if (is_here && cores->ops->leave) {
                cores->ops->leave(&sched_gang_home(g)->rq, &g->unit);
            }
            WRITE_ONCE(g->unit.cpu, cpu);
            seat_members(g, u);
        }
    }
    return sched_gang_seat(u);
}

static unsigned int gang_offer(const struct runq *q,
                               const struct sched_unit *u)
{
    const unsigned int cpu = find_other(u->gang);

    if (cpu < SCHED_MAX_CPUS) {
        ask_core(u->gang->unit.pool, cpu);
    }
    return cpu;
}

bool sched_gang_may_stay(const struct vcpu *v)
{
    const struct sched_unit *u = &v->sched;
    struct sched_cpu *sc = sched_lock_vcpu(v);
    const bool may = !u->gang ||
                     (sc->rq.pool == u->pool &&
                      sched_gang_home(u->gang)->owner == u->gang &&
                      !sched_gang_is_displaced(u->gang, u));

    sched_unlock(sc);
    return may;
}

void sched_gang_saved(struct vcpu *v)
{
    struct sched_unit *u = &v->sched;
    struct sched_cpu *sc = sched_lock_vcpu(v);
    const bool is_home = u->gang && sc->rq.pool == u->pool;
    const bool is_last = !is_home || !sched_gang_is_loaded(u->gang);
    const unsigned int first = v->id - v->id % SCHED_THREADS;
    unsigned int offer_to = SCHED_MAX_CPUS;

    if (is_home && is_last) {
        offer_to = u->pool->hooks->offer(&sc->rq, u);
    }
    sched_unlock(sc);
    for (unsigned int i = first; i < first + SCHED_THREADS; i++) {
        struct vcpu *w = domain_vcpu(v->domain, i);

        /* Those that are of other gangs lose nothing by it. */
        if (w && (w == v || is_last) && vcpu_is_runnable(w) &&
            !READ_ONCE(w->sched.is_runnable)) {
            sched_update(w);
        }
    }
    if (offer_to < SCHED_MAX_CPUS) {
        sched_request_pick(offer_to);
    }
}

const struct sched_ops sched_gang_hooks = {
    .group = SCHED_MAX_CPUS,
    .wake = gang_wake,
    .sleep = gang_sleep,
    .yield = gang_yield,
    .pick = gang_pick,
    .slice = gang_slice,
    .pick_cpu = gang_pick_cpu,
    .offer = gang_offer,
};
