/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: a heap of the next event of each CPU and each vCPU.  A CPU's next is
 * the earliest of: it chooses, it is asked to, its slice ends, the burst of
 * what it runs ends.  Work progresses only here, in engine_advance(), and not
 * while the CPU is on its way through the hypervisor to a choice.
 */
#include <lab/sim.h>

#include <core/kernel/bug.h>
#include <core/kernel/softirq.h>
#include <core/lib/errno.h>
#include <core/sched/sched_core.h>
#include <core/sched/sched_priv.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHECK_EVENTS 1024u
#define YIELD_AFTER (20 * NSEC_PER_USEC)

struct sim sim;

static void set_event(struct heap_node *n, nsec_t at)
{
    if (at == NSEC_NEVER) {
        heap_remove(&sim.events, n);
    } else if (heap_is_queued(n)) {
        if (n->key != at) {
            heap_update(&sim.events, n, at);
        }
    } else if (heap_insert(&sim.events, n, at) != 0) {
        sim_die("too many events");
    }
}

void engine_set_timer(struct sim_vcpu *s, nsec_t at)
{
    set_event(&s->timer, at == NSEC_NEVER ? at : at + sim.costs.timer);
}

void engine_touch(struct sim_cpu *c)
{
    nsec_t at = min(c->slice_at, c->pick_at);

    if (!sim.events.slots) {
        return; /* The experiment is still being read */
    }
    at = min(at, c->choose_at);
    if (c->running && c->choose_at == NSEC_NEVER) {
        const struct sim_vcpu *s = sim_vcpu_of(c->running);

        if (!s->is_spinning) {
            at = min(at, c->since + s->overhead + s->left);
        } else if (s->g->yields) {
            at = min(at, c->yield_at);
        }
    }
    /* A moment to yield may have passed before the guest began to spin. */
    set_event(&c->event, max(at, sim.now));
}

void engine_advance(struct sim_cpu *c)
{
    nsec_t passed = sim.now - c->since;
    struct sim_vcpu *s;

    c->since = sim.now;
    if (!c->running || passed == 0) {
        return;
    }
    if (c->choose_at != NSEC_NEVER) {
        c->lost += passed;
        return;
    }
    s = sim_vcpu_of(c->running);
    if (s->overhead) {
        const nsec_t burnt = min(s->overhead, passed);

        s->overhead -= burnt;
        passed -= burnt;
        c->lost += burnt;
    }
    c->busy += passed;
    if (!s->is_spinning) {
        s->left -= min(s->left, passed);
        s->done_work += passed;
    }
}

struct sim_cpu *engine_cpu_of(const struct sim_vcpu *s)
{
    struct sim_cpu *c = sim_cpu_of(s->v.sched.cpu);

    return c->running == &s->v ? c : NULL;
}

/* The guest that was interrupted goes on. */
static void go_on(struct sim_cpu *c)
{
    if (c->running) {
        sim_vcpu_of(c->running)->overhead += c->owed;
    }
}

/* What cpu_loop() does at its head. */
static void loop_head(struct sim_cpu *c)
{
    const struct vcpu *interrupted = c->running;

    host_be(c->c.id);
    engine_advance(c);
    c->choose_at = NSEC_NEVER;
    while (c->c.softirq_pending) {
        struct vcpu *prev = c->running;
        const uint64_t before = sim_blocks;
        const uint64_t switches = c->switches;

        c->c.softirq_pending = 0;
        sim.sum.decisions++;
        sched_run();
        steps_add(&sim.sum.decision, before);
        c->running = c->c.current;
        if ((prev == NULL) != (c->running == NULL)) {
            report_count();
            sim.idle_cpus += prev ? 1u : -1u;
        }
        if (!prev && c->running && c->switches == switches) {
            sim_vcpu_of(c->running)->overhead += sim.costs.resume;
        }
        c->since = sim.now;
        c->yield_at = sim.now + YIELD_AFTER;
    }
    if (c->running == interrupted) {
        go_on(c);
    }
    c->owed = 0;
    engine_touch(c);
}

/* Code that ran on @c may have raised its softirqs: they run after @delay. */
static void after(struct sim_cpu *c, nsec_t delay)
{
    if (c->choose_at != NSEC_NEVER) {
        engine_touch(c);
    } else if (!c->c.softirq_pending) {
        go_on(c);
        c->owed = 0;
        engine_touch(c);
    } else if (delay == 0) {
        loop_head(c);
    } else {
        c->choose_at = sim.now + delay;
        engine_touch(c);
    }
}

/* What runs on @c, if the CPU is still with it, was interrupted @ago. */
static void interrupt(struct sim_cpu *c, nsec_t ago)
{
    if (c->running && c->choose_at == NSEC_NEVER && !c->c.softirq_pending) {
        sim_vcpu_of(c->running)->overhead += ago;
        c->owed = max(sim.costs.exit, ago) - ago;
    }
}

/* What runs on @c spins on, or has done its burst. */
static void guest_event(struct sim_cpu *c, struct sim_vcpu *s)
{
    if (s->is_spinning) {
        if (c->yield_at <= sim.now) {
            c->yield_at = sim.now + YIELD_AFTER;
            sched_yield(&s->v);
        }
    } else if (s->left == 0 && s->overhead == 0) {
        load_done(s);
    }
}

/* A burst that ends with a slice or an interrupt has ended: true. */
static bool burst_ends(struct sim_cpu *c)
{
    if (c->running && c->choose_at == NSEC_NEVER) {
        guest_event(c, sim_vcpu_of(c->running));
    }
    return c->c.softirq_pending != 0;
}

/* What is due on a CPU. */
static void cpu_event(struct sim_cpu *c)
{
    bool is_over;

    host_be(c->c.id);
    engine_advance(c);
    is_over = burst_ends(c);
    if (c->pick_at <= sim.now) {
        c->pick_at = NSEC_NEVER;
        interrupt(c, 0);
        softirq_raise_self(SOFTIRQ_SCHEDULE);
    }
    if (c->slice_at <= sim.now) {
        struct sched_cpu *sc = c->c.sched;

        c->slice_at = NSEC_NEVER;
        interrupt(c, sim.costs.timer);
        sc->slice.fn(sc->slice.data);
    }
    if (c->choose_at <= sim.now) {
        loop_head(c);
    } else {
        after(c, is_over ? sim.costs.block : 0);
    }
}

/*
 * An interrupt for @s, taken by the CPU where it is.  Who is awake looks for
 * more to do itself when it is done.
 */
static void vcpu_event(struct sim_vcpu *s)
{
    struct sim_cpu *c = sim_cpu_of(s->v.sched.cpu);
    bool is_over;

    host_be(c->c.id);
    engine_advance(c);
    is_over = burst_ends(c);
    if (s->v.stop & VCPU_STOP_BLOCKED) {
        interrupt(c, sim.costs.timer);
    }
    load_timer(s);
    after(c, is_over ? sim.costs.block : sim.costs.wake);
}

static void next_action(void)
{
    nsec_t at = NSEC_NEVER;

    for (unsigned int i = 0; i < sim.nr_actions; i++) {
        at = min(at, sim.action[i].at);
    }
    set_event(&sim.action_timer, at);
}

static void action_event(void)
{
    for (unsigned int i = 0; i < sim.nr_actions; i++) {
        struct sim_action *a = &sim.action[i];

        if (a->at <= sim.now) {
            a->at = a->every ? a->at + a->every : NSEC_NEVER;
            for (unsigned int c = 0; c < sim.nr_cpus; c++) {
                engine_advance(&sim.cpu[c]);
            }
            host_act(a);
        }
    }
    next_action();
}

static void show_progress(bool is_last)
{
    static clock_t last;
    const clock_t t = clock();

    if (!sim.progress || (!is_last && t - last < CLOCKS_PER_SEC / 10)) {
        return;
    }
    last = t;
    (void)fprintf(stderr, "\r  %5.1f %% of %.3f s, %.1f million decisions%s",
                  100.0 * (double)sim.now / (double)sim.end,
                  (double)sim.end / 1e9, (double)sim.sum.decisions / 1e6,
                  is_last ? "\n" : "");
}

void engine_init(void)
{
    const unsigned int n = sim.nr_cpus + sim.nr_vcpus + 1;

    heap_init(&sim.events, calloc(n, sizeof(struct heap_node *)), n);
    for (unsigned int i = 0; i < sim.nr_cpus; i++) {
        sim.cpu[i].pick_at = 0;
        sim.cpu[i].slice_at = NSEC_NEVER;
        sim.cpu[i].choose_at = NSEC_NEVER;
        sim.cpu[i].c.softirq_pending = 0;
        engine_touch(&sim.cpu[i]);
    }
    sim.idle_cpus = sim.nr_cpus;
    next_action();
}

void engine_run(void)
{
    for (unsigned int i = 0; i < sim.nr_vcpus; i++) {
        struct sim_vcpu *s = sim.vcpu[i];

        engine_set_timer(s, s->g->start + s->v.id * s->g->step);
    }
    for (;;) {
        struct heap_node *n = heap_min(&sim.events);

        if (!n || n->key > sim.end) {
            break;
        }
        BUG_ON(n->key < sim.now);
        sim.now = n->key;
        sim.sum.events++;
        if (n == &sim.action_timer) {
            action_event();
        } else if ((char *)n >= (char *)sim.cpu &&
                   (char *)n < (char *)(sim.cpu + sim.nr_cpus)) {
            cpu_event(container_of(n, struct sim_cpu, event));
        } else {
            struct sim_vcpu *s = container_of(n, struct sim_vcpu, timer);

            engine_set_timer(s, NSEC_NEVER);
            vcpu_event(s);
        }
        if (sim.check && sim.sum.events % CHECK_EVENTS == 0) {
            host_check();
        }
        if (sim.sum.events % 4096 == 0) {
            show_progress(false);
        }
    }
    sim.now = sim.end;
    for (unsigned int i = 0; i < sim.nr_cpus; i++) {
        engine_advance(&sim.cpu[i]);
    }
    report_count();
    host_check();
    show_progress(true);
}
