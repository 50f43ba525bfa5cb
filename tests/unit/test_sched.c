/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policies in simulated time: a small stand-in for the scheduler core
 * moves units between CPUs as core/sched/sched.c does, random units work,
 * sleep and yield.  What must hold: no unit is lost or in two places, every
 * runnable unit runs again, CPUs do not idle while work waits that they may
 * do, equal units get equal time, sleepers are served fast.
 *
 * Links: policies tests/unit/fake_slab.c
 */
#include "unit.h"

#include <core/abi/domctl.h>
#include <core/console/printk.h>
#include <core/sched/sched.h>

#define MAX_UNITS 40u
#define MAX_SIM_CPUS 8u
#define MS NSEC_PER_MSEC

void printk_raw(const char *fmt, ...)
{
}

struct sim_unit {
    struct sched_unit u;
    bool wants;          /* What the vCPU wants                              */
    nsec_t ran;          /* Total                                            */
    nsec_t ready_since;  /* Waits since; valid if wants and not running      */
    nsec_t max_wait;
    nsec_t burst;        /* Runs this long, then sleeps; 0: for ever         */
    nsec_t burst_left;
    nsec_t sleep;        /* Sleeps this long                                 */
    nsec_t wake_at;
};

struct sim_cpu {
    struct runq q;
    nsec_t slice_end;
    bool must_pick;
    nsec_t idle;
};

static struct sched_pool pool;
static struct sim_cpu cpus[MAX_SIM_CPUS];
static unsigned int nr_cpus;
static struct sim_unit units[MAX_UNITS];
static unsigned int nr_units;
static nsec_t now;

static struct sim_unit *sim_of(struct sched_unit *u)
{
    return u ? container_of(u, struct sim_unit, u) : NULL;
}

static void sim_init(const struct sched_ops *ops, unsigned int n)
{
    pool = (struct sched_pool){ .ops = ops, .hooks = ops, .slice = 10 * MS };
    nr_cpus = n;
    nr_units = 0;
    now = 1000 * MS;
    for (unsigned int i = 0; i < n; i++) {
        cpus[i] = (struct sim_cpu){ .slice_end = NSEC_NEVER };
        bitmap_set(pool.cpus.bits, i);
        bitmap_set(pool.idle.bits, i);
        sched_runq_init(&cpus[i].q, &pool, i, ops->group ? &cpus[0].q : NULL);
    }
}

static struct sim_unit *sim_add(nsec_t burst, nsec_t sleep)
{
    struct sim_unit *s = &units[nr_units];

    *s = (struct sim_unit){ .burst = burst, .sleep = sleep };
    s->u = (struct sched_unit){
        .id = nr_units, .pool = &pool, .cpu = nr_units % nr_cpus,
        .pinned_to = -1,
    };
    list_init(&s->u.queue);
    bitmap_fill(s->u.hard.bits, SCHED_MAX_CPUS);
    bitmap_fill(s->u.soft.bits, SCHED_MAX_CPUS);
    CHECK_EQ(pool.ops->unit_init(&s->u), 0);
    nr_units++;
    return s;
}

static void kick_idle(const struct sched_unit *u)
{
    for (unsigned int i = 0; i < nr_cpus; i++) {
        if (cpumask_test(&pool.idle, i) && sched_unit_fits(u, i)) {
            cpus[i].must_pick = true;
            return;
        }
    }
}

static void sim_wake(struct sim_unit *s)
{
    struct sched_unit *u = &s->u;

    s->wants = true;
    s->ready_since = now;
    s->burst_left = s->burst;
    s->wake_at = NSEC_NEVER;
    if (!u->is_loaded) {
        const unsigned int cpu = pool.ops->pick_cpu(u);

        CHECK(cpu < nr_cpus);
        if (cpu != u->cpu && pool.ops->leave) {
            pool.ops->leave(&cpus[u->cpu].q, u);
        }
        u->cpu = cpu;
    }

    struct sim_cpu *c = &cpus[u->cpu];
    const struct sched_unit *curr = c->q.curr;

    switch (pool.ops->wake(&c->q, u, now)) {
    case SCHED_WAKE_NOTHING: break;
    case SCHED_WAKE_SLICE:
        c->slice_end = now + pool.ops->slice(&c->q, now);
        break;
    case SCHED_WAKE_PICK: c->must_pick = true; break;
    }
    bitmap_clear(pool.idle.bits, u->cpu);
    if (c->q.nr_queued > 1 ||
        (c->q.nr_queued == 1 && curr && curr->is_runnable)) {
        kick_idle(u);
    }
}

static void sim_sleep(struct sim_unit *s)
{
    s->wants = false;
    s->wake_at = s->sleep == NSEC_NEVER ? NSEC_NEVER : now + s->sleep;
    pool.ops->sleep(&cpus[s->u.cpu].q, &s->u, now);
    if (s->u.is_loaded) {
        cpus[s->u.cpu].must_pick = true;
    }
}

static struct sched_choice choose(unsigned int i)
{
    struct runq *q = &cpus[i].q;

    if (q->curr && q->curr->is_runnable && !sched_unit_fits(q->curr, i)) {
        pool.ops->sleep(q, q->curr, now);
    }
    return pool.ops->pick(q, now);
}

static bool steal(unsigned int to)
{
    for (unsigned int from = 0; from < nr_cpus; from++) {
        struct sched_unit *u;

        if (cpus[from].q.lead == cpus[to].q.lead ||
            cpus[from].q.nr_queued == 0) {
            continue;
        }
        u = pool.ops->steal(&cpus[from].q, &cpus[to].q, now);
        if (u) {
            u->cpu = to;
            (void)pool.ops->wake(&cpus[to].q, u, now);
            return true;
        }
    }
    return false;
}

static void sim_pick(unsigned int i)
{
    struct sim_cpu *c = &cpus[i];
    struct sim_unit *prev = sim_of(c->q.curr);
    struct sched_choice choice;

    c->must_pick = false;
    choice = choose(i);
    if (!choice.unit) {
        bitmap_set(pool.idle.bits, i);
        if (steal(i)) {
            choice = choose(i);
        }
    }
    if (choice.unit) {
        bitmap_clear(pool.idle.bits, i);
    }
    c->slice_end = choice.slice == NSEC_NEVER ? NSEC_NEVER
                                              : now + choice.slice;
    CHECK(choice.unit == c->q.curr);
    if (prev && &prev->u != choice.unit) {
        prev->u.is_loaded = false;
        if (prev->wants && prev->u.is_runnable) {
            prev->ready_since = now;
            kick_idle(&prev->u);
        } else if (prev->wants) {
            sim_wake(prev);
        }
    }
    if (choice.unit) {
        struct sim_unit *next = sim_of(choice.unit);

        CHECK(next->wants);
        if (next != prev && now - next->ready_since > next->max_wait) {
            next->max_wait = now - next->ready_since;
        }
        next->u.is_loaded = true;
    }
}

static void settle(void)
{
    bool again = true;

    for (unsigned int rounds = 0; again && CHECK(rounds < 1000); rounds++) {
        again = false;
        for (unsigned int i = 0; i < nr_cpus; i++) {
            if (cpus[i].must_pick) {
                sim_pick(i);
                again = true;
            }
        }
    }
}

/* Settled: who wants is in exactly one place (with null, may own a CPU). */
static void sim_check(void)
{
    for (unsigned int i = 0; i < nr_cpus; i++) {
        CHECK(pool.ops->check(&cpus[i].q));
    }
    for (unsigned int i = 0; i < nr_units; i++) {
        const struct sim_unit *s = &units[i];
        unsigned int places = 0;

        CHECK_EQ(s->u.is_runnable, s->wants);
        for (unsigned int c = 0; c < nr_cpus; c++) {
            const struct sched_unit *u;

            places += cpus[c].q.curr == &s->u;
            for (unsigned int k = 0; k < SCHED_QUEUES; k++) {
                list_for_each_entry(u, &cpus[c].q.queue[k], queue)
                {
                    places += u == &s->u;
                }
            }
        }
        CHECK_EQ(places, s->wants);
    }
}

/* No CPU idles while a unit waits elsewhere that it might run. */
static void check_work_conserving(void)
{
    for (unsigned int i = 0; i < nr_cpus; i++) {
        if (cpus[i].q.curr) {
            continue;
        }
        CHECK_EQ(cpus[i].q.nr_queued, 0);
        for (unsigned int k = 0; k < nr_units; k++) {
            const struct sim_unit *s = &units[k];

            if (s->wants && !s->u.is_running) {
                CHECK(!sched_unit_fits(&s->u, i));
            }
        }
    }
}

static void account(nsec_t step)
{
    for (unsigned int i = 0; i < nr_cpus; i++) {
        struct sim_unit *s = sim_of(cpus[i].q.curr);

        if (!s) {
            cpus[i].idle += step;
            continue;
        }
        s->ran += step;
        if (s->burst) {
            s->burst_left = s->burst_left > step ? s->burst_left - step : 0;
        }
    }
    now += step;
}

static void run_events(void)
{
    for (unsigned int i = 0; i < nr_cpus; i++) {
        struct sim_unit *s = sim_of(cpus[i].q.curr);

        if (now >= cpus[i].slice_end) {
            cpus[i].must_pick = true;
        }
        if (s && s->wants && s->burst && s->burst_left == 0) {
            sim_sleep(s);
        }
    }
    for (unsigned int i = 0; i < nr_units; i++) {
        if (!units[i].wants && now >= units[i].wake_at) {
            sim_wake(&units[i]);
        }
    }
    settle();
}

static void sim_run(nsec_t length, nsec_t step)
{
    for (const nsec_t end = now + length; now < end;) {
        account(step);
        run_events();
    }
    sim_check();
}

static void start_all(void)
{
    for (unsigned int i = 0; i < nr_units; i++) {
        sim_wake(&units[i]);
    }
    settle();
}

TEST(equal_hogs_get_equal_time)
{
    sim_init(&sched_rr_ops, 1);
    for (unsigned int i = 0; i < 5; i++) {
        sim_add(0, NSEC_NEVER);
    }
    start_all();
    sim_run(5000 * MS, MS / 10);
    for (unsigned int i = 0; i < 5; i++) {
        CHECK(units[i].ran > 980 * MS && units[i].ran < 1020 * MS &&
              units[i].max_wait < 45 * MS);
    }
}

TEST(hogs_spread_over_cpus)
{
    sim_init(&sched_rr_ops, 4);
    for (unsigned int i = 0; i < 8; i++) {
        sim_add(0, NSEC_NEVER);
    }
    start_all();
    sim_run(2000 * MS, MS / 10);
    for (unsigned int i = 0; i < 8; i++) {
        CHECK(units[i].ran > 900 * MS && units[i].ran < 1100 * MS);
    }
    check_work_conserving();
}

TEST(a_lone_unit_needs_no_slice)
{
    sim_init(&sched_rr_ops, 1);
    sim_add(0, NSEC_NEVER);
    start_all();
    sim_run(100 * MS, MS);
    CHECK(units[0].ran == 100 * MS && cpus[0].slice_end == NSEC_NEVER);
}

TEST(sleepers_are_served_fast)
{
    struct sim_unit *s;

    sim_init(&sched_rr_ops, 1);
    for (unsigned int i = 0; i < 4; i++) {
        sim_add(0, NSEC_NEVER);
    }
    s = sim_add(MS / 10, 5 * MS);
    start_all();
    sim_run(3000 * MS, MS / 20);
    /* It woke some 580 times and almost never waited for a hog. */
    CHECK(s->ran > 50 * MS && s->max_wait < 11 * MS * 4);
}

TEST(sleeping_does_not_pay)
{
    struct sim_unit *hog;
    struct sim_unit *cheat;

    sim_init(&sched_rr_ops, 1);
    hog = sim_add(0, NSEC_NEVER);
    /* Sleeps for a moment just before its slice would end. */
    cheat = sim_add(9 * MS, MS / 10);
    start_all();
    sim_run(10000 * MS, MS / 10);
    CHECK(hog->ran > 4500 * MS && cheat->ran > 4000 * MS);

    /* Two that wake each other all the time. */
    sim_init(&sched_rr_ops, 1);
    hog = sim_add(0, NSEC_NEVER);
    sim_add(MS / 10, MS / 10);
    sim_add(MS / 10, MS / 10);
    start_all();
    sim_run(5000 * MS, MS / 20);
    CHECK(hog->ran > 1500 * MS);
}

TEST(affinity_is_kept)
{
    sim_init(&sched_rr_ops, 3);
    for (unsigned int i = 0; i < 6; i++) {
        struct sim_unit *s = sim_add(i < 3 ? 0 : MS, 2 * MS);

        bitmap_zero(s->u.hard.bits, SCHED_MAX_CPUS);
        bitmap_set(s->u.hard.bits, 1);
        s->u.is_affine = true;
    }
    start_all();
    for (unsigned int i = 0; i < 1000; i++) {
        sim_run(MS, MS / 10);
        CHECK(!cpus[0].q.curr && !cpus[2].q.curr);
    }
    for (unsigned int i = 0; i < 6; i++) {
        CHECK(units[i].ran > 50 * MS);
    }
}

TEST(null_gives_each_its_own)
{
    sim_init(&sched_null_ops, 4);
    for (unsigned int i = 0; i < 5; i++) {
        sim_add(i % 2 ? MS : 0, 3 * MS);
    }
    start_all();
    sim_run(400 * MS, MS / 10);

    /* Four have a CPU, one waits for good. */
    unsigned int running = 0;

    for (unsigned int i = 0; i < 5; i++) {
        running += units[i].ran > 0;
    }
    CHECK_EQ(running, 4);

    /* The first that ends gives its place to the one that waits. */
    for (unsigned int i = 0; i < 5; i++) {
        if (units[i].ran > 0) {
            struct sim_unit *s = &units[i];

            s->sleep = NSEC_NEVER;
            if (s->wants) {
                sim_sleep(s);
            }
            s->wake_at = NSEC_NEVER;
            settle();
            sched_null_ops.leave(&cpus[s->u.cpu].q, &s->u);
            cpus[s->u.cpu].must_pick = true;
            break;
        }
    }
    sim_run(100 * MS, MS / 10);
    for (unsigned int i = 0; i < 5; i++) {
        CHECK(units[i].ran > 0);
    }
}

static void random_affinity(struct sim_unit *s)
{
    struct sched_unit *u = &s->u;

    bitmap_zero(u->hard.bits, SCHED_MAX_CPUS);
    for (unsigned int i = 0; i < nr_cpus; i++) {
        if (unit_random() % 2) {
            bitmap_set(u->hard.bits, i);
        }
    }
    bitmap_set(u->hard.bits, unit_random() % nr_cpus);
    u->is_affine = true;
    if (sched_unit_fits(u, u->cpu)) {
        kick_idle(u);
        return;
    }
    if (u->is_loaded) {
        cpus[u->cpu].must_pick = true;
    } else if (u->is_runnable) {
        pool.ops->sleep(&cpus[u->cpu].q, u, now);
        sim_wake(s);
    }
}

static void random_step(void)
{
    struct sim_unit *s = &units[unit_random() % nr_units];

    switch (unit_random() % 8) {
    case 0:
    case 1:
        if (!s->wants) {
            sim_wake(s);
        }
        break;
    case 2:
        if (s->wants) {
            sim_sleep(s);
        }
        break;
    case 3:
        if (cpus[s->u.cpu].q.curr == &s->u) {
            pool.ops->yield(&cpus[s->u.cpu].q, now);
            cpus[s->u.cpu].must_pick = true;
        }
        break;
    case 4:
        cpus[unit_random() % nr_cpus].must_pick = true;
        break;
    case 5:
        if (unit_random() % 16 == 0) {
            random_affinity(s);
        }
        break;
    default:
        account(unit_random() % (3 * MS));
        for (unsigned int i = 0; i < nr_cpus; i++) {
            cpus[i].must_pick |= now >= cpus[i].slice_end;
        }
        break;
    }
}

static void random_run(const struct sched_ops *ops, unsigned int n,
                       unsigned int count, unsigned int steps)
{
    sim_init(ops, n);
    for (unsigned int i = 0; i < count; i++) {
        sim_add(0, NSEC_NEVER);
    }
    for (unsigned int i = 0; i < steps; i++) {
        random_step();
        if (unit_random() % 4 == 0) {
            settle();
            if (ops == &sched_rr_ops) {
                check_work_conserving();
            }
        }
        if (i % 16 == 0) {
            settle();
            sim_check();
        }
    }
    settle();
    sim_check();
}

TEST(random_operations_rr)
{
    random_run(&sched_rr_ops, 1, 7, 20000);
    random_run(&sched_rr_ops, 4, 9, 50000);
    random_run(&sched_rr_ops, 8, 40, 50000);
    /* Now all want to run, and do. */
    for (unsigned int i = 0; i < nr_units; i++) {
        units[i].u.is_affine = false;
        units[i].ran = 0;
        if (!units[i].wants) {
            sim_wake(&units[i]);
        }
    }
    settle();
    sim_run(2000 * MS, MS / 10);
    for (unsigned int i = 0; i < nr_units; i++) {
        CHECK(units[i].ran > 100 * MS);
    }
}

TEST(random_operations_null)
{
    random_run(&sched_null_ops, 4, 3, 20000);
    random_run(&sched_null_ops, 4, 9, 50000);
}

TEST(policies_are_found)
{
    CHECK(sched_ops_by_name("rr") == &sched_rr_ops);
    CHECK(sched_ops_by_name("null") == &sched_null_ops);
    CHECK(sched_ops_by_name("nul") == NULL);
    CHECK(sched_ops_by_id(XEN_SCHEDULER_NULL) == &sched_null_ops);
    CHECK(sched_ops_by_id(77) == NULL);
}
