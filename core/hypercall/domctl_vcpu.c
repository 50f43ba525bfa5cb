/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls about vCPUs and their scheduling.
 */
#include <core/hypercall/domctl.h>

#include <core/domain/vcpu.h>
#include <core/hypercall/guest_bitmap.h>
#include <core/hypercall/guest_handle.h>
#include <core/lib/errno.h>
#include <core/sched/sched_core.h>

/* vCPU @id of @d: 0, -EINVAL beyond its number, -ESRCH if not there yet. */
static int find_vcpu(struct domain *d, uint32_t id, struct vcpu **v)
{
    if (id >= d->max_vcpus) {
        return -EINVAL;
    }
    *v = domain_vcpu(d, id);
    return *v ? 0 : -ESRCH;
}

/* vCPUs that one run makes. */
#define CREATE_BATCH 8u

/* The number was given when the domain was created: now they are made. */
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
    unsigned int made = 0;

    if (op->u.max_vcpus.max != d->max_vcpus) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu[i]) {
            continue;
        }
        if (made++ == CREATE_BATCH) {
            return -ERESTART;
        }
        if (vcpu_create(d, i)) {
            return -ENOMEM;
        }
    }
    return 0;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
    struct vcpu_runstate_info rs;
    struct vcpu *v;
    const int rc = find_vcpu(d, i->vcpu, &v);

    if (rc) {
        return rc;
    }
    vcpu_runstate_get(v, &rs);
    i->online = !vcpu_is_down(v);
    i->blocked = (READ_ONCE(v->stop) & VCPU_STOP_WAITS) != 0;
    i->running = v->sched.is_running;
    i->cpu_time = rs.time[RUNSTATE_running];
    i->cpu = v->sched.cpu;
    return 0;
}

/* One of the two masks: read it, keep what exists; -EINVAL if none is left. */
static int read_mask(const struct vcpu *v, const struct xenctl_bitmap *from,
                     struct cpumask *m)
{
    int rc = guest_bitmap_read(m->bits, SCHED_MAX_CPUS, from);

    if (rc == 0 && !bitmap_has_common(m->bits, v->sched.pool->cpus.bits,
                                      SCHED_MAX_CPUS)) {
        rc = -EINVAL;
    }
    return rc;
}

/* What is in force: the wish, less the CPUs that there are not. */
static int write_mask(const struct vcpu *v, const struct cpumask *m,
                      const struct xenctl_bitmap *to)
{
    struct cpumask effective;

    bitmap_and(effective.bits, m->bits, v->sched.pool->cpus.bits,
               SCHED_MAX_CPUS);
    return guest_bitmap_write(to, effective.bits, SCHED_MAX_CPUS);
}

static int write_masks(const struct vcpu *v,
                       const struct xen_domctl_vcpuaffinity *a)
{
    int rc = 0;

    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        rc = write_mask(v, &v->sched.hard, &a->cpumap_hard);
    }
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        rc = write_mask(v, &v->sched.soft, &a->cpumap_soft);
    }
    return rc;
}

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    const bool is_hard = a->flags & XEN_VCPUAFFINITY_HARD;
    const bool is_soft = a->flags & XEN_VCPUAFFINITY_SOFT;
    struct cpumask hard;
    struct cpumask soft;
    struct vcpu *v;
    int rc = find_vcpu(d, a->vcpu, &v);

    if (rc) {
        return rc;
    }
    if (!is_hard && !is_soft) {
        return -EINVAL;
    }
    if (is_hard) {
        rc = read_mask(v, &a->cpumap_hard, &hard);
    }
    if (rc == 0 && is_soft) {
        rc = read_mask(v, &a->cpumap_soft, &soft);
    }
    if (rc == 0) {
        rc = sched_set_affinity(v, is_hard ? &hard : NULL,
                                is_soft ? &soft : NULL);
    }
    if (rc == 0 && is_hard) {
        rc = write_mask(v, &v->sched.hard, &a->cpumap_hard);
    }
    if (rc == 0 && is_soft) {
        /* Of the wish, what the hard affinity leaves. */
        bitmap_and(soft.bits, v->sched.soft.bits, v->sched.hard.bits,
                   SCHED_MAX_CPUS);
        rc = write_mask(v, &soft, &a->cpumap_soft);
    }
    return rc;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    const int rc = find_vcpu(d, a->vcpu, &v);

    if (rc) {
        return rc;
    }
    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))) {
        return -EINVAL;
    }
    return write_masks(v, a);
}

/* XEN_DOMCTL_SCHEDOP_getvcpuinfo and _putvcpuinfo: one array element. */
static int adjust_one(struct domain *d, struct xen_domctl_scheduler_op *s,
                      uint32_t index)
{
    const bool is_put = s->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo;
    struct xen_domctl_scheduler_op one = {
        .sched_id = s->sched_id,
        .cmd = is_put ? XEN_DOMCTL_SCHEDOP_putinfo
                      : XEN_DOMCTL_SCHEDOP_getinfo,
    };
    struct xen_domctl_schedparam_vcpu param;
    struct vcpu *v;
    int rc;

    if (handle_read(&param, s->u.v.vcpus, index) != 0) {
        return -EFAULT;
    }
    v = domain_vcpu(d, param.vcpuid);
    if (!v) {
        return -EINVAL;
    }
    one.u.rtds = param.u.rtds;
    rc = sched_adjust_vcpu(v, &one);
    if (rc || is_put) {
        return rc;
    }
    param.u.rtds = one.u.rtds;
    return handle_write(s->u.v.vcpus, index, &param) != 0 ? -EFAULT : 0;
}

static_assert(sizeof(struct xen_domctl_sched_rtds) >=
                  sizeof(struct xen_domctl_sched_credit2),
              "rtds is the largest of the parameters");

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->cmd == XEN_DOMCTL_SCHEDOP_putinfo ||
        s->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        return sched_adjust(d, s);
    }
    if (s->cmd != XEN_DOMCTL_SCHEDOP_putvcpuinfo &&
        s->cmd != XEN_DOMCTL_SCHEDOP_getvcpuinfo) {
        return -EINVAL;
    }
    /* At most one element for each vCPU, so this is short. */
    if (s->u.v.nr_vcpus > d->max_vcpus) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < s->u.v.nr_vcpus; i++) {
        const int rc = adjust_one(d, s, i);

        if (rc) {
            return rc;
        }
    }
    return 0;
}
