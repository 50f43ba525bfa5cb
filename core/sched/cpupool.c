/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools: sets of CPUs under one policy.  There is one, number 0, which
 * holds every CPU and every domain.
 */
#include <core/sched/sched_priv.h>

#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>

#define SCHED_SLICE_MS_MAX 1000u

static struct sched_pool pool_0;

void sched_choose(const char *policy, unsigned int slice_ms)
{
    struct sched_pool *p = &pool_0;

    p->ops = policy && *policy ? sched_ops_by_name(policy) : &sched_rr_ops;
    if (!p->ops) {
        pr_warn("sched=%s: no such scheduler, using %s\n", policy,
                sched_rr_ops.name);
        p->ops = &sched_rr_ops;
    }
    p->slice = clamp(slice_ms, 1u, SCHED_SLICE_MS_MAX) * NSEC_PER_MSEC;
    if (p->ops->pool_init(p) != 0) {
        panic("No memory for the scheduler");
    }
}

void sched_init(void)
{
    sched_choose(param.sched, param.sched_slice_ms);
}

void sched_cpu_init(void)
{
    if (sched_start(this_cpu_id()) != 0) {
        panic("No memory for the scheduler");
    }
}

struct sched_pool *sched_pool_default(void)
{
    return &pool_0;
}

struct sched_pool *sched_pool_by_id(uint32_t id, bool exact)
{
    return id == pool_0.id ? &pool_0 : NULL;
}

unsigned int sched_pool_domains(const struct sched_pool *p)
{
    unsigned int n = 0;
    struct domain *d;

    for_each_domain(d) {
        n += d->pool == p;
    }
    return n;
}
