/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler core, the vCPUs and the domains together: several pretended
 * CPUs, one after the other, pass their loop heads; their vCPUs block, yield,
 * wake, pause and stop each other at random.  What must hold: a vCPU's
 * registers are on one CPU at most; what is paused gets saved; what may run
 * runs, on a CPU it may use, and no CPU idles meanwhile; nothing is leaked.
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

#include <core/abi/domctl.h>
#include <core/abi/sched.h>
#include <core/arch/arch_mm.h>
#include <core/domain/access.h>
#include <core/domain/domain_pages.h>
#include <core/domain/vcpu.h>
#include <core/domain/watchdog.h>
#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <core/sched/sched_core.h>
#include <core/sched/sched_priv.h>
#include <core/sync/quiescent.h>

static struct vcpu_runstate_info shown;
static char pin_memory[PAGE_SIZE] __attribute__((aligned(4096)));

TEST(a_vcpu_starts_blocks_and_wakes)
{
    struct domain *d;
    struct vcpu *v;

    machine_init("rr");
    d = make_domain(1, false);
    v = d->vcpu[0];
    settle();
    CHECK(!is_current(v));
    start(d);
    REQUIRE(is_current(v));
    be(v->on_cpu);
    vcpu_block(v);
    settle();
    CHECK(!is_current(v));
    CHECK(!vcpu_is_saved(v));
    CHECK_EQ(v->runstate.state, RUNSTATE_blocked);

    /* An interrupt that is already there keeps it from blocking. */
    vcpu_notify(v);
    settle();
    REQUIRE(is_current(v));
    has_irq[fake_index(v)] = true;
    be(v->on_cpu);
    vcpu_block(v);
    settle();
    CHECK(is_current(v));
    has_irq[fake_index(v)] = false;

    /* Blocked and paused: saved. */
    vcpu_block(v);
    settle();
    be(0);
    vcpu_pause(v);
    settle();
    CHECK(vcpu_is_saved(v));
    vcpu_notify(v);
    settle();
    CHECK(!is_current(v));
    vcpu_unpause(v);
    settle();
    CHECK(is_current(v));
    destroy(d);
    CHECK(domain_next(0) == NULL);
}

TEST(timers_wake)
{
    struct domain *d = make_domain(2, false);
    struct vcpu *v = d->vcpu[0];

    start(d);
    be(v->on_cpu);
    vcpu_timer_set_singleshot(v, time_now() + 1000);
    vcpu_block(v);
    settle();
    CHECK(!is_current(v));
    fake_tsc += 2000;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(virqs[VIRQ_TIMER], 1);

    /* Poll: by timeout, by port, at once. */
    const evtchn_port_t port = 5;
    const evtchn_port_t bad = 100;

    has_irq[fake_index(v)] = false;
    be(v->on_cpu);
    CHECK_EQ(vcpu_poll(v, &bad, 1, 0), -EINVAL);
    CHECK_EQ(vcpu_poll(v, &port, 1, time_now() + 1000), 0);
    settle();
    CHECK(!is_current(v));
    fake_tsc += 2000;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(d->nr_pollers, 0);
    be(v->on_cpu);
    CHECK_EQ(vcpu_poll(v, &port, 1, 0), 0);
    settle();
    vcpu_wake_pollers(d, 6);
    settle();
    CHECK(!is_current(v));
    vcpu_wake_pollers(d, 5);
    settle();
    CHECK(is_current(v));
    be(v->on_cpu);
    pending_port = 5;
    CHECK_EQ(vcpu_poll(v, &port, 1, 0), 0);
    pending_port = 0;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(d->nr_pollers, 0);
    destroy(d);
}

TEST(all_down_is_power_off)
{
    struct domain *d = make_domain(2, false);
    unsigned int before;

    start(d);
    be(d->vcpu[1]->on_cpu);
    vcpu_down(d->vcpu[1]);
    settle();
    CHECK(!d->shutdown.is_shutting_down);
    before = virqs[VIRQ_DOM_EXC];
    be(d->vcpu[0]->on_cpu);
    vcpu_down(d->vcpu[0]);
    settle();
    CHECK(d->shutdown.is_shut_down);
    CHECK_EQ(d->shutdown.code, SHUTDOWN_poweroff);
    CHECK_EQ(virqs[VIRQ_DOM_EXC], before + 1);

    /* Resumed, and crashed; the vCPU does not run. */
    vcpu_up(d->vcpu[0]);
    settle();
    CHECK(!is_current(d->vcpu[0]));
    CHECK_EQ(domain_resume(d), 0);
    CHECK_EQ(domain_resume(d), 0);
    settle();
    CHECK(is_current(d->vcpu[0]));
    domain_crash(d, "test %d", 1);
    settle();
    CHECK(!is_current(d->vcpu[0]));
    CHECK_EQ(d->shutdown.code, SHUTDOWN_crash);
    destroy(d);
}

TEST(run_states_add_up_and_are_shown)
{
    struct domain *d = make_domain(1, false);
    struct vcpu *v = d->vcpu[0];
    struct vcpu_runstate_info rs;
    const nsec_t born = v->runstate.state_entry_time;

    start(d);
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, (gva_t)(uintptr_t)&shown), 0);
    CHECK_EQ(shown.state, RUNSTATE_running);
    fake_tsc += 5000;
    d->vm_assist = BIT(VMASST_TYPE_runstate_update_flag);
    vcpu_block(v);
    settle();
    CHECK_EQ(shown.state, RUNSTATE_blocked);
    CHECK(!(shown.state_entry_time & XEN_RUNSTATE_UPDATE));
    CHECK(shown.time[RUNSTATE_running] >= 5000);
    fake_tsc += 700;
    vcpu_notify(v);
    settle();
    CHECK_EQ(shown.state, RUNSTATE_running);
    CHECK(shown.time[RUNSTATE_blocked] >= 700);
    vcpu_runstate_get(v, &rs);
    CHECK_EQ(rs.time[0] + rs.time[1] + rs.time[2] + rs.time[3],
             time_now() - born);

    /* Pinned: no copies any more, and the reference comes back. */
    struct vcpu_runstate_info *area =
        (struct vcpu_runstate_info *)(pin_memory + 64);

    fake_directmap = pin_memory - 20 * PAGE_SIZE;
    pin_page = &page_table[20];
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, (gva_t)(uintptr_t)area), 0);
    copies = 0;
    vcpu_block(v);
    settle();
    CHECK_EQ(area->state, RUNSTATE_blocked);
    CHECK(!(area->state_entry_time & XEN_RUNSTATE_UPDATE));
    vcpu_notify(v);
    settle();
    CHECK_EQ(area->state, RUNSTATE_running);
    CHECK_EQ(copies, 0);
    CHECK_EQ(pin_page->count, 1);
    /* From any CPU, while it runs: one reference for another. */
    be(v->on_cpu == 0 ? 1 : 0);
    CHECK_EQ(vcpu_register_runstate(v, (gva_t)(uintptr_t)area), 0);
    CHECK_EQ(pin_page->count, 1);
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, 0), 0);
    CHECK_EQ(pin_page->count, 0);
    frames_out++;
    pin_page = NULL;
    CHECK(v->info->time.version != 0 && v->info->time.version % 2 == 0);
    CHECK_EQ(v->info->time.tsc_timestamp, 1000);
    destroy(d);
}

TEST(pages_are_counted)
{
    struct domain *d = make_domain(1, false);
    struct page *pg;
    struct page *big;

    CHECK(domain_page_alloc(d, 10, 0, PAGE_ANY_NODE) == NULL);
    big = domain_page_alloc(d, 9, 0, PAGE_ANY_NODE);
    REQUIRE(big != NULL);
    CHECK_EQ(d->tot_pages, 512);
    pg = domain_page_alloc(d, 0, 0, PAGE_ANY_NODE);
    CHECK(domain_page_remove(d, &big[0]));
    CHECK(!domain_page_remove(d, &big[0]));
    CHECK(domain_page_remove(d, &big[300]) && domain_page_remove(d, pg));
    CHECK(domain_page_remove(d, &big[511]));
    CHECK_EQ(d->tot_pages, 509);
    CHECK_EQ(frames_out, 509);

    /* A claim keeps others out. */
    struct domain *other = make_domain(1, false);

    CHECK_EQ(domain_claim_pages(d, 100), -EINVAL);
    CHECK_EQ(domain_claim_pages(d, 550), 0);
    CHECK_EQ(domain_claimed_total(), 41);
    CHECK_EQ(domain_claim_pages(other, NR_PAGES), -EINVAL);
    domain_set_max_pages(other, NR_PAGES);
    CHECK_EQ(domain_claim_pages(other, NR_PAGES), -ENOMEM);
    CHECK_EQ(domain_claim_pages(d, 0), 0);
    CHECK_EQ(domain_claimed_total(), 0);
    destroy(other);
    destroy(d);
    CHECK_EQ(frames_out, 0);
}

TEST(numbers_ascend)
{
    struct domain *a = make_domain(1, false);
    const domid_t first = a->id;
    struct domain *b = make_domain(1, false);
    const struct domain_config cfg = { .max_vcpus = 1 };
    struct domain *c;

    CHECK_EQ(b->id, first + 1);
    CHECK(domain_by_id(first) == a);
    CHECK_EQ(domain_create(first, &cfg, &c), -EEXIST);
    CHECK_EQ(domain_create(DOMID_FIRST_RESERVED, &cfg, &c), -EINVAL);
    CHECK(domain_next(first + 1u) == b);
    CHECK(domain_by_id(DOMID_SELF) == NULL);
    CHECK(domain_vcpu(a, 7) == NULL);
    destroy(a);
    CHECK(domain_by_id(first) == NULL);
    a = make_domain(1, false);
    CHECK_EQ(a->id, first + 2);
    CHECK(access_check(a, b, TARGET_OTHER) == -EPERM);
    CHECK(access_find(a, DOMID_SELF, TARGET_ANY, &c) == 0 && c == a);
    CHECK(access_find(a, 9999, TARGET_ANY, &c) == -ESRCH);
    /* A reference keeps it visible, dying, until it goes. */
    domain_get(b);
    destroy(b);
    CHECK(domain_by_id(first + 1) == b);
    CHECK_EQ(b->dying, DOMAIN_DEAD);
    domain_put(b);
    settle();
    CHECK(domain_by_id(first + 1) == NULL);
    destroy(a);
    CHECK_EQ(domain_count(), 0);
}

TEST(a_watchdog_bites)
{
    struct domain *d = make_domain(1, false);

    start(d);
    CHECK_EQ(watchdog_set(d, 0, 0), -EINVAL);
    CHECK(watchdog_set(d, 0, 1) == 1 && watchdog_set(d, 0, 2) == 2);
    CHECK_EQ(watchdog_set(d, 0, 2), -ENOSPC);
    CHECK_EQ(watchdog_set(d, 1, 0), 0);
    CHECK_EQ(watchdog_set(d, 1, 1), -EINVAL);
    fake_tsc += 1500 * NSEC_PER_MSEC;
    settle();
    CHECK(!d->shutdown.is_shut_down);
    fake_tsc += 600 * NSEC_PER_MSEC;
    settle();
    CHECK(d->shutdown.is_shut_down && d->shutdown.code == SHUTDOWN_watchdog);
    destroy(d);
}

TEST(random_operations)
{
    struct domain *doms[4];
    const unsigned int before = allocations;

    for (unsigned int i = 0; i < 4; i++) {
        doms[i] = make_domain(1 + i, false);
        start(doms[i]);
    }
    for (unsigned int i = 0; i < 100000; i++) {
        random_op(doms, 4);
        if (i % 64 == 0) {
            check_all();
        }
    }
    /* Let all run freely: everyone gets time. */
    for (unsigned int i = 0; i < 4; i++) {
        struct vcpu *v;

        be(0);
        while (doms[i]->pause_count) {
            CHECK_EQ(domain_tool_unpause(doms[i]), 0);
        }
        for_each_vcpu(doms[i], v) {
            struct cpumask all;

            bitmap_fill(all.bits, SCHED_MAX_CPUS);
            CHECK_EQ(sched_set_affinity(v, &all, NULL), 0);
            while (v->pause_count) {
                vcpu_unpause(v);
            }
            vcpu_notify(v);
            v->runstate.time[RUNSTATE_running] = 0;
        }
    }
    for (unsigned int i = 0; i < 2000; i++) {
        fake_tsc += NSEC_PER_MSEC;
        settle();
    }
    check_all();
    for (unsigned int i = 0; i < 4; i++) {
        struct vcpu *v;

        for_each_vcpu(doms[i], v) {
            struct vcpu_runstate_info rs;

            vcpu_runstate_get(v, &rs);
            CHECK(rs.time[RUNSTATE_running] > 600 * NSEC_PER_MSEC);
        }
        destroy(doms[i]);
    }
    CHECK_EQ(allocations, before);
    CHECK(kicks > 0);
}

TEST(the_machine_ends_with_its_domain)
{
    struct domain *d = make_domain(1, true);

    CHECK(hardware_domain == d);
    start(d);
    be(d->vcpu[0]->on_cpu);
    vcpu_down(d->vcpu[0]);
    if (setjmp(machine_end) == 0) {
        settle();
        CHECK(false);
    }
    CHECK_EQ(ended, 2);
}
