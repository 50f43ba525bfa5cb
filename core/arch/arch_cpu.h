/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine about its CPUs.  Implemented by
 * arch/x86/cpu, faked by tests/unit/fake_arch.c.
 */
#ifndef CORE_ARCH_ARCH_CPU_H
#define CORE_ARCH_ARCH_CPU_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct cpu;

/*
 * The struct of the CPU that executes this.  It never changes within a
 * function: there is one stack per CPU and nothing migrates.  The inline form
 * is part of the contract: GS base points to struct cpu, whose first field
 * points to itself.
 */
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
struct cpu *this_cpu(void);
#else
static __always_inline struct cpu *this_cpu(void)
{
    struct cpu *c;

    __asm__("movq %%gs:0, %[c]" : [c] "=r"(c));
    return c;
}
#endif

/*
 * Make another CPU come to its loop head soon: it leaves guest mode or HLT.
 * Does nothing more; what to do there was announced before (softirq.h).
 * Any context.
 */
void arch_cpu_kick(unsigned int cpu);

/*
 * Panic: stop all other CPUs at once, wherever they are, for good, and have
 * each print its stack if @show.  Does not wait longer than a second.
 */
void arch_cpu_stop_others(bool show);

/* Stop this CPU for good. */
void __noreturn arch_cpu_halt(void);

/*
 * The loop of a CPU, for ever: softirqs, schedule, run a guest, handle its
 * exit.  Called once by each CPU at the end of its start-up, interrupts off.
 */
void __noreturn cpu_loop(void);

/* Nothing to do: wait for an interrupt and handle it.  Loop head only. */
void arch_cpu_idle(void);

enum arch_call { ARCH_CALL_DONE, ARCH_CALL_LATE, ARCH_CALL_TRAP };

/* Longest that the call below may take, in ns of system time, or double. */
#define ARCH_CALL_LIMIT (200 * 1000000)

/*
 * @fn(@data), which must take no lock, allocate nothing and not call this:
 * DONE when it returns.  If it takes longer than the limit, or causes an
 * exception, it is left where it is, for good, as if by longjmp(), and @where
 * says at which instruction.  What it wrote stays written.
 */
enum arch_call __must_check arch_call_bounded(void (*fn)(void *data),
                                              void *data, uintptr_t *where);

/* Print this CPU's registers and a symbolised backtrace. */
void arch_cpu_dump(void);
/* Print the backtrace of the caller only. */
void arch_cpu_backtrace(void);

/* Ask every other CPU to print where it is (debug key), without stopping. */
void arch_cpu_dump_others(void);

/* The numbers by which firmware knows CPU @cpu, below cpu_count. */
void arch_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id);

/* Where CPU @cpu, below cpu_count, sits: core of its package, package. */
void arch_cpu_place(unsigned int cpu, uint32_t *core, uint32_t *package);

/* The first words of the machine's CPUID features, as Xen orders them. */
#define ARCH_CPU_FEATURE_WORDS 8u
void arch_cpu_features(uint32_t words[ARCH_CPU_FEATURE_WORDS]);

/* Restart the machine by what needs no driver; returns if nothing worked. */
void arch_cpu_reset(void);

#endif /* CORE_ARCH_ARCH_CPU_H */
