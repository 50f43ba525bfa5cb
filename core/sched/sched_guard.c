/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard: between the core and a policy that is not trusted.
 *
 * Design: struct sched_pool has the policy (ops) and what the core calls
 * (hooks).  For a trusted policy both are the same, and the guard costs
 * nothing.  Else hooks are those below: each calls the policy's within a
 * bound (arch_call_bounded()) and checks what came of it.  The first fault
 * ends the policy's office: from then on no hook of it is called, the guard
 * answers with as little as the core can live with, every CPU that chooses
 * idles, and the first that does so gives the pool the default policy
 * (sched_fall_back()), which begins with what the core knows of each unit.
 *
 * Locking: as the hooks, the queue's.
 */
#include <core/sched/sched_priv.h>

#include <core/arch/arch_cpu.h>
#include <core/kernel/param.h>

#define HOOKS(HOOK)                                                          \
    HOOK(runq_init)                                                          \
    HOOK(leave)                                                              \
    HOOK(wake)                                                               \
    HOOK(sleep)                                                              \
    HOOK(yield)                                                              \
    HOOK(pick)                                                               \
    HOOK(slice)                                                              \
    HOOK(pick_cpu)                                                           \
    HOOK(steal)                                                              \
    HOOK(offer)                                                              \
    HOOK(check)

enum hook {
#define HOOK(name) HOOK_##name,
    HOOKS(HOOK)
#undef HOOK
};

/* By hook and by what arch_call_bounded() returns. */
static const char *const broken[][3] = {
#define HOOK(name)                                                           \
    [HOOK_##name] = { [ARCH_CALL_LATE] = #name "() does not return",         \
                      [ARCH_CALL_TRAP] = #name "() took an exception" },
    HOOKS(HOOK)
#undef HOOK
};

/* Arguments and result. */
struct call {
    enum hook hook;
    const struct sched_ops *ops;
    struct runq *q;
    const struct runq *to;
    struct sched_unit *u;
    nsec_t now;
    const char *what;            /* What is wrong with the result, or NULL   */
    union {
        enum sched_wake wake;
        struct sched_choice choice;
        nsec_t slice;
        unsigned int cpu;
        struct sched_unit *unit;
        bool is_right;
    };
};

/* A unit that @c took from where it waits, for the queue c->to. */
static const char *check_stolen(const struct call *c)
{
    return !c->unit || (c->unit->is_runnable && !c->unit->is_loaded &&
                        sched_unit_fits_queue(c->unit, c->to))
               ? NULL : "steal() took a unit that may not move there";
}

/* All that reads what the policy left is within the bound, too. */
static void call_hook(void *data)
{
    struct call *c = data;
    const struct sched_ops *ops = c->ops;

    switch (c->hook) {
    case HOOK_runq_init: ops->runq_init(c->q); break;
    case HOOK_leave: ops->leave(c->q, c->u); break;
    case HOOK_wake:
        c->wake = ops->wake(c->q, c->u, c->now);
        c->what = c->u->is_runnable ? NULL : "wake() left a unit asleep";
        break;
    case HOOK_sleep:
        ops->sleep(c->q, c->u, c->now);
        c->what = c->u->is_runnable ? "sleep() left a unit awake" : NULL;
        break;
    case HOOK_yield: ops->yield(c->q, c->now); break;
    case HOOK_pick:
        c->choice = ops->pick(c->q, c->now);
        c->what = sched_check_choice(container_of(c->q, struct sched_cpu, rq),
                                     c->choice);
        break;
    case HOOK_slice: c->slice = ops->slice(c->q, c->now); break;
    case HOOK_pick_cpu:
        c->cpu = ops->pick_cpu(c->u);
        c->what = c->cpu < SCHED_MAX_CPUS && sched_unit_fits(c->u, c->cpu)
                      ? NULL : "pick_cpu() chose a CPU that does not fit";
        break;
    case HOOK_steal:
        c->unit = ops->steal(c->q, c->to, c->now);
        c->what = check_stolen(c);
        break;
    case HOOK_offer:
        c->cpu = ops->offer(c->q, c->u);
        c->what = c->cpu <= SCHED_MAX_CPUS ? NULL : "offer() names no CPU";
        break;
    case HOOK_check: c->is_right = ops->check(c->q); break;
    }
}

/* Without a result (false) the policy is broken, now or since before. */
static bool call(struct sched_pool *p, struct call *c)
{
    uintptr_t where = 0;
    enum arch_call how;

    if (READ_ONCE(p->fault)) {
        return false;
    }
    c->ops = p->ops;
    how = arch_call_bounded(call_hook, c, &where);
    if (how != ARCH_CALL_DONE) {
        c->what = broken[c->hook][how];
        WRITE_ONCE(p->fault_at, where);
    }
    if (c->what) {
        sched_fault(p, c->what);
    }
    return !c->what;
}

static void guard_runq_init(struct runq *q)
{
    (void)call(q->pool, &(struct call){ .hook = HOOK_runq_init, .q = q });
}

static void guard_leave(struct runq *q, struct sched_unit *u)
{
    (void)call(q->pool,
               &(struct call){ .hook = HOOK_leave, .q = q, .u = u });
}

static enum sched_wake guard_wake(struct runq *q, struct sched_unit *u,
                                  nsec_t now)
{
    struct call c = { .hook = HOOK_wake, .q = q, .u = u, .now = now };

    if (call(q->pool, &c)) {
        return c.wake;
    }
    u->is_runnable = true;
    return SCHED_WAKE_PICK;
}

static void guard_sleep(struct runq *q, struct sched_unit *u, nsec_t now)
{
    struct call c = { .hook = HOOK_sleep, .q = q, .u = u, .now = now };

    if (!call(q->pool, &c)) {
        u->is_runnable = false;
    }
}

static void guard_yield(struct runq *q, nsec_t now)
{
    (void)call(q->pool,
               &(struct call){ .hook = HOOK_yield, .q = q, .now = now });
}

static struct sched_choice guard_pick(struct runq *q, nsec_t now)
{
    struct call c = { .hook = HOOK_pick, .q = q, .now = now };

    sched_watch();
    if (call(q->pool, &c)) {
        return c.choice;
    }
    /* What it says runs is not to be trusted; this is what did. */
    if (this_cpu()->current) {
        this_cpu()->current->sched.is_running = false;
    }
    q->curr = NULL;
    return (struct sched_choice){ .slice = NSEC_NEVER };
}

static nsec_t guard_slice(const struct runq *q, nsec_t now)
{
    struct call c = {
        .hook = HOOK_slice, .q = (struct runq *)q, .now = now,
    };

    return call(q->pool, &c) ? c.slice : NSEC_NEVER;
}

static unsigned int guard_pick_cpu(const struct sched_unit *u)
{
    struct call c = {
        .hook = HOOK_pick_cpu, .u = (struct sched_unit *)u,
    };

    return call(u->pool, &c) ? c.cpu : u->cpu;
}

static struct sched_unit *guard_steal(struct runq *from, const struct runq *to,
                                      nsec_t now)
{
    struct call c = { .hook = HOOK_steal, .q = from, .to = to, .now = now };

    return call(to->pool, &c) ? c.unit : NULL;
}

static unsigned int guard_offer(const struct runq *q,
                                const struct sched_unit *u)
{
    struct call c = {
        .hook = HOOK_offer,
        .q = (struct runq *)q,
        .u = (struct sched_unit *)u,
    };

    return call(q->pool, &c) ? c.cpu : SCHED_MAX_CPUS;
}

static bool guard_check(const struct runq *q)
{
    struct call c = { .hook = HOOK_check, .q = (struct runq *)q };

    return call(q->pool, &c) && c.is_right;
}

static const struct sched_ops guard = {
    .runq_init = guard_runq_init,
    .leave = guard_leave,
    .wake = guard_wake,
    .sleep = guard_sleep,
    .yield = guard_yield,
    .pick = guard_pick,
    .slice = guard_slice,
    .pick_cpu = guard_pick_cpu,
    .steal = guard_steal,
    .offer = guard_offer,
    .check = guard_check,
};

void sched_adopt(struct sched_pool *p, const struct sched_ops *ops,
                 struct sched_gangs *gangs)
{
    p->gangs = gangs;
    p->ops = ops;
    p->hooks = IS_ENABLED(DEBUG) || param.sched_guard || !ops->is_trusted
                   ? &guard : ops;
}
