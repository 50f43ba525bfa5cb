/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of a CPU that has no guests to run.  Weak: the one of hvm_run.c
 * takes its place.
 */
#include <core/arch/arch_cpu.h>
#include <core/init/init.h>
#include <core/kernel/softirq.h>
#include <core/sync/quiescent.h>

void __weak cpu_loop(void)
{
    for (;;) {
        quiescent_pass();
        softirq_run();
        if (!softirq_is_pending()) {
            arch_cpu_idle();
        }
    }
}
