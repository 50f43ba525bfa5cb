/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pausing one vCPU.  Counts nest; the scheduler looks at the sum.
 */
#include <core/domain/vcpu.h>

#include <core/kernel/bug.h>
#include <core/sched/sched_core.h>

void vcpu_pause(struct vcpu *v)
{
    if (atomic_inc(&v->pause_count) == 1) {
        sched_update(v);
    }
}

void vcpu_unpause(struct vcpu *v)
{
    const uint32_t count = atomic_dec(&v->pause_count);

    BUG_ON(count == ~UINT32_C(0));
    if (count == 0) {
        sched_update(v);
    }
}
