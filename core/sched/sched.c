/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler core: run queues, waking across CPUs, slices, stealing by
 * idle CPUs.  What to choose is the policy's, see sched.h.
 *
 * Design: a vCPU may run if vcpu_is_runnable().  Whoever changes one of the
 * inputs calls sched_update(), which looks at the sum under the run queue's
 * lock; so concurrent changes cannot leave the wrong answer.  A unit whose
 * registers a CPU holds (is_loaded) stays in that CPU's queue; all others may
 * be moved by whoever holds the lock of their queue.  An idle CPU keeps the
 * registers of the last vCPU, for it often is the next; a paused vCPU is put
 * away.
 *
 * Locking: one lock a run queue, or a group of them (RUNQ); two only to
 * steal, all of a pool to change it (sched_pool.c).  u->cpu says which; it
 * changes under the old queue's lock, so after locking one must look again.
 * A unit is runnable only in the queue of a CPU of its pool: if its registers
 * are still on another, that CPU is asked to put them away first.  Ticks:
 * none; a timer per CPU ends a slice, if there is someone to wait for it.
 */
#include <core/sched/sched_gang.h>

#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/sync/atomic.h>
#include <core/trace/trace.h>

#define SLICE_SOON (250 * NSEC_PER_USEC)

NO_LOCK_ANALYSIS static inline void lock_cpu(struct sched_cpu *sc)
{
    for (;;) {
        struct spinlock *l = READ_ONCE(sc->lock);

        spin_lock(l);
        if (likely(sc->lock == l)) {
            return;
        }
        spin_unlock(l);
    }
}

NO_LOCK_ANALYSIS void sched_unlock(struct sched_cpu *sc)
{
    spin_unlock(sc->lock);
}

NO_LOCK_ANALYSIS static inline struct sched_cpu *
lock_vcpu(const struct vcpu *v)
{
    for (;;) {
        const unsigned int cpu = READ_ONCE(v->sched.cpu);
        struct sched_cpu *sc = sched_cpu_of(cpu);

        lock_cpu(sc);
        if (likely(v->sched.cpu == cpu)) {
            return sc;
        }
        sched_unlock(sc);
    }
}

void sched_request_pick(unsigned int cpu)
{
    if (cpu == this_cpu_id()) {
        softirq_raise_self(SOFTIRQ_SCHEDULE);
    } else {
        softirq_raise(cpu, SOFTIRQ_SCHEDULE);
    }
}

/* What to account a vCPU's time as while it does not run; its lock is held. */
static inline int rest_state(const struct vcpu *v)
{
    if (v->sched.is_runnable || vcpu_is_runnable(v)) {
        return RUNSTATE_runnable;
    }
    return READ_ONCE(v->stop) & VCPU_STOP_WAITS ? RUNSTATE_blocked
                                                : RUNSTATE_offline;
}

static inline void trace_vcpu(uint32_t event, const struct vcpu *v)
{
    if (trace_is_on(event)) {
        sched_trace_vcpu(event, v);
    }
}

/* Account and trace. */
static inline void set_runstate(struct vcpu *v, int state, nsec_t now)
{
    if (trace_is_on(TRACE_RUNSTATE) && v->runstate.state != state) {
        sched_trace_runstate(v, state);
    }
    vcpu_runstate_set(v, state, now);
}

/*
 * @cpu of @p is to come for a unit that waits.  If it idles it is taken, until
 * it finds nothing: see take_idle().
 */
static void call_for(struct sched_pool *p, unsigned int cpu)
{
    if (cpumask_test(&p->idle, cpu)) {
        (void)atomic_test_and_clear_bit(p->idle.bits, cpu);
    }
    sched_request_pick(cpu);
}

/* If a CPU idles that @u may use, let it come and take what it can. */
static void kick_idle(const struct sched_unit *u)
{
    unsigned int cpu;

    if (u->pool->top <= 64 && u->pool->idle.bits[0] == 0) {
        return;
    }
    cpu = sched_find_idle(u, NULL);
    if (cpu < SCHED_MAX_CPUS) {
        call_for(u->pool, cpu);
    }
}

static __noinline void kick_all_idle(const struct sched_pool *p)
{
    unsigned int cpu;

    bitmap_for_each_set(cpu, p->idle.bits, SCHED_MAX_CPUS)
    {
        sched_request_pick(cpu);
    }
}

/*
 * @u, alone in @q, takes a CPU that idles.  If that was to come for another
 * unit, which it will not now, any that idles may have to.
 */
static void take_idle(const struct runq *q, const struct sched_unit *u)
{
    if (cpumask_test(&u->pool->idle, q->cpu)) {
        (void)atomic_test_and_clear_bit(u->pool->idle.bits, q->cpu);
    } else {
        kick_all_idle(u->pool);
    }
}

/*
 * Limit the time of what runs.  A timer that comes too early only makes the
 * CPU choose again, so one that is due before is left alone, and so is one
 * that is not needed any more: two vCPUs that take turns quickly set it once
 * a slice, not at each turn, and a CPU that idles is woken once in vain.
 */
static inline void set_slice(struct sched_cpu *sc, nsec_t slice, nsec_t now)
{
    if (slice != NSEC_NEVER && now + slice < sc->rq.due) {
        WRITE_ONCE(sc->rq.due, now + slice);
        timer_set(&sc->slice, now + slice);
    }
}

static inline void find_cpu(const struct runq *q, const struct sched_unit *u,
                            const struct sched_unit *curr)
{
    const bool has_curr = curr && curr->is_runnable;

    if (!curr && q->nr_queued == 1) {
        take_idle(q, u);
    } else if (u->pool->top > 1 && q->nr_queued > (has_curr ? 0 : 1)) {
        /*
         * Somebody has to wait.  A CPU that became idle meanwhile has set its
         * bit before it looked at this queue: one of us sees the other.
         */
        smp_mb();
        if (has_curr && curr != u) {
            kick_idle(u);
        } else {
            /* Those queued before did not have to wait then, nor ask. */
            kick_all_idle(u->pool);
        }
    }
}

void sched_find_cpu(const struct runq *q, const struct sched_unit *u,
                    const struct sched_unit *curr)
{
    find_cpu(q, u, curr);
}

static __always_inline void wake_locked(struct sched_cpu *sc,
                                        struct sched_unit *u)
{
    const nsec_t now = time_now();
    struct vcpu *v = sched_vcpu(u);
    struct sched_unit *curr = sc->rq.curr;

    trace_vcpu(TRACE_WAKE, v);
    if (v->runstate.state != RUNSTATE_running) {
        set_runstate(v, RUNSTATE_runnable, now);
    }
    switch (u->pool->hooks->wake(&sc->rq, u, now)) {
    case SCHED_WAKE_NOTHING:
        break;
    case SCHED_WAKE_SLICE:
        if (sc->rq.cpu == this_cpu_id()) {
            if (sc->rq.due > now + SLICE_SOON) {
                set_slice(sc, u->pool->hooks->slice(&sc->rq, now), now);
            }
            break;
        }
        fallthrough;
    case SCHED_WAKE_PICK:
        sched_request_pick(sc->rq.cpu);
        break;
    }
    find_cpu(&sc->rq, u, curr);
}

void sched_wake_locked(struct sched_cpu *sc, struct sched_unit *u)
{
    wake_locked(sc, u);
}

static void sleep_locked(struct sched_cpu *sc, struct sched_unit *u)
{
    const nsec_t now = time_now();
    struct vcpu *v = sched_vcpu(u);

    if (u->is_runnable) {
        trace_vcpu(TRACE_SLEEP, v);
        u->pool->hooks->sleep(&sc->rq, u, now);
    } else if (likely(v->runstate.state != RUNSTATE_runnable)) {
        /* Else it waits for a change of its pool to end, in no queue. */
        return;
    }
    if (v->runstate.state != RUNSTATE_running) {
        set_runstate(v, rest_state(v), now);
    }
}

void sched_lock_cpu(struct sched_cpu *sc)
{
    lock_cpu(sc);
}

struct sched_cpu *sched_lock_home(struct vcpu *v)
{
    struct sched_unit *u = &v->sched;

    for (;;) {
        struct sched_cpu *sc = lock_vcpu(v);

        if (likely(sc->rq.pool == u->pool)) {
            return sc;
        }
        if (atomic_read_acquire(&u->is_loaded)) {
            sched_unlock(sc);
            return NULL;
        }
        WRITE_ONCE(u->cpu, bitmap_first_set(u->pool->cpus.bits,
                                            SCHED_MAX_CPUS));
        sched_unlock(sc);
    }
}

struct sched_cpu *sched_lock_vcpu(const struct vcpu *v)
{
    return lock_vcpu(v);
}

/*
 * @u, which is about to wake, into the queue where it is to wait: true if
 * that is @sc's; else u->cpu says now which to lock.
 */
static bool place_locked(struct sched_cpu *sc, struct sched_unit *u)
{
    const bool is_foreign = unlikely(sc->rq.pool != u->pool);
    unsigned int cpu = u->cpu;

    if (is_foreign) {
        /* The pool has changed: first to any CPU of it. */
        cpu = bitmap_first_set(u->pool->cpus.bits, SCHED_MAX_CPUS);
    } else if (u->pool->top > 1) {
        cpu = u->pool->hooks->pick_cpu(u);
    }
    if (cpu == u->cpu) {
        return true;
    }
    if (!is_foreign && u->pool->ops->leave) {
        u->pool->hooks->leave(&sc->rq, u);
    }
    WRITE_ONCE(u->cpu, cpu);
    return false;
}

/* All that may be needed; unlocks. */
static __noinline void update_locked(struct sched_cpu *sc, struct vcpu *v)
{
    struct sched_unit *u = &v->sched;
    bool is_placed = false;

    while (vcpu_is_runnable(v)) {
        const bool is_home = likely(sc->rq.pool == u->pool);

        if (is_home && u->gang && !sched_gang_may_wake(u)) {
            break;
        }
        if (u->is_runnable) {
            if (!is_home) {
                break;
            }
            sched_unlock(sc);
            return;
        }
        if (atomic_read_acquire(&u->is_loaded) || (is_home && is_placed) ||
            place_locked(sc, u)) {
            if (!is_home) {
                break;
            }
            sched_wake_locked(sc, u);
            sched_unlock(sc);
            return;
        }
        is_placed = is_home;
        sched_unlock(sc);
        sc = lock_vcpu(v);
    }
    sleep_locked(sc, u);
    /* Pairs with the release in sched_switch.c. */
    if (atomic_read_acquire(&u->is_loaded)) {
        sched_request_pick(sc->rq.cpu);
    }
    sched_unlock(sc);
}

void __no_stack_protector sched_update(struct vcpu *v)
{
    struct sched_unit *const u = &v->sched;
    struct sched_cpu *const sc = lock_vcpu(v);

    /* Mostly it wakes, in a queue where it has to stay. */
    if (likely(!u->is_runnable && sc->rq.pool == u->pool &&
               vcpu_is_runnable(v) &&
               (u->pool->top == 1 ||
                (atomic_read_acquire(&u->is_loaded) && !u->gang)))) {
        wake_locked(sc, u);
        sched_unlock(sc);
    } else {
        update_locked(sc, v);
    }
}

void sched_offer(struct sched_unit *u)
{
    struct vcpu *v = sched_vcpu(u);
    unsigned int offer_to = SCHED_MAX_CPUS;
    bool is_homeless = false;
    struct sched_cpu *sc;

    sc = lock_vcpu(v);
    if (!sched_unit_fits(u, u->cpu)) {
        if (atomic_read_acquire(&u->is_loaded)) {
            /* That CPU finds at its loop head that it must give it away. */
            sched_request_pick(u->cpu);
        } else if (u->is_runnable) {
            u->pool->hooks->sleep(&sc->rq, u, time_now());
            is_homeless = true;
        }
    } else if (u->pool->ops->offer && u->is_runnable && !u->is_running) {
        offer_to = u->pool->hooks->offer(&sc->rq, u);
    }
    sched_unlock(sc);
    if (is_homeless) {
        sched_update(v);
    } else if (offer_to < SCHED_MAX_CPUS) {
        call_for(u->pool, offer_to);
    } else {
        /* It waits for this CPU; one that idles may rather have it. */
        kick_idle(u);
    }
}

void __no_stack_protector sched_yield(struct vcpu *v)
{
    struct sched_cpu *sc = this_cpu()->sched;

    if (READ_ONCE(sc->rq.nr_queued) == 0) {
        return;
    }
    trace_vcpu(TRACE_YIELD, v);
    sc->has_yielded = true;
    softirq_raise_self(SOFTIRQ_SCHEDULE);
}

/* Bring one unit here from a queue where it waits; true if one came. */
NO_LOCK_ANALYSIS static bool steal_from(struct sched_cpu *sc,
                                        struct sched_cpu *from)
{
    struct spinlock *here = READ_ONCE(sc->lock);
    struct spinlock *there = READ_ONCE(from->lock);
    const nsec_t now = time_now();
    struct sched_unit *u = NULL;

    if (here == there) {
        /* One group: pick() has looked there. */
        return false;
    }
    spin_lock_both(here, there);
    if (likely(sc->lock == here && from->lock == there &&
               sc->rq.pool == from->rq.pool)) {
        u = sc->rq.pool->hooks->steal(&from->rq, &sc->rq, now);
    }
    if (u) {
        WRITE_ONCE(u->cpu, sc->rq.cpu);
        (void)u->pool->hooks->wake(&sc->rq, u, now);
    }
    spin_unlock_both(here, there);
    return u != NULL;
}

static bool steal_any(struct sched_cpu *sc)
{
    const struct sched_pool *p = sc->rq.pool;
    const unsigned int top = READ_ONCE(p->top);
    unsigned int cpu = sc->rq.cpu;

    if (!p->ops->steal) {
        return false;
    }
    for (unsigned int i = 1; i < top; i++) {
        const struct runq *q;

        cpu = cpu + 1 < top ? cpu + 1 : 0;
        q = atomic_read_acquire(&p->runq[cpu]);
        if (q && READ_ONCE(q->nr_queued) > 0 && q != &sc->rq &&
            steal_from(sc, sched_cpu_of(cpu))) {
            return true;
        }
    }
    return false;
}

/* May others count on this CPU to come?  Under the lock of its queue. */
static void offer_cpu(struct sched_cpu *sc, bool offered)
{
    struct sched_pool *p = sc->rq.pool;

    if (cpumask_test(&p->idle, sc->rq.cpu) == offered) {
        return;
    }
    if (offered) {
        (void)atomic_test_and_set_bit(p->idle.bits, sc->rq.cpu);
    } else {
        (void)atomic_test_and_clear_bit(p->idle.bits, sc->rq.cpu);
    }
}

static void set_idle(struct sched_cpu *sc, bool idle, nsec_t now)
{
    if (sc->is_idle != idle) {
        sc->is_idle = idle;
        if (idle) {
            sc->idle_since = now;
            if (trace_is_on(TRACE_RUNSTATE)) {
                sched_trace_idle(sc->rq.cpu, true);
            }
        } else {
            sc->idle_total += now - sc->idle_since;
        }
    }
}

/* Let the policy choose; what ran before is @prev. */
static __always_inline struct sched_choice pick_locked(struct sched_cpu *sc,
                                                       struct vcpu *prev,
                                                       nsec_t now)
{
    const struct sched_ops *hooks = sc->rq.pool->hooks;
    struct sched_choice choice;

    if (sc->has_yielded) {
        sc->has_yielded = false;
        if (prev && sc->rq.curr == &prev->sched) {
            hooks->yield(&sc->rq, now);
        }
    }
    if (prev && prev->sched.is_runnable &&
        (!vcpu_is_runnable(prev) ||
         !sched_unit_fits_queue(&prev->sched, &sc->rq))) {
        /*
         * It waits; or its affinity changed, and sched_switch() offers it
         * elsewhere.
         */
        trace_vcpu(TRACE_SLEEP, prev);
        hooks->sleep(&sc->rq, &prev->sched, now);
    }
    choice = hooks->pick(&sc->rq, now);
    if (unlikely(choice.unit && choice.unit->is_loaded &&
                 !sched_unit_fits_queue(choice.unit, &sc->rq))) {
        /* The same, but it slept then.  A CPU holds one such at most. */
        hooks->sleep(&sc->rq, choice.unit, now);
        choice = hooks->pick(&sc->rq, now);
    }
    return choice;
}

/*
 * Choose under the lock.  Run states change with the choice; a vCPU that
 * goes on running keeps its own.  If the policy wants to look elsewhere first
 * and *@look lets it, there is no choice yet; it becomes false otherwise.
 */
static __always_inline struct vcpu *
choose(struct sched_cpu *sc, nsec_t *now, bool *look)
{
    struct vcpu *prev = this_cpu()->current;
    struct sched_choice choice;
    struct vcpu *next;

    lock_cpu(sc);
    *now = time_now();
    if (sc->is_idle) {
        /* The policy may ask for one that idles; it is not this one. */
        offer_cpu(sc, false);
    }
    choice = pick_locked(sc, prev, *now);
    if (!choice.unit && likely(!sc->rq.pool->gangs)) {
        offer_cpu(sc, true);
    }
    *look = *look && choice.look;
    if (unlikely(*look)) {
        sched_unlock(sc);
        return NULL;
    }
    next = choice.unit ? sched_vcpu(choice.unit) : NULL;
    if (unlikely(READ_ONCE(trace_mask) != 0)) {
        sched_trace_choice(sc, prev, prev ? rest_state(prev) : 0, next,
                           choice.slice, *now);
    }
    if (prev && prev != next) {
        vcpu_runstate_set(prev, rest_state(prev), *now);
    }
    if (next && next->runstate.state != RUNSTATE_running) {
        vcpu_runstate_set(next, RUNSTATE_running, *now);
        atomic_set_relaxed(&next->sched.is_loaded, true);
    }
    sched_unlock(sc);
    if (unlikely(choice.also != 0)) {
        call_for(sc->rq.pool, choice.also - 1);
    }
    set_slice(sc, choice.slice, *now);
    return next;
}

/* The same, after a look elsewhere. */
static __noinline struct vcpu *choose_again(struct sched_cpu *sc, nsec_t *now)
{
    bool look = false;

    return choose(sc, now, &look);
}

void __no_stack_protector sched_run(void)
{
    struct sched_cpu *sc = this_cpu()->sched;
    bool look = true;
    nsec_t now;
    struct vcpu *next = choose(sc, &now, &look);

    if (unlikely(look)) {
        (void)steal_any(sc);
        next = choose_again(sc, &now);
    }
    if (!next || sc->is_idle) {
        set_idle(sc, !next, now);
    }
    if (!next && likely(!sc->is_held)) {
        /* Pairs with sched_wake_locked(): first offer_cpu(), then a look. */
        smp_mb();
        if (steal_any(sc)) {
            next = choose_again(sc, &now);
            set_idle(sc, !next, now);
        }
    }
    sched_switch(sc, next);
    /* A CPU whose policy could not choose idles. */
    if (!next && unlikely(sc->rq.pool->fault != NULL)) {
        sched_fall_back(sc->rq.pool);
    }
}
