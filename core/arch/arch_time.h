/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine about time: a counter and one deadline per
 * CPU.  Implemented by arch/x86/cpu/{tsc,lapic}.c, faked by
 * tests/unit/fake_arch.c.
 */
#ifndef CORE_ARCH_ARCH_TIME_H
#define CORE_ARCH_ARCH_TIME_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* The counter of this CPU that system time is made of: TSC. */
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
uint64_t arch_cycles(void);
#else
static __always_inline uint64_t arch_cycles(void)
{
    return __builtin_ia32_rdtsc();
}
#endif

/*
 * This CPU's one deadline, in system time: at or soon after it,
 * timer_interrupt() is called.  Replaces the former; NSEC_NEVER: none.
 * A deadline in the past fires at once.  It may fire early, never be lost;
 * the caller programs again then.
 */
void arch_timer_program(nsec_t deadline);

#endif /* CORE_ARCH_ARCH_TIME_H */
