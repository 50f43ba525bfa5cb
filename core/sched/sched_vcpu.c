/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools and the guests may set of a vCPU's scheduling: affinity,
 * pinning, the policy's parameters; and its entry to and exit from the
 * scheduler.  Locking: the vCPU's run queue.
 */
#include <core/sched/sched_priv.h>

#include <core/abi/domctl.h>
#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/kernel/softirq.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>

int sched_vcpu_init(struct vcpu *v, struct sched_pool *pool)
{
    struct sched_unit *u = &v->sched;
    const unsigned int nr = bitmap_weight(pool->cpus.bits, SCHED_MAX_CPUS);
    unsigned int skip = (v->domain->id * v->domain->max_vcpus + v->id) % nr;
    unsigned int cpu;

    *u = (struct sched_unit){
        .domain = v->domain->id,
        .id = v->id,
        .handle = v->domain->handle,
        .shared = &v->domain->sched,
        .pool = pool,
        .pinned_to = -1,
    };
    list_init(&u->queue);
    bitmap_fill(u->hard.bits, SCHED_MAX_CPUS);
    bitmap_fill(u->soft.bits, SCHED_MAX_CPUS);
    bitmap_for_each_set(cpu, pool->cpus.bits, SCHED_MAX_CPUS)
    {
        if (skip-- == 0) {
            break;
        }
    }
    u->cpu = cpu;
    v->on_cpu = CPU_NONE;

    struct sched_cpu *sc = sched_lock_vcpu(v);
    const int rc = pool->ops->unit_init(u);

    u->is_member = rc == 0;
    sched_unlock(sc);
    return rc;
}

void sched_vcpu_free(struct vcpu *v)
{
    struct sched_unit *u = &v->sched;

    if (!u->is_member) {
        return;
    }

    struct sched_cpu *sc = sched_lock_home(v);

    BUG_ON(!sc || u->is_runnable || u->is_running || u->is_loaded);
    if (u->pool->ops->leave) {
        u->pool->hooks->leave(&sc->rq, u);
    }
    u->pool->ops->unit_free(u);
    u->is_member = false;
    sched_unlock(sc);
    /* Somebody may have waited for its place. */
    softirq_raise(sc->rq.cpu, SOFTIRQ_SCHEDULE);
}

int sched_set_affinity(struct vcpu *v, const struct cpumask *hard,
                       const struct cpumask *soft)
{
    struct sched_unit *u = &v->sched;
    struct sched_cpu *sc;

    if (READ_ONCE(u->gang)) {
        const int rc = sched_bind_gang(v, hard, soft, NULL);

        if (rc <= 0) {
            return rc;
        }
    }
    sc = sched_lock_vcpu(v);
    if (hard && !bitmap_has_common(hard->bits, u->pool->cpus.bits,
                                   SCHED_MAX_CPUS)) {
        sched_unlock(sc);
        return -EINVAL;
    }
    if (hard) {
        u->hard = *hard;
        u->is_affine = !bitmap_is_subset(u->pool->cpus.bits, hard->bits,
                                         SCHED_MAX_CPUS);
    }
    if (soft) {
        u->soft = *soft;
    }
    sched_unlock(sc);
    sched_offer(u);
    return 0;
}

int sched_check_pin(const struct sched_unit *u, int cpu)
{
    if (cpu < 0) {
        return u->pinned_to < 0 ? -EINVAL : 0;
    }
    if (u->pinned_to >= 0) {
        return -EBUSY;
    }
    return (unsigned int)cpu < SCHED_MAX_CPUS &&
           cpumask_test(&u->pool->cpus, (unsigned int)cpu) ? 0 : -EINVAL;
}

int sched_pin_override(struct vcpu *v, int cpu)
{
    struct sched_unit *u = &v->sched;
    struct sched_cpu *sc;
    int rc;

    if (READ_ONCE(u->gang)) {
        rc = sched_bind_gang(v, NULL, NULL, &cpu);
        if (rc <= 0) {
            return rc;
        }
    }
    sc = sched_lock_vcpu(v);
    rc = sched_check_pin(u, cpu);
    if (rc == 0) {
        u->pinned_to = cpu < 0 ? -1 : cpu;
    }
    sched_unlock(sc);
    if (rc == 0) {
        sched_offer(u);
    }
    return rc;
}

int sched_adjust_vcpu(struct vcpu *v, struct xen_domctl_scheduler_op *op)
{
    const struct sched_ops *ops = v->domain->pool->ops;
    struct sched_cpu *sc;
    int rc;

    if (op->sched_id != ops->abi_id) {
        return -EINVAL;
    }
    if (!ops->adjust) {
        return -EOPNOTSUPP;
    }
    if (ops->is_planned && op->cmd == XEN_DOMCTL_SCHEDOP_putinfo) {
        return sched_adjust_stopped(v, op);
    }
    sc = sched_lock_home(v);
    if (!sc) {
        return -ERESTART;
    }
    rc = ops->adjust(&v->sched, op);
    sched_unlock(sc);
    return rc;
}

int sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    struct vcpu *v;
    int rc = -EINVAL;

    for_each_vcpu(d, v) {
        rc = sched_adjust_vcpu(v, op);
        if (rc || op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
            break;
        }
    }
    return rc;
}
