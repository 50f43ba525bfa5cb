/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time stamp counter.
 */
#ifndef ARCH_X86_CPU_TSC_H
#define ARCH_X86_CPU_TSC_H

#include <core/lib/types.h>

/* True if it neither stops nor changes its rate. */
bool tsc_is_invariant(void);

/* Boot CPU: tell core the rate if CPUID states it exactly. */
void tsc_init(void);

/*
 * Compare the counters of two CPUs, both calling at about the same time: the
 * boot CPU tsc_sync_master(), the other tsc_sync_slave(), which returns its
 * counter less the boot CPU's; 0 if they cannot be told apart.
 */
void tsc_sync_master(void);
int64_t tsc_sync_slave(void);

#endif /* ARCH_X86_CPU_TSC_H */
