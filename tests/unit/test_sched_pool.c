/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools: CPUs and domains move between them and policies change while
 * vCPUs block, wake, yield and are paused at random; a policy that breaks
 * its promises is found and replaced.
 *
 * Links: core/sched/sched.c core/sched/sched_switch.c core/sched/sched_vcpu.c
 * Links: core/sched/cpupool.c policies
 * Links: core/sched/sched_gang.c core/sched/sched_gang_pool.c
 * Links: core/sched/sched_pool.c core/sched/sched_trace.c
 * Links: core/sched/sched_cpu.c core/sched/sched_guard.c
 * Links: core/sched/sched_check.c core/lib/sort.c
 * Links: core/domain/vcpu.c core/domain/vcpu_pause.c
 * Links: core/domain/vcpu_timer.c core/domain/vcpu_runstate.c
 * Links: core/domain/vcpu_info.c core/domain/domain.c core/domain/domid.c
 * Links: core/domain/domain_create.c core/domain/domain_destroy.c
 * Links: core/domain/domain_pages.c core/domain/wallclock.c
 * Links: core/domain/pod.c
 * Links: core/domain/watchdog.c core/domain/access.c
 * Links: core/kernel/softirq.c core/kernel/timer.c core/kernel/cpu.c
 * Links: core/sync/spinlock.c core/sync/quiescent.c core/sync/lock_check.c
 * Links: core/lib/printf_core.c core/trace/trace_off.c
 * Links: core/lib/snprintf.c tests/unit/fake_sched.c
 * Links: tests/unit/sched_machine.c core/domain/io_caps.c core/lib/rangeset.c
 */
#include <tests/unit/fake_sched.h>
#include <tests/unit/sched_machine.h>
#include <tests/unit/unit.h>

#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/sched/sched_core.h>
#include <core/sched/sched_priv.h>

unsigned long strtoul(const char *s, char **end, int base);
char *getenv(const char *name);

#define MOST_POOLS 6u

/* SCHED_OPS=1000000 is the long run, make test-sched-long. */
static unsigned long operations(void)
{
    const char *s = getenv("SCHED_OPS");

    return s ? strtoul(s, NULL, 10) : 20000;
}

/* Deals of the long run: SCHED_POLICY=name is that policy alone. */
static bool is_wanted(const char *name)
{
    const char *s = getenv("SCHED_POLICY");

    return !s || strcmp(s, name) == 0;
}

static struct sched_pool *random_pool(void)
{
    struct sched_pool *p = sched_pool_by_id(unit_random() % MOST_POOLS,
                                           false);

    return p ? p : sched_pool_default();
}

static const struct sched_ops *random_policy(void)
{
    unsigned int n = 0;

    while (sched_ops_by_index(n)) {
        n++;
    }
    return sched_ops_by_index(unit_random() % n);
}

/* The policy that most of the time all pools have; NULL: any. */
static const struct sched_ops *ours;

static void random_change_of_policy(struct domain **doms, unsigned int n,
                                    struct sched_pool *p)
{
    CHECK_EQ(sched_pool_set_policy(p, random_policy()), 0);
    if (ours) {
        for (unsigned int i = unit_random() % 8; i > 0; i--) {
            random_op(doms, n);
        }
        be(unit_random() % NR_CPUS);
        CHECK_EQ(sched_pool_set_policy(p, ours), 0);
    }
}

/* Do pools change between CPUs and cores, too? */
static bool with_cores;

static void random_granularity(struct sched_pool *p)
{
    int rc = sched_pool_set_granularity(p, unit_random() % 4);

    CHECK(rc == 0 || rc == -EINVAL || rc == -ENOSPC);
}

/* Numbers ascend; a table for 512 of them is made once, and stays. */
static unsigned int highest;

static struct domain *add_domain(unsigned int vcpus)
{
    struct domain *d = make_domain(vcpus, false);

    highest = max_t(unsigned int, highest, d->id);
    start(d);
    return d;
}

static unsigned int allocations_but_tables(void)
{
    return allocations - highest / 512;
}

/* One domain ends, another of as many vCPUs comes. */
static void replace_domain(struct domain **d)
{
    const unsigned int vcpus = (*d)->max_vcpus;

    be(0);
    destroy(*d);
    *d = add_domain(vcpus);
}

/* One change of pools; each is refused only for the reasons there are. */
static void random_pool_op(struct domain **doms, unsigned int n)
{
    struct domain *d = doms[unit_random() % n];
    struct sched_pool *p = random_pool();
    uint32_t id = unit_random() % 2 ? SCHED_POOL_ANY : unit_random() % 4;
    int rc;

    be(unit_random() % NR_CPUS);
    switch (unit_random() % (with_cores ? 10 : 9)) {
    case 0:
        /* A few: what grows for ever makes each check longer. */
        if (!sched_pool_by_id(MOST_POOLS, false)) {
            rc = sched_pool_create(&id, ours ? ours : random_policy());
            CHECK(rc == 0 || rc == -EEXIST);
        }
        break;
    case 1:
        rc = sched_pool_destroy(p);
        CHECK(rc == 0 || rc == -EBUSY);
        break;
    case 2:
    case 3:
        rc = sched_pool_add_cpu(p, id);
        CHECK(rc == 0 || rc == -ENODEV || (with_cores && rc == -EBUSY));
        break;
    case 4:
        rc = sched_pool_remove_cpu(p, id);
        CHECK(rc == 0 || rc == -EADDRNOTAVAIL || rc == -EBUSY ||
              rc == -EADDRINUSE || rc == -EINVAL);
        break;
    case 5:
        /* Reservations of a table keep a vCPU where it is. */
        rc = sched_pool_move_domain(d, p);
        CHECK(rc == 0 || rc == -ENOENT || rc == -EBUSY);
        break;
    case 6:
        replace_domain(&doms[unit_random() % n]);
        break;
    case 9: random_granularity(p); break;
    default:
        random_change_of_policy(doms, n, p);
        break;
    }
}

static void collect_pools(void)
{
    struct sched_pool *p;
    struct domain *d;

    be(0);
    for (p = sched_pool_by_id(0, false); p;
         p = sched_pool_by_id(p->id + 1, false)) {
        CHECK_EQ(sched_pool_set_policy(p, &sched_rr_ops), 0);
        CHECK_EQ(sched_pool_set_granularity(p, false), 0);
    }
    while ((p = sched_pool_by_id(1, false)) != NULL) {
        for_each_domain(d) {
            CHECK_EQ(sched_pool_move_domain(d, sched_pool_default()), 0);
        }
        while (sched_pool_remove_cpu(p, SCHED_POOL_ANY) == 0) {
        }
        CHECK_EQ(sched_pool_destroy(p), 0);
    }
    while (sched_pool_add_cpu(sched_pool_default(), SCHED_POOL_ANY) == 0) {
    }
    CHECK_EQ(sched_pool_set_policy(sched_pool_default(), &sched_rr_ops), 0);
    settle();
}

/* @ops: the policy of all pools, NULL for any. */
static void random_operations(const struct sched_ops *ops)
{
    struct domain *doms[4];
    unsigned int before;

    machine_init("rr");
    destroy(add_domain(1));
    before = allocations_but_tables();
    ours = ops;
    be(0);
    CHECK_EQ(sched_pool_set_policy(sched_pool_default(),
                                   ops ? ops : &sched_rr_ops), 0);
    CHECK_EQ(sched_pool_set_granularity(sched_pool_default(), with_cores), 0);
    for (unsigned int i = 0; i < 4; i++) {
        doms[i] = add_domain(1 + i);
    }
    for (unsigned long i = 0; i < operations(); i++) {
        random_caps = i >= operations() / 2;
        if (unit_random() % 16) {
            random_op(doms, 4);
        } else {
            random_pool_op(doms, 4);
        }
        if (i % 64 == 0) {
            check_all();
        }
    }
    collect_pools();
    check_all();
    for (unsigned int i = 0; i < 4; i++) {
        destroy(doms[i]);
    }
    CHECK_EQ(allocations_but_tables(), before);
}

TEST(random_operations_of_each_policy)
{
    const struct sched_ops *ops;

    for (unsigned int k = 0; (ops = sched_ops_by_index(k)) != NULL; k++) {
        if (is_wanted(ops->name)) {
            random_operations(ops);
        }
    }
}

TEST(random_operations_of_each_policy_with_cores)
{
    const struct sched_ops *ops;

    with_cores = true;
    for (unsigned int k = 0; (ops = sched_ops_by_index(k)) != NULL; k++) {
        if (is_wanted(ops->name)) {
            random_operations(ops);
        }
    }
    if (is_wanted("all")) {
        random_operations(NULL);
    }
    with_cores = false;
}

TEST(random_operations_of_all_policies)
{
    if (is_wanted("all")) {
        random_operations(NULL);
    }
}

TEST(a_policy_changes_under_load)
{
    struct domain *d = make_domain(8, false);
    struct vcpu *v;
    unsigned int k = 0;

    start(d);
    for (unsigned int i = 0; i < 1000; i++) {
        const struct sched_ops *ops = sched_ops_by_index(k++);

        if (!ops) {
            k = 0;
            continue;
        }
        be(i % NR_CPUS);
        CHECK_EQ(sched_pool_set_policy(sched_pool_default(), ops), 0);
        for (unsigned int j = 0; j < 30; j++) {
            fake_tsc += NSEC_PER_MSEC;
            settle();
        }
        check_all();
    }
    CHECK_EQ(sched_pool_set_policy(sched_pool_default(), &sched_rr_ops), 0);
    settle();
    for_each_vcpu(d, v) {
        CHECK(v->runstate.time[RUNSTATE_running] > 100 * NSEC_PER_MSEC);
    }
    destroy(d);
}

/* Policies that break their promises. */
static struct sched_ops broken_ops;
static unsigned int broken_after;

static bool is_broken(void)
{
    broken_after -= broken_after > 0;
    return broken_after == 0;
}

static struct sched_choice pick_the_lost(struct runq *q, nsec_t at)
{
    struct sched_choice c = sched_rr_ops.pick(q, at);

    if (c.unit && is_broken()) {
        c.unit->is_runnable = false;
    }
    return c;
}

static struct sched_choice pick_twice(struct runq *q, nsec_t at)
{
    static struct sched_unit *last;
    struct sched_choice c = sched_rr_ops.pick(q, at);

    if (last && is_broken()) {
        c.unit = q->curr = last;
    }
    last = c.unit ? c.unit : last;
    return c;
}

/* As if it queued the unit. */
static enum sched_wake wake_to_nowhere(struct runq *q, struct sched_unit *u,
                                       nsec_t at)
{
    if (is_broken() && q->curr != u) {
        u->is_runnable = true;
        return SCHED_WAKE_NOTHING;
    }
    return sched_rr_ops.wake(q, u, at);
}

static enum sched_wake wake_for_ever(struct runq *q, struct sched_unit *u,
                                     nsec_t at)
{
    if (is_broken()) {
        fake_hang();
    }
    return sched_rr_ops.wake(q, u, at);
}

static struct sched_choice pick_for_ever(struct runq *q, nsec_t at)
{
    if (is_broken()) {
        fake_hang();
    }
    return sched_rr_ops.pick(q, at);
}

static struct sched_unit *steal_for_ever(struct runq *from,
                                         const struct runq *to, nsec_t at)
{
    if (is_broken()) {
        fake_hang();
    }
    return sched_credit_ops.steal(from, to, at);
}

static unsigned int pick_cpu_outside(const struct sched_unit *u)
{
    return is_broken() ? SCHED_MAX_CPUS - 1 : sched_place(u);
}

static void check_broken(const char *what)
{
    struct domain *d = make_domain(6, false);
    struct domain *doms[] = { d };
    struct sched_pool *p = sched_pool_default();
    unsigned int i = 0;

    broken_ops.name = what;
    broken_ops.abi_id = 1000;
    start(d);
    be(0);
    broken_after = 50;
    CHECK_EQ(sched_pool_set_policy(p, &broken_ops), 0);
    while (p->ops == &broken_ops && i++ < 100000) {
        struct vcpu *v;

        random_op(doms, 1);
        fake_tsc += NSEC_PER_MSEC;
        (void)!domain_tool_unpause(d);
        for_each_vcpu(d, v) {
            if (v->pause_count) {
                vcpu_unpause(v);
            }
        }
    }
    CHECK(p->ops == sched_ops_by_index(0));
    check_all();
    destroy(d);
}

TEST(a_broken_policy_loses_its_pool)
{
    broken_ops = sched_rr_ops;
    broken_ops.pick = pick_the_lost;
    check_broken("loser");
    broken_ops = sched_rr_ops;
    broken_ops.pick = pick_twice;
    check_broken("doubler");
    broken_ops = sched_rr_ops;
    broken_ops.pick_cpu = pick_cpu_outside;
    check_broken("misplacer");
    /* Nothing that it chooses is wrong: only who counts finds it. */
    broken_ops = sched_rr_ops;
    broken_ops.wake = wake_to_nowhere;
    check_broken("forgetter");
    broken_ops = sched_rr_ops;
    broken_ops.wake = wake_for_ever;
    check_broken("waker");
    broken_ops = sched_rr_ops;
    broken_ops.pick = pick_for_ever;
    check_broken("thinker");
    broken_ops = sched_credit_ops;
    broken_ops.steal = steal_for_ever;
    check_broken("thief");
}

TEST(policies_register)
{
    static struct sched_ops mine;

    mine = sched_rr_ops;
    CHECK_EQ(sched_register(&mine), -EEXIST);
    mine.name = "mine";
    CHECK_EQ(sched_register(&mine), -EEXIST);
    mine.abi_id = 1001;
    mine.pick = NULL;
    CHECK_EQ(sched_register(&mine), -EINVAL);
    mine.pick = sched_rr_ops.pick;
    CHECK_EQ(sched_register(&mine), 0);
    CHECK(sched_ops_by_name("mine") == &mine);
    CHECK(sched_ops_by_id(1001) == &mine);
}
