/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guests do.  A load is asked when a vCPU starts, when its own event
 * comes, and when a burst of work has ended; it answers by setting the next
 * burst and the next event, by blocking, or by spinning.
 *
 * Periodic and sporadic tasks and servers are one thing: jobs arrive, wait in
 * a queue of the vCPU and are done in order.
 */
#include <lab/sim.h>

#include <core/domain/vcpu.h>

#include <math.h>
#include <stdlib.h>

#define FOR_EVER (UINT64_C(1) << 61)
#define BACKLOG_MAX 4096u

/*
 * Two streams for each vCPU, so that what arrives and what it takes depend on
 * the seed only, whatever the policy does.
 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Exponential with this mean, at least 1, at most 30 times the mean. */
static nsec_t exponential(uint64_t *state, nsec_t mean)
{
    const double u = (double)(next_random(state) >> 11) * 0x1p-53;
    const double x = -log1p(-u) * (double)mean;

    return 1 + (nsec_t)min(x, 30.0 * (double)mean);
}

static nsec_t amount(struct sim_vcpu *s, nsec_t mean)
{
    return s->g->is_random ? exponential(&s->random, mean) : mean;
}

static nsec_t device_wait(struct sim_vcpu *s)
{
    const nsec_t mean = s->g->wait;

    return s->g->is_random ? exponential(&s->random_gap, mean) : mean;
}

/* Behind the last one, whenever that was taken notice of. */
static nsec_t next_arrival(struct sim_vcpu *s)
{
    const struct sim_guest *g = s->g;

    switch (g->kind) {
    case LOAD_SERVER:
        s->next_release += exponential(&s->random_gap, g->period);
        break;
    case LOAD_SPORADIC:
        s->next_release += g->period +
            exponential(&s->random_gap, g->wait ? g->wait : g->period);
        break;
    default: s->next_release += g->period; break;
    }
    return s->next_release;
}

static void begin_job(struct sim_vcpu *s, nsec_t release)
{
    s->release = release;
    s->phase = 1;
    s->left = amount(s, s->g->work);
}

static void job_arrives(struct sim_vcpu *s)
{
    engine_set_timer(s, next_arrival(s));
    if (s->phase == 0) {
        begin_job(s, sim.now);
        host_wake(s);
    } else if (s->backlog < BACKLOG_MAX) {
        s->arrived[(s->arrived_at + s->backlog++) % BACKLOG_MAX] = sim.now;
    } else {
        s->g->misses++;
    }
}

static void job_ends(struct sim_vcpu *s)
{
    struct sim_guest *g = s->g;
    const nsec_t took = sim.now - s->release;

    hist_add(&g->response, took);
    g->jobs++;
    g->misses += g->deadline && took > g->deadline;
    s->phase = 0;
    if (s->backlog) {
        const nsec_t release = s->arrived[s->arrived_at];

        s->arrived_at = (s->arrived_at + 1) % BACKLOG_MAX;
        s->backlog--;
        begin_job(s, release);
    } else {
        host_block(s);
    }
}

/* @s, which waits at a barrier or for a lock, may go on with @work. */
static void release_waiter(struct sim_vcpu *s, nsec_t work)
{
    if (s->is_spinning) {
        struct sim_cpu *c = engine_cpu_of(s);

        if (c) {
            engine_advance(c);
        }
        s->is_spinning = false;
        s->left = work;
        if (c) {
            engine_touch(c);
        }
    } else {
        s->left = work;
        host_wake(s);
    }
}

static void wait_for_others(struct sim_vcpu *s)
{
    if (s->g->spins) {
        s->is_spinning = true;
    } else {
        host_block(s);
    }
}

static void barrier_reached(struct sim_vcpu *s)
{
    struct sim_guest *g = s->g;
    struct vcpu *other;

    s->phase = 1;
    if (++g->barrier.waiting < g->vcpus) {
        wait_for_others(s);
        return;
    }
    g->barrier.waiting = 0;
    g->jobs++;
    hist_add(&g->response, sim.now - g->first->release);
    g->first->release = sim.now;
    for_each_vcpu(&g->d, other) {
        struct sim_vcpu *o = sim_vcpu_of(other);

        o->phase = 0;
        if (o == s) {
            s->left = amount(s, g->work);
        } else {
            release_waiter(o, amount(o, g->work));
        }
    }
}

/* Phase 0: on its own; 1: inside the lock. */
static void lock_step(struct sim_vcpu *s)
{
    struct sim_lock *l = &s->g->lock;

    if (s->phase == 0) {
        s->release = sim.now;
        s->phase = 1;
        if (!l->holder) {
            l->holder = s;
            s->left = s->g->wait;
            return;
        }
        s->next_waiter = NULL;
        if (l->last) {
            l->last->next_waiter = s;
        } else {
            l->first = s;
        }
        l->last = s;
        wait_for_others(s);
        return;
    }
    s->g->jobs++;
    hist_add(&s->g->response, sim.now - s->release);
    s->phase = 0;
    s->left = amount(s, s->g->work);
    l->holder = l->first;
    if (l->first) {
        struct sim_vcpu *next = l->first;

        l->first = next->next_waiter;
        l->last = l->first ? l->last : NULL;
        release_waiter(next, s->g->wait);
    }
}

static void boot_step(struct sim_vcpu *s)
{
    if (s->done_work >= s->g->total) {
        s->is_over = true;
        s->g->jobs++;
        hist_add(&s->g->response, sim.now - s->started);
    } else {
        engine_set_timer(s, sim.now + device_wait(s));
    }
    host_block(s);
}

static void play_step(struct sim_vcpu *s)
{
    const struct sim_guest *g = s->g;
    const nsec_t sleep = g->play[2 * s->phase + 1];

    s->g->jobs++;
    hist_add(&s->g->response, sim.now - s->release);
    s->phase = (s->phase + 1) % g->nr_play;
    if (sleep == 0) {
        s->release = sim.now;
        s->left = g->play[2 * s->phase];
        return;
    }
    engine_set_timer(s, sim.now + sleep);
    host_block(s);
}

void load_done(struct sim_vcpu *s)
{
    struct sim_guest *g = s->g;

    if (g->stop && sim.now >= g->stop) {
        s->is_over = true;
        host_block(s);
        return;
    }
    switch (g->kind) {
    case LOAD_HOG: s->left = FOR_EVER; break;
    case LOAD_PERIODIC:
    case LOAD_SPORADIC:
    case LOAD_SERVER: job_ends(s); break;
    case LOAD_IO:
        g->jobs++;
        hist_add(&g->response, sim.now - s->release);
        engine_set_timer(s, sim.now + device_wait(s));
        host_block(s);
        break;
    case LOAD_BARRIER: barrier_reached(s); break;
    case LOAD_LOCK: lock_step(s); break;
    case LOAD_BOOT: boot_step(s); break;
    case LOAD_PLAY: play_step(s); break;
    case LOAD_KINDS: break;
    }
}

void load_timer(struct sim_vcpu *s)
{
    const struct sim_guest *g = s->g;

    if (s->is_over || (g->stop && sim.now >= g->stop)) {
        return;
    }
    if (!s->v.initialised) {
        load_start(s);
        return;
    }
    switch (g->kind) {
    case LOAD_PERIODIC:
    case LOAD_SPORADIC:
    case LOAD_SERVER: job_arrives(s); return;
    case LOAD_PLAY: s->left = g->play[2 * s->phase]; break;
    default: s->left = amount(s, g->work); break;
    }
    s->release = sim.now;
    host_wake(s);
}

void load_start(struct sim_vcpu *s)
{
    const struct sim_guest *g = s->g;

    s->v.initialised = true;
    s->started = sim.now;
    s->release = sim.now;
    s->next_release = g->start + s->v.id * g->step;
    switch (g->kind) {
    case LOAD_PERIODIC:
    case LOAD_SPORADIC:
    case LOAD_SERVER:
        s->arrived = calloc(BACKLOG_MAX, sizeof(*s->arrived));
        if (g->kind == LOAD_SERVER) {
            engine_set_timer(s, next_arrival(s));
        } else {
            job_arrives(s);
        }
        return;
    case LOAD_HOG: s->left = FOR_EVER; break;
    case LOAD_PLAY: s->left = g->play[0]; break;
    default: s->left = amount(s, g->work); break;
    }
    host_wake(s);
}
