/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks of the CPUs and what can be read from them.
 */
#ifndef ARCH_X86_CPU_STACK_H
#define ARCH_X86_CPU_STACK_H

#include <arch/x86/cpu/percpu.h>

struct trap_frame;

/*
 * Stacks for CPU @id with unmapped guard pages, in the vmap region; NULL if
 * there is no memory.  Boot CPU only.
 */
struct cpu_stacks *stack_create(unsigned int id);

/* Unmap the guard pages of the boot processor's stacks, which lie in bss. */
void stack_guard_cpu0(void);

/* True if @addr lies in a guard page of this CPU. */
bool stack_is_guard(uintptr_t addr);

/*
 * Print the call chain from @rip, @rbp on.  Reads this CPU's stacks only,
 * and survives any contents.
 */
void stack_print(uintptr_t rip, uintptr_t rbp);

#endif /* ARCH_X86_CPU_STACK_H */
