/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What single policies promise, through the operations that the tools use,
 * on the machine of sched_machine.c: the frame of ARINC 653, tables of
 * Tableau, weights of EEVDF and BVT; and what they say of themselves.
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
#include <core/abi/sysctl.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/sched/sched_core.h>

#define MS NSEC_PER_MSEC
#define STEP (50 * NSEC_PER_USEC)

static struct domain *begin(const struct sched_ops *ops, unsigned int vcpus)
{
    struct domain *d;

    machine_init("rr");
    be(0);
    CHECK_EQ(sched_pool_set_policy(sched_pool_default(), ops), 0);
    d = make_domain(vcpus, false);
    memset(d->handle, 7, sizeof(d->handle));
    start(d);
    return d;
}

static void end(struct domain *d)
{
    be(0);
    CHECK_EQ(sched_pool_set_policy(sched_pool_default(), &sched_rr_ops), 0);
    settle();
    destroy(d);
}

static void pass(nsec_t time)
{
    for (const nsec_t until = fake_tsc + time; fake_tsc < until;) {
        fake_tsc += STEP;
        settle();
    }
}

static nsec_t ran(struct vcpu *v)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    return rs.time[RUNSTATE_running];
}

/* Bind all vCPUs to one CPU, so that they compete. */
static void crowd(struct domain *d)
{
    struct cpumask one = { { 1 } };
    struct vcpu *v;

    for_each_vcpu(d, v) {
        CHECK_EQ(sched_set_affinity(v, &one, NULL), 0);
    }
    settle();
}

static int put_frame(struct xen_sysctl_arinc653_schedule *f)
{
    struct xen_sysctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_ARINC653,
        .cmd = XEN_SYSCTL_SCHEDOP_putinfo,
    };

    return sched_adjust_pool(sched_pool_default(), &op, f);
}

static void add_window(struct xen_sysctl_arinc653_schedule *f, uint32_t vcpu,
                       nsec_t length)
{
    const unsigned int i = f->num_sched_entries++;

    memset(f->sched_entries[i].dom_handle, 7, sizeof(xen_domain_handle_t));
    f->sched_entries[i].vcpu_id = vcpu;
    f->sched_entries[i].runtime = length;
}

TEST(a_frame_is_kept)
{
    static struct xen_sysctl_arinc653_schedule f;
    static struct xen_sysctl_arinc653_schedule got;
    struct xen_sysctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_ARINC653,
        .cmd = XEN_SYSCTL_SCHEDOP_getinfo,
    };
    struct domain *d = begin(&sched_arinc653_ops, 4);
    nsec_t before[4];

    /* No frame yet: turns for all. */
    pass(100 * MS);
    for (unsigned int i = 0; i < 4; i++) {
        CHECK(ran(d->vcpu[i]) > 20 * MS);
    }
    f.major_frame = 10 * MS;
    add_window(&f, 0, 5 * MS);
    add_window(&f, 1, 1 * MS);
    add_window(&f, 0, 1 * MS);
    add_window(&f, 2, 2 * MS);
    CHECK_EQ(put_frame(&f), 0);
    CHECK_EQ(sched_adjust_pool(sched_pool_default(), &op, &got), 0);
    CHECK(memcmp(&got, &f, sizeof(f)) == 0);
    pass(20 * MS);
    for (unsigned int i = 0; i < 4; i++) {
        before[i] = ran(d->vcpu[i]);
    }
    pass(1000 * MS);
    CHECK(ran(d->vcpu[0]) - before[0] > 590 * MS);
    CHECK(ran(d->vcpu[0]) - before[0] < 610 * MS);
    CHECK(ran(d->vcpu[1]) - before[1] > 95 * MS);
    CHECK(ran(d->vcpu[1]) - before[1] < 105 * MS);
    CHECK(ran(d->vcpu[2]) - before[2] > 195 * MS);
    CHECK(ran(d->vcpu[2]) - before[2] < 205 * MS);
    CHECK_EQ(ran(d->vcpu[3]) - before[3], 0);
    end(d);
}

TEST(a_frame_that_does_not_fit_is_refused)
{
    static struct xen_sysctl_arinc653_schedule f;
    struct domain *d = begin(&sched_arinc653_ops, 1);

    f.major_frame = 10 * MS;
    CHECK_EQ(put_frame(&f), -EINVAL);
    add_window(&f, 0, 11 * MS);
    CHECK_EQ(put_frame(&f), -EINVAL);
    f.sched_entries[0].runtime = 0;
    CHECK_EQ(put_frame(&f), -EINVAL);
    f.sched_entries[0].runtime = 10 * MS;
    add_window(&f, 0, UINT64_MAX);
    CHECK_EQ(put_frame(&f), -EINVAL);
    f.num_sched_entries = 1;
    CHECK_EQ(put_frame(&f), 0);
    end(d);
}

static int adjust(struct vcpu *v, uint32_t period, uint32_t budget,
                  uint32_t flags)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = v->domain->pool->ops->abi_id,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.rtds = { .period = period, .budget = budget, .flags = flags },
    };
    struct xen_domctl_scheduler_op got = op;
    const int rc = sched_adjust_vcpu(v, &op);

    got.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    CHECK_EQ(sched_adjust_vcpu(v, &got), 0);
    CHECK(rc || (got.u.rtds.period == period && got.u.rtds.flags == flags &&
                 got.u.rtds.budget == budget));
    return rc;
}

TEST(a_table_is_kept)
{
    struct domain *d = begin(&sched_tableau_ops, 6);
    nsec_t before[6];
    nsec_t waits = 0;
    nsec_t longest = 0;

    /* Four of 60 % fit, one a CPU; a fifth does not; a small one does. */
    for (unsigned int i = 0; i < 4; i++) {
        CHECK_EQ(adjust(d->vcpu[i], 4000, 600, 1), 0);
    }
    CHECK_EQ(adjust(d->vcpu[4], 4000, 600, 1), -ENOSPC);
    CHECK_EQ(adjust(d->vcpu[4], 2000, 100, 0), 0);
    CHECK_EQ(adjust(d->vcpu[4], 4000, 600, 1), -ENOSPC);
    CHECK_EQ(adjust(d->vcpu[5], 0, 0, 0), -EINVAL);
    /* A whole CPU, for a delay below a slot. */
    CHECK_EQ(adjust(d->vcpu[5], 10, 10, 1), -ENOSPC);
    pass(60 * MS);
    check_all();
    for (unsigned int i = 0; i < 6; i++) {
        before[i] = ran(d->vcpu[i]);
    }
    for (unsigned int i = 0; i < 20000; i++) {
        fake_tsc += STEP;
        settle();
        waits = is_current(d->vcpu[4]) ? 0 : waits + STEP;
        longest = waits > longest ? waits : longest;
    }
    CHECK(longest <= 2 * MS + STEP);
    for (unsigned int i = 0; i < 4; i++) {
        CHECK(ran(d->vcpu[i]) - before[i] >= 595 * MS);
    }
    /* Capped: its slots, 2 of 16, and no turns. */
    CHECK(ran(d->vcpu[4]) - before[4] >= 100 * MS);
    CHECK(ran(d->vcpu[4]) - before[4] <= 130 * MS);
    CHECK(ran(d->vcpu[5]) - before[5] > 10 * MS);
    /* A reservation binds; its end unbinds. */
    CHECK_EQ(sched_pool_remove_cpu(sched_pool_default(), 1), -EADDRINUSE);
    for (unsigned int i = 0; i < 5; i++) {
        CHECK_EQ(adjust(d->vcpu[i], 0, 0, 1), 0);
        CHECK_EQ(d->vcpu[i]->sched.pinned_to, -1);
    }
    end(d);
}

/* From now on the third gets half of the time, the others a quarter each. */
static void check_halves(struct domain *d, nsec_t slack)
{
    nsec_t got[3];
    nsec_t sum = 0;

    for (unsigned int i = 0; i < 3; i++) {
        got[i] = ran(d->vcpu[i]);
    }
    pass(2000 * MS);
    for (unsigned int i = 0; i < 3; i++) {
        got[i] = ran(d->vcpu[i]) - got[i];
        sum += got[i];
    }
    CHECK(got[2] > sum / 2 - slack && got[2] < sum / 2 + slack);
    CHECK(got[0] > sum / 4 - slack && got[0] < sum / 4 + slack);
}

static void check_shares(const struct sched_ops *ops, uint32_t period,
                         uint32_t budget, uint32_t flags)
{
    struct domain *d = begin(ops, 3);

    crowd(d);
    CHECK_EQ(adjust(d->vcpu[2], period, budget, flags), 0);
    check_halves(d, 15 * MS);
    end(d);
}

TEST(eevdf_shares_by_weight)
{
    check_shares(&sched_eevdf_ops, 3000, 512, 0);
    /* Short requests get no more. */
    check_shares(&sched_eevdf_ops, 500, 512, 0);
}

TEST(bvt_shares_by_weight)
{
    check_shares(&sched_bvt_ops, 0, 0, 512);
    /* What a warp lends is paid back. */
    check_shares(&sched_bvt_ops, 5000, 1000, 512 | 10u << 16);
}

TEST(a_dump_shows_each_unit_once)
{
    static const struct sched_ops *const ops[] = {
        &sched_credit2_ops, &sched_rr_ops, &sched_credit_ops,
        &sched_rtds_ops, &sched_pact_ops, &sched_bvt_ops,
        &sched_eevdf_ops, &sched_tableau_ops,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        struct domain *d = begin(ops[i], 6);

        pass(7 * MS);
        fake_shown = 0;
        sched_dump();
        CHECK_EQ(fake_shown, 6);
        end(d);
    }
}

TEST(credit_pays_behind_a_longer_slice)
{
    struct domain *d = begin(&sched_credit_ops, 3);
    struct xen_domctl_scheduler_op weight = {
        .sched_id = XEN_SCHEDULER_CREDIT,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.credit = { .weight = 512, .cap = UINT16_MAX },
    };
    struct xen_sysctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_CREDIT,
        .cmd = XEN_SYSCTL_SCHEDOP_putinfo,
        .u.sched_credit = { .tslice_ms = 5, .ratelimit_us = 1000 },
    };

    crowd(d);
    CHECK_EQ(sched_adjust_pool(sched_pool_default(), &op, NULL), 0);
    pass(500 * MS);
    op.u.sched_credit.tslice_ms = 20;
    CHECK_EQ(sched_adjust_pool(sched_pool_default(), &op, NULL), 0);
    CHECK_EQ(sched_adjust_vcpu(d->vcpu[2], &weight), 0);
    /* Bounded by slices, that is. */
    check_halves(d, 3 * 20 * MS);
    end(d);
}
