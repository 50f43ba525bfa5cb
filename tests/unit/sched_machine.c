/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pretended CPUs that pass their loop heads one after the other, for the
 * tests of the scheduler core; and what must hold whenever all is quiet.
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
#include <core/sched/sched_cap.h>
#include <core/sched/sched_core.h>
#include <core/sched/sched_gang.h>
#include <core/sched/sched_priv.h>
#include <core/sync/quiescent.h>

void be(unsigned int cpu)
{
    self = &cpus[cpu];
}

/* What @cpu chose runs beside its own domain only. */
static void check_core(unsigned int cpu)
{
    const struct vcpu *v = cpus[cpu].current;

    for (unsigned int i = 0; i < NR_CPUS; i++) {
        const struct vcpu *w = cpus[i].current;

        CHECK(!v || !w || v->domain == w->domain ||
              sched_cpu_of(i)->place != sched_cpu_of(cpu)->place ||
              !sched_cpu_of(cpu)->rq.pool->gangs);
    }
}

/* One pass of a loop head; what core/arch's cpu_loop() does. */
void loop_head(unsigned int cpu)
{
    const struct cpu *before = self;

    be(cpu);
    timer_interrupt();
    quiescent_pass();
    if (softirq_run()) {
        sched_run();
    }
    CHECK(!self->current || loaded[cpu] == self->current);
    check_core(cpu);
    self = (struct cpu *)(uintptr_t)before;
}

void settle(void)
{
    for (unsigned int rounds = 0; rounds < 6; rounds++) {
        for (unsigned int i = 0; i < NR_CPUS; i++) {
            loop_head(i);
        }
    }
}

void machine_init(const char *policy)
{
    static bool is_up;

    if (is_up) {
        return;
    }
    is_up = true;
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        struct cpu *c = &cpus[i];

        c->time = (struct time_scale){ .mul = 1u << 31, .shift = 1 };
        be(i);
        cpu_register(c, i, 0);
        timer_cpu_init();
    }
    be(0);
    sched_choose(policy, 10);
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK_EQ(sched_start(i), 0);
    }
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        be(i);
        cpu_set_online();
    }
    be(0);
}

struct domain *make_domain(unsigned int vcpus, bool is_hardware)
{
    const struct domain_config cfg = {
        .max_vcpus = vcpus,
        .is_control = is_hardware,
        .is_hardware = is_hardware,
        .max_pages = 600,
    };
    struct domain *d = NULL;

    CHECK_EQ(domain_create(is_hardware ? 0 : DOMID_INVALID, &cfg, &d), 0);
    for (unsigned int i = 0; i < vcpus; i++) {
        CHECK_EQ(vcpu_create(d, i), 0);
        has_irq[fake_index(d->vcpu[i])] = false;
    }
    return d;
}

void start(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vcpu_up(v);
    }
    CHECK_EQ(domain_tool_unpause(d), 0);
    settle();
}

void destroy(struct domain *d)
{
    unsigned int rounds = 0;

    /* Not from one of its own vCPUs. */
    CHECK_EQ(domain_tool_pause(d), 0);
    settle();
    while (domain_destroy(d) == -ERESTART && CHECK(rounds++ < 100)) {
        settle();
    }
    settle();
}

bool is_current(const struct vcpu *v)
{
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        if (cpus[i].current == v) {
            return true;
        }
    }
    return false;
}

bool random_caps = true;

/*
 * Does the policy never let a CPU idle that @u could use?  With credit those
 * that caps made wait may do so for another period of caps.
 */
static bool is_conserving(const struct sched_unit *u)
{
    static const struct sched_ops *const conserving[] = {
        &sched_rr_ops, &sched_credit2_ops, &sched_bvt_ops, &sched_eevdf_ops,
        &sched_pact_ops, &sched_credit_ops,
    };

    const struct sched_ops *policy =
        u->pool->gangs ? u->pool->gangs->policy : u->pool->ops;

    for (size_t i = 0; i < ARRAY_SIZE(conserving) - random_caps; i++) {
        if (policy == conserving[i]) {
            return sched_cap_get(u) == 0;
        }
    }
    return false;
}

/* Is @cpu one that waits for work, its core too where cores are scheduled? */
static bool is_free(unsigned int cpu)
{
    bool is_alone = !cpus[cpu].current;

    for (unsigned int i = 0; i < NR_CPUS; i++) {
        is_alone &= !cpus[i].current || !sched_cpu_of(cpu)->rq.pool->gangs ||
                   sched_cpu_of(i)->place != sched_cpu_of(cpu)->place;
    }
    return is_alone;
}

static void check_vcpu(struct vcpu *v)
{
    unsigned int places = 0;

    for (unsigned int i = 0; i < NR_CPUS; i++) {
        places += loaded[i] == v;
        if (loaded[i] == v) {
            CHECK_EQ(v->on_cpu, i);
        }
    }
    CHECK_EQ(places, !vcpu_is_saved(v));
    CHECK_EQ(v->sched.is_loaded, !vcpu_is_saved(v));
    CHECK_EQ(v->sched.is_runnable, vcpu_is_runnable(v));
    if (v->pause_count || v->domain->pause_count) {
        CHECK(vcpu_is_saved(v));
    }
    if (is_current(v)) {
        CHECK(vcpu_is_runnable(v));
        CHECK(sched_unit_fits(&v->sched, v->on_cpu));
        CHECK_EQ(v->runstate.state, RUNSTATE_running);
    } else if (vcpu_is_runnable(v)) {
        CHECK_EQ(v->runstate.state, RUNSTATE_runnable);
        for (unsigned int i = 0; i < NR_CPUS; i++) {
            CHECK(!is_free(i) || !sched_unit_fits(&v->sched, i) ||
                  !is_conserving(&v->sched));
        }
    } else {
        CHECK(v->runstate.state == RUNSTATE_blocked ||
              v->runstate.state == RUNSTATE_offline);
    }
}

void check_all(void)
{
    struct domain *d;
    struct vcpu *v;

    settle();
    for_each_domain(d) {
        for_each_vcpu(d, v) {
            check_vcpu(v);
        }
    }
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK_EQ(cpus[i].softirq_pending, 0);
    }
    for (const struct sched_pool *p = sched_pool_by_id(0, false); p;
         p = sched_pool_by_id(p->id + 1, false)) {
        const char *what = sched_check_pool((struct sched_pool *)p);

        CHECK_STR(what ? what : "", "");
        CHECK(!p->fault);
    }
}

static uint32_t one_of(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t values[] = { a, b, c, d };

    return values[unit_random() % 4];
}

/* Weights, caps, reservations: whatever the policy has, or refuses. */
static void random_adjust(struct vcpu *v)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = v->domain->pool->ops->abi_id,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
    };
    int rc;

    switch (op.sched_id) {
    case XEN_SCHEDULER_RTDS:
    case SCHED_ID_PACT:
    case SCHED_ID_TABLEAU:
    case SCHED_ID_EEVDF:
        op.u.rtds.period = one_of(0, 1000, 10000, 50000);
        op.u.rtds.budget = one_of(0, 10, 300, 1000);
        op.u.rtds.flags = unit_random() % 2;
        break;
    case SCHED_ID_BVT:
        op.u.rtds.period = one_of(0, 1000, 5000, 100000);
        op.u.rtds.budget = one_of(0, 1000, 5000, 100000);
        op.u.rtds.flags = one_of(0, 10, 256 | 5u << 16, 65535);
        break;
    default:
        op.u.credit2.weight = (uint16_t)one_of(1, 256, 512, 65535);
        op.u.credit2.cap = random_caps ? (uint16_t)one_of(0, 0, 20, 150) : 0;
        break;
    }
    rc = sched_adjust_vcpu(v, &op);
    CHECK(rc == 0 || rc == -EINVAL || rc == -ENOSPC || rc == -EOPNOTSUPP ||
          rc == -ERESTART);
    /* Who waited for a cap that is no more is looked at when it was due. */
    fake_tsc += 2 * SCHED_CAP_PERIOD;
    settle();
}

void random_op(struct domain **doms, unsigned int n)
{
    struct domain *d = doms[unit_random() % n];
    struct vcpu *v = d->vcpu[unit_random() % d->max_vcpus];
    struct vcpu *cur;

    be(unit_random() % NR_CPUS);
    cur = self->current;
    switch (unit_random() % 13) {
    case 0:
    case 1:
        if (cur && !softirq_is_pending()) {
            has_irq[fake_index(cur)] = false;
            vcpu_block(cur);
        }
        break;
    case 2:
    case 3:
        has_irq[fake_index(v)] = unit_random() % 2;
        vcpu_notify(v);
        break;
    case 4:
        if (cur) {
            vcpu_yield(cur);
        }
        break;
    case 5:
        /* Counts that may grow leave everybody paused most of the time. */
        if (v->pause_count == 0 && unit_random() % 2) {
            vcpu_pause(v);
        }
        break;
    case 6:
        if (v->pause_count) {
            vcpu_unpause(v);
        }
        break;
    case 7:
        if (d->pause_count == 0) {
            if (unit_random() % 8 == 0) {
                CHECK_EQ(domain_tool_pause(d), 0);
            }
        } else {
            (void)!domain_tool_unpause(d);
        }
        break;
    case 8: {
        struct cpumask m = { { unit_random() % (1u << NR_CPUS) } };

        CHECK_EQ(sched_set_affinity(v, &m, NULL),
                 bitmap_has_common(m.bits, d->pool->cpus.bits, NR_CPUS)
                     ? 0 : -EINVAL);
        break;
    }
    case 9:
        if (cur && !softirq_is_pending()) {
            vcpu_timer_set_singleshot(cur, time_now() +
                                               unit_random() % 1000000);
        }
        break;
    case 10:
        if (unit_random() % 4 == 0) {
            random_adjust(v);
        }
        break;
    default:
        fake_tsc += unit_random() % 200000;
        loop_head(unit_random() % NR_CPUS);
        break;
    }
}
