/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls about vCPUs and their scheduling.
 */
#include <core/hypercall/domctl.h>

#include <core/domain/vcpu.h>
#include <core/hypercall/guest_bitmap.h>
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
    i->blocked = (READ_ONCE(v->stop) & VCPU_STOP_BLOCKED) != 0;
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
    return rc == 0 ? write_masks(v, a) : rc;
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

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    return sched_adjust(d, &op->u.scheduler_op);
}
