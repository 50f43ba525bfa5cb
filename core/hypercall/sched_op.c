/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest asks of the scheduler, and how it ends: <xen/sched.h>; and
 * set_timer_op.
 */
#include <core/hypercall/hypercall.h>

#include <core/abi/sched.h>
#include <core/domain/access.h>
#include <core/domain/vcpu.h>
#include <core/domain/watchdog.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>
#include <core/sched/sched_core.h>

#define POLL_PORTS_MAX 128u

/* @is_code: only say which reason to report later. */
static int64_t op_shutdown(struct vcpu *v, gva_t arg, bool is_code)
{
    struct sched_shutdown s;

    if (gva_read(&s, arg) != 0) {
        return -EFAULT;
    }
    /* Any number is a reason; of those beyond SHUTDOWN_MAX tools say so. */
    s.reason = (uint8_t)s.reason;
    if (is_code) {
        domain_set_shutdown_code(v->domain, s.reason);
    } else {
        domain_shutdown(v->domain, s.reason);
    }
    return 0;
}

static int64_t op_remote_shutdown(struct vcpu *v, gva_t arg)
{
    struct sched_remote_shutdown s;
    struct domain *d;
    int rc;

    if (gva_read(&s, arg) != 0) {
        return -EFAULT;
    }
    rc = access_find(v->domain, s.domain_id, TARGET_OTHER, &d);
    if (rc) {
        return rc;
    }
    domain_shutdown(d, (uint8_t)s.reason);
    return 0;
}

static int64_t op_poll(struct vcpu *v, gva_t arg)
{
    evtchn_port_t ports[POLL_PORTS_MAX];
    struct sched_poll p;

    if (layout_read(sched_poll, &p, arg, 1) != 0) {
        return -EFAULT;
    }
    if (p.nr_ports > POLL_PORTS_MAX) {
        return -EINVAL;
    }
    if (handle_read_array(ports, p.ports, 0, p.nr_ports) != 0) {
        return -EFAULT;
    }
    return vcpu_poll(v, ports, p.nr_ports, p.timeout);
}

static int64_t op_watchdog(struct vcpu *v, gva_t arg)
{
    struct sched_watchdog w;

    if (gva_read(&w, arg) != 0) {
        return -EFAULT;
    }
    return watchdog_set(v->domain, w.id, w.timeout);
}

static int64_t op_pin_override(struct vcpu *v, gva_t arg)
{
    struct sched_pin_override p;

    if (!v->domain->is_hardware) {
        return -EPERM;
    }
    if (gva_read(&p, arg) != 0) {
        return -EFAULT;
    }
    return sched_pin_override(v, p.pcpu);
}

int64_t __no_stack_protector hcall_sched_op(struct vcpu *v,
                                            struct hcall_regs *r)
{
    const gva_t arg = r->arg[1];

    switch ((uint32_t)r->arg[0]) {
    case SCHEDOP_yield:
        vcpu_yield(v);
        return 0;
    case SCHEDOP_block:
        vcpu_block(v);
        return 0;
    case SCHEDOP_shutdown: return op_shutdown(v, arg, false);
    case SCHEDOP_poll: return op_poll(v, arg);
    case SCHEDOP_remote_shutdown: return op_remote_shutdown(v, arg);
    case SCHEDOP_shutdown_code: return op_shutdown(v, arg, true);
    case SCHEDOP_watchdog: return op_watchdog(v, arg);
    case SCHEDOP_pin_override: return op_pin_override(v, arg);
    default: return -ENOSYS;
    }
}

int64_t hcall_set_timer_op(struct vcpu *v, struct hcall_regs *r)
{
    const uint64_t at = guest_is_64bit() ? r->arg[0]
                                         : r->arg[0] | r->arg[1] << 32;

    if (at == 0) {
        vcpu_timer_stop_singleshot(v);
    } else {
        vcpu_timer_set_singleshot(v, at);
    }
    return 0;
}
