/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs: creation, going up and down, blocking and waking.
 *
 * Blocking against waking: who has something for a vCPU records it first and
 * then clears the stop bits; a vCPU that blocks sets its bit first and then
 * looks for what is recorded.  Both are sequentially consistent, so one of
 * them sees the other.
 */
#include <core/domain/vcpu.h>

#include <core/abi/sched.h>
#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/evtchn/evtchn.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sched/sched_core.h>
#include <core/trace/trace.h>

#define STOP_OFF ((uint32_t)(VCPU_STOP_DOWN | VCPU_STOP_SIPI))


int vcpu_create(struct domain *d, unsigned int id)
{
    struct vcpu *v;
    int rc;

    if (id >= d->max_vcpus) {
        return -EINVAL;
    }
    if (d->vcpu[id]) {
        return -EEXIST;
    }
    v = xzalloc_type(struct vcpu);
    if (!v) {
        return -ENOMEM;
    }
    v->id = id;
    v->domain = d;
    v->on_cpu = CPU_NONE;
    v->stop = VCPU_STOP_DOWN;
    v->info = vcpu_default_info(v);
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = time_now();
    rc = sched_vcpu_init(v, d->pool);
    if (rc) {
        goto free_vcpu;
    }
    vcpu_timer_init(v);
    rc = evtchn_vcpu_init(v);
    if (rc) {
        goto free_sched;
    }
    rc = arch_vcpu_init(v);
    if (rc) {
        goto free_evtchn;
    }
    /* Pairs with the acquire in domain_vcpu(): @v is complete. */
    atomic_set_release(&d->vcpu[id], v);
    return 0;

free_evtchn:
    evtchn_vcpu_free(v);
free_sched:
    vcpu_timer_free(v);
    sched_vcpu_free(v);
free_vcpu:
    xfree(v);
    return rc;
}

void vcpu_destroy(struct vcpu *v)
{
    vcpu_timer_free(v);
    arch_vcpu_free(v);
    evtchn_vcpu_free(v);
    sched_vcpu_free(v);
    xfree(v);
}

bool vcpu_is_down(const struct vcpu *v)
{
    return atomic_read_relaxed(&v->stop) & STOP_OFF;
}

void vcpu_up(struct vcpu *v)
{
    v->initialised = true;
    (void)atomic_fetch_and(&v->stop, ~STOP_OFF);
    sched_update(v);
}

static void go_off(struct vcpu *v, enum vcpu_stop bit)
{
    const struct domain *d = v->domain;
    const struct vcpu *other;

    (void)atomic_fetch_or(&v->stop, (uint32_t)bit);
    sched_update(v);
    for_each_vcpu(d, other) {
        if (!vcpu_is_down(other)) {
            return;
        }
    }
    domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

void vcpu_park(struct vcpu *v)
{
    (void)atomic_fetch_or(&v->stop, (uint32_t)VCPU_STOP_DOWN);
    sched_update(v);
}

void vcpu_down(struct vcpu *v)
{
    go_off(v, VCPU_STOP_DOWN);
}

void vcpu_wait_sipi(struct vcpu *v)
{
    go_off(v, VCPU_STOP_SIPI);
}

/* End a wait; true if there was one. */
static bool end_wait(struct vcpu *v)
{
    const uint32_t old =
        atomic_fetch_and(&v->stop, ~(uint32_t)VCPU_STOP_WAITS);

    if (old & VCPU_STOP_POLL) {
        atomic_dec(&v->domain->nr_pollers);
    }
    if (!(old & VCPU_STOP_WAITS)) {
        return false;
    }
    sched_update(v);
    return true;
}

void __no_stack_protector vcpu_block(struct vcpu *v)
{
    (void)atomic_fetch_or(&v->stop, VCPU_STOP_BLOCKED);
    if (arch_vcpu_has_interrupt(v)) {
        (void)atomic_fetch_and(&v->stop, ~(uint32_t)VCPU_STOP_BLOCKED);
        return;
    }
    TRACE(BLOCK, v->domain->id, v->id);
    sched_stop_self();
}

void vcpu_notify(struct vcpu *v)
{
    /* Pairs with vcpu_block(): what is recorded, before the bits. */
    smp_mb();
    if ((atomic_read_relaxed(&v->stop) & VCPU_STOP_WAITS) && end_wait(v)) {
        return;
    }
    if (atomic_read_relaxed(&v->on_cpu) != this_cpu_id()) {
        arch_vcpu_kick(v);
    }
}

static bool any_pending(struct vcpu *v, const evtchn_port_t *ports,
                        unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (evtchn_port_is_pending(v->domain, ports[i])) {
            return true;
        }
    }
    return false;
}

int vcpu_poll(struct vcpu *v, const evtchn_port_t *ports, unsigned int nr,
              nsec_t timeout)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (!evtchn_port_is_valid(v->domain, ports[i])) {
            return -EINVAL;
        }
    }
    if (timer_is_set(&v->poll_timer)) {
        timer_stop(&v->poll_timer);
    }
    v->poll_port = nr == 1 ? ports[0] : 0;
    atomic_inc(&v->domain->nr_pollers);
    (void)atomic_fetch_or(&v->stop, VCPU_STOP_POLL);
    if (arch_vcpu_has_interrupt(v) || any_pending(v, ports, nr)) {
        (void)end_wait(v);
        return 0;
    }
    if (timeout != 0) {
        timer_set(&v->poll_timer, timeout);
    }
    sched_stop_self();
    return 0;
}

void vcpu_wake_pollers(struct domain *d, evtchn_port_t port)
{
    struct vcpu *v;

    /* Pairs with vcpu_poll(): the port is pending, before this is read. */
    if (likely(atomic_read_relaxed(&d->nr_pollers) == 0)) {
        return;
    }
    for_each_vcpu(d, v) {
        const uint32_t wanted = READ_ONCE(v->poll_port);

        if ((atomic_read_relaxed(&v->stop) & VCPU_STOP_POLL) &&
            (wanted == 0 || wanted == port)) {
            (void)end_wait(v);
        }
    }
}

void vcpu_yield(struct vcpu *v)
{
    sched_yield(v);
}
