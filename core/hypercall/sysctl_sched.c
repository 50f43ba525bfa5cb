/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sysctls about schedulers and CPU pools.
 */
#include <core/hypercall/sysctl.h>

#include <core/abi/domctl.h>
#include <core/hypercall/guest_bitmap.h>
#include <core/hypercall/guest_handle.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sched/sched_core.h>

/*
 * Ours, beside Xen's: give pool cpupool_id the policy sched_id; schedule it by
 * cores (cpu is 1) or by single CPUs (0).
 */
#define CPUPOOL_OP_SET_SCHED 0x48000001u
#define CPUPOOL_OP_SET_GRAN 0x48000002u

int sysctl_sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched_pool_default()->ops->abi_id;
    return 0;
}

static int pool_create(struct xen_sysctl_cpupool_op *c)
{
    const struct sched_ops *ops = sched_ops_by_id(c->sched_id);

    return ops ? sched_pool_create(&c->cpupool_id, ops) : -ENOENT;
}

static int pool_info(struct xen_sysctl_cpupool_op *c)
{
    const struct sched_pool *p = sched_pool_by_id(c->cpupool_id, false);

    if (!p) {
        return -ENOENT;
    }
    c->cpupool_id = p->id;
    c->sched_id = p->ops->abi_id;
    c->n_dom = sched_pool_domains(p);
    return guest_bitmap_write(&c->cpumap, p->cpus.bits, SCHED_MAX_CPUS);
}

static int pool_move_domain(struct sched_pool *p, uint32_t domid)
{
    struct domain *d = domid < DOMID_FIRST_RESERVED
                           ? domain_by_id((domid_t)domid) : NULL;

    return d ? sched_pool_move_domain(d, p) : -ESRCH;
}

static int pool_set_sched(struct sched_pool *p, uint32_t sched_id)
{
    const struct sched_ops *ops = sched_ops_by_id(sched_id);

    return ops ? sched_pool_set_policy(p, ops) : -EINVAL;
}

int sysctl_cpupool_op(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *c = &op->u.cpupool_op;
    struct sched_pool *p;

    switch (c->op) {
    case XEN_SYSCTL_CPUPOOL_OP_CREATE: return pool_create(c);
    case XEN_SYSCTL_CPUPOOL_OP_INFO: return pool_info(c);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return guest_bitmap_write(&c->cpumap, sched_pool_free_cpus()->bits,
                                  SCHED_MAX_CPUS);
    default: break;
    }
    p = sched_pool_by_id(c->cpupool_id, true);
    if (!p) {
        return -ENOENT;
    }
    switch (c->op) {
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY: return sched_pool_destroy(p);
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU: return sched_pool_add_cpu(p, c->cpu);
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU: return sched_pool_remove_cpu(p, c->cpu);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return pool_move_domain(p, c->domid);
    case CPUPOOL_OP_SET_SCHED: return pool_set_sched(p, c->sched_id);
    case CPUPOOL_OP_SET_GRAN:
        return c->cpu > 1 ? -EINVAL
                          : sched_pool_set_granularity(p, c->cpu == 1);
    default: return -ENOSYS;
    }
}

/* ARINC 653's schedule lies in the guest's memory: copy it in or out. */
static int adjust_arinc653(struct sched_pool *p,
                           struct xen_sysctl_scheduler_op *s)
{
    struct xen_sysctl_arinc653_schedule *frame = xzalloc(sizeof(*frame));
    int rc = 0;

    if (!frame) {
        return -ENOMEM;
    }
    if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo &&
        handle_read(frame, s->u.sched_arinc653.schedule, 0) != 0) {
        rc = -EFAULT;
    }
    if (rc == 0) {
        rc = sched_adjust_pool(p, s, frame);
    }
    if (rc == 0 && s->cmd == XEN_SYSCTL_SCHEDOP_getinfo &&
        handle_write(s->u.sched_arinc653.schedule, 0, frame) != 0) {
        rc = -EFAULT;
    }
    xfree(frame);
    return rc;
}

int sysctl_scheduler_op(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
    struct sched_pool *p = sched_pool_by_id(s->cpupool_id, true);

    if (!p) {
        return -ESRCH;
    }
    if (s->sched_id == XEN_SCHEDULER_ARINC653) {
        return adjust_arinc653(p, s);
    }
    return sched_adjust_pool(p, s, NULL);
}
