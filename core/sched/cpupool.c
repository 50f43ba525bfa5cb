/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools: sets of CPUs under one policy.  There is one, number 0, which
 * holds every CPU and every domain.
 */
#include <core/sched/sched_priv.h>

#include <core/console/printk.h>
#include <core/kernel/bug.h>

#define SCHED_SLICE_MS_DEFAULT 10u
#define SCHED_SLICE_MS_MAX 1000u

static struct sched_pool pool_0;

void sched_init(const char *policy, unsigned int slice_ms)
{
    struct sched_pool *p = &pool_0;

    p->ops = policy && *policy ? sched_ops_by_name(policy) : &sched_rr_ops;
    if (!p->ops) {
        pr_warn("sched=%s: no such scheduler, using %s\n", policy,
                sched_rr_ops.name);
        p->ops = &sched_rr_ops;
    }
    if (slice_ms == 0 || slice_ms > SCHED_SLICE_MS_MAX) {
        slice_ms = SCHED_SLICE_MS_DEFAULT;
    }
    p->slice = slice_ms * NSEC_PER_MSEC;
    if (p->ops->pool_init(p) != 0) {
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
