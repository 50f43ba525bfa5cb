/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a decision costs, counted instead of timed: in build/lab/sim-count the
 * compiler has core/ call this in each basic block, so that the same
 * experiment gives the same number on any machine.  Added up is the second
 * half of a run.  In the other programs nothing calls it.
 */
#include <lab/sim.h>

uint64_t sim_blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
    sim_blocks++;
}

void steps_add(struct sim_steps *s, uint64_t before)
{
    const uint64_t n = sim_blocks - before;

    /* Where everybody is new, nothing is as it is later. */
    if (sim.now < sim.end / 2) {
        return;
    }
    s->calls++;
    s->sum += n;
    s->max = max(s->max, n);
}
