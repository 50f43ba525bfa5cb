/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of policies: those of sched_policies.def, and room for some that
 * are registered later.  Locking: rows are only added; a reader sees the
 * count after the row.
 */
#include <core/sched/sched.h>

#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/sync/atomic.h>

#define SCHED_POLICIES_MAX 32u

static const struct sched_ops *policies[SCHED_POLICIES_MAX] = {
#define SCHED_POLICY(name) &sched_##name##_ops,
#include <core/sched/sched_policies.def>
#undef SCHED_POLICY
};

#define SCHED_POLICY(name) +1u
static unsigned int nr_policies = 0u
#include <core/sched/sched_policies.def>
    ;
#undef SCHED_POLICY

const struct sched_ops *sched_ops_by_index(unsigned int i)
{
    return i < atomic_read_acquire(&nr_policies) ? policies[i] : NULL;
}

const struct sched_ops *sched_ops_default(void)
{
    return policies[0];
}

const struct sched_ops *sched_ops_by_name(const char *name)
{
    const struct sched_ops *ops;

    for (unsigned int i = 0; (ops = sched_ops_by_index(i)) != NULL; i++) {
        if (!strcmp(ops->name, name)) {
            break;
        }
    }
    return ops;
}

const struct sched_ops *sched_ops_by_id(uint32_t abi_id)
{
    const struct sched_ops *ops;

    for (unsigned int i = 0; (ops = sched_ops_by_index(i)) != NULL; i++) {
        if (ops->abi_id == abi_id) {
            break;
        }
    }
    return ops;
}

static bool has_unit_hooks(const struct sched_ops *ops)
{
    return ops->unit_init && ops->unit_free && ops->wake && ops->sleep &&
           ops->yield && ops->pick_cpu;
}

static bool has_queue_hooks(const struct sched_ops *ops)
{
    return ops->pool_init && ops->pool_free && ops->runq_init && ops->pick &&
           ops->slice && ops->dump && ops->check;
}

int sched_register(const struct sched_ops *ops)
{
    if (!ops->name || !has_unit_hooks(ops) || !has_queue_hooks(ops)) {
        return -EINVAL;
    }
    if (sched_ops_by_name(ops->name) || sched_ops_by_id(ops->abi_id)) {
        return -EEXIST;
    }
    if (nr_policies == SCHED_POLICIES_MAX) {
        return -ENOSPC;
    }
    policies[nr_policies] = ops;
    atomic_set_release(&nr_policies, nr_policies + 1);
    return 0;
}
