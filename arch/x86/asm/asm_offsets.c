/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets of structure members for assembly.  Compiled to assembly only;
 * the Makefile turns each line into a #define of generated/asm_offsets.h.
 */
#include <stddef.h>

#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hvm/vcpu_state.h>

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
    OFFSET(VCPU_RAX, vcpu_state, gpr[GPR_RAX]);
    OFFSET(VCPU_RCX, vcpu_state, gpr[GPR_RCX]);
    OFFSET(VCPU_RDX, vcpu_state, gpr[GPR_RDX]);
    OFFSET(VCPU_RBX, vcpu_state, gpr[GPR_RBX]);
    OFFSET(VCPU_RBP, vcpu_state, gpr[GPR_RBP]);
    OFFSET(VCPU_RSI, vcpu_state, gpr[GPR_RSI]);
    OFFSET(VCPU_RDI, vcpu_state, gpr[GPR_RDI]);
    OFFSET(VCPU_R8, vcpu_state, gpr[GPR_R8]);
    OFFSET(VCPU_R9, vcpu_state, gpr[GPR_R9]);
    OFFSET(VCPU_R10, vcpu_state, gpr[GPR_R10]);
    OFFSET(VCPU_R11, vcpu_state, gpr[GPR_R11]);
    OFFSET(VCPU_R12, vcpu_state, gpr[GPR_R12]);
    OFFSET(VCPU_R13, vcpu_state, gpr[GPR_R13]);
    OFFSET(VCPU_R14, vcpu_state, gpr[GPR_R14]);
    OFFSET(VCPU_R15, vcpu_state, gpr[GPR_R15]);
}
