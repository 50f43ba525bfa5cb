/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler as the rest of the hypervisor uses it.
 *
 * Which vCPU a CPU executes changes only in sched_run(), called by the CPU's
 * loop.  Everything else here only changes what that call will find, and
 * raises SOFTIRQ_SCHEDULE where it must be made soon.
 */
#ifndef CORE_SCHED_SCHED_CORE_H
#define CORE_SCHED_SCHED_CORE_H

#include <core/domain/domain.h>
#include <core/kernel/softirq.h>
#include <core/sched/sched.h>

/* Boot: the policy of option sched=.  Then each CPU, before its loop. */
void sched_init(void);
void sched_cpu_init(void);

/*
 * What these do: choose the policy (the default if unknown, which is said),
 * and give @cpu a run queue: 0, -ENOMEM.
 */
void sched_choose(const char *policy, unsigned int slice_ms);
int __must_check sched_start(unsigned int cpu);

/*
 * The loop head, when softirq_run() says so: choose, and make the choice
 * this CPU's current.  No lock held.
 */
void sched_run(void);

/*
 * A vCPU joins or leaves its domain's pool.  0, -ENOMEM, -ENOSPC (the policy
 * does not admit it).  It leaves before its domain becomes invisible.
 */
int __must_check sched_vcpu_init(struct vcpu *v, struct sched_pool *pool);
void sched_vcpu_free(struct vcpu *v);

/*
 * What decides whether @v may run has changed (v->stop, a pause count): look
 * at the sum and act.  Any context, takes run queue locks.
 */
void sched_update(struct vcpu *v);

/*
 * This CPU's vCPU has set a stop bit of its own: the loop head finds it so,
 * which spares a look at the run queue now.
 */
static inline void sched_stop_self(void)
{
    softirq_raise_self(SOFTIRQ_SCHEDULE);
}

/* The running vCPU lets others go first. */
void sched_yield(struct vcpu *v);

/*
 * Hard affinity: 0, -EINVAL if no CPU of the pool is in it.  Soft affinity is
 * a wish.  Any vCPU, any time.
 */
int __must_check sched_set_affinity(struct vcpu *v,
                                    const struct cpumask *hard,
                                    const struct cpumask *soft);
/* SCHEDOP_pin_override: @cpu, or -1 to undo.  0, -EINVAL, -EBUSY. */
int __must_check sched_pin_override(struct vcpu *v, int cpu);

/*
 * XEN_DOMCTL_scheduler_op: set all vCPUs of @d or get the first's; or one,
 * @v.  0, -EINVAL, -ENOSPC (not admitted), -EOPNOTSUPP, -ERESTART.
 */
int __must_check sched_adjust(struct domain *d,
                              struct xen_domctl_scheduler_op *op);
int __must_check sched_adjust_vcpu(struct vcpu *v,
                                   struct xen_domctl_scheduler_op *op);
/* XEN_SYSCTL_scheduler_op, see struct sched_ops. */
int __must_check sched_adjust_pool(struct sched_pool *p,
                                   struct xen_sysctl_scheduler_op *op,
                                   struct xen_sysctl_arinc653_schedule *frame);

/* Idle time of a CPU since boot. */
nsec_t sched_idle_time(unsigned int cpu);

/* Lock and unlock the run queue of @v; for run states. */
struct sched_cpu *sched_lock_vcpu(const struct vcpu *v);
void sched_unlock(struct sched_cpu *sc);

/* Debug key r. */
void sched_dump(void);

/*
 * CPU pools (cpupool.c).  Pool 0 has the CPUs that came up at boot and cannot
 * be destroyed; a CPU in no pool is free and idles.  All but the readers:
 * CONTROL held; errors are those of XEN_SYSCTL_cpupool_op in the ABI.
 */
#define SCHED_POOL_ANY 0xffffffffu

struct sched_pool *sched_pool_default(void);
/* By number, NULL if there is none; or the first with a number >= @id. */
struct sched_pool *sched_pool_by_id(uint32_t id, bool exact);
/* How many domains are in it. */
unsigned int sched_pool_domains(const struct sched_pool *p);
/* The CPUs that are in none. */
const struct cpumask *sched_pool_free_cpus(void);

/* @id: wanted, or SCHED_POOL_ANY, then the number given. */
int __must_check sched_pool_create(uint32_t *id, const struct sched_ops *ops);
int __must_check sched_pool_destroy(struct sched_pool *p);
/* @cpu SCHED_POOL_ANY: the first free one, or the pool's last. */
int __must_check sched_pool_add_cpu(struct sched_pool *p, uint32_t cpu);
int __must_check sched_pool_remove_cpu(struct sched_pool *p, uint32_t cpu);
int __must_check sched_pool_move_domain(struct domain *d,
                                        struct sched_pool *to);
/*
 * Another policy for a pool that goes on running; parameters are reset.
 * 0; -ENOMEM, -ENOSPC (a vCPU is not admitted): it keeps its policy.
 */
int __must_check sched_pool_set_policy(struct sched_pool *p,
                                       const struct sched_ops *ops);

/*
 * Schedule whole cores, so that vCPUs of two domains never share one, or
 * single CPUs: 0; -EOPNOTSUPP, the cores of this machine have one thread or
 * differ; -EINVAL, @p has parts of a core; as sched_pool_set_policy().  CPUs
 * move to and from such a pool by cores, and affinities grow to whole ones.
 */
int __must_check sched_pool_set_granularity(struct sched_pool *p,
                                            bool by_core);
/* Boot, when all CPUs are up: option sched_gran. */
void sched_init_granularity(void);

#endif /* CORE_SCHED_SCHED_CORE_H */
