/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets of structure members for assembly.  Compiled to assembly only;
 * the Makefile turns each line into a #define of generated/asm_offsets.h.
 */
#include <stddef.h>

#include <arch/x86/cpu/percpu.h>

#define DEFINE(sym, val)                                                     \
    asm volatile("\n.ascii \"@@" #sym " %0@@\"" : : "i"((long)(val)))
#define OFFSET(sym, type, member) DEFINE(sym, offsetof(struct type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(CPU_SELF, cpu, self);
    OFFSET(CPU_CURRENT, cpu, current);
    OFFSET(CPU_CANARY, cpu, stack_canary);
    DEFINE(CPU_STACKS_SIZE, sizeof(struct cpu_stacks));
}
