/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts of the hypervisor itself.
 *
 * Interrupts arrive only in the loop head's two windows, those of the local
 * APIC in bounded calls, too (bounded.h); NMIs and machine checks anywhere.
 * A handler of any of these but the windows' must take no lock; of the last
 * two it must not fault: the return would end the blocking of NMIs.
 */
#ifndef ARCH_X86_CPU_TRAPS_H
#define ARCH_X86_CPU_TRAPS_H

#include <core/lib/types.h>

/* As entry.S and the processor push it. */
struct trap_frame {
    uint64_t r15;
    uint64_t r14;
    uint64_t r13;
    uint64_t r12;
    uint64_t rbp;
    uint64_t rbx;
    uint64_t r11;
    uint64_t r10;
    uint64_t r9;
    uint64_t r8;
    uint64_t rax;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rsi;
    uint64_t rdi;
    uint64_t vector;
    uint64_t error;
    uint64_t rip;
    uint64_t cs;
    uint64_t rflags;
    uint64_t rsp;
    uint64_t ss;
};

/* Build the IDT, once; then load it on each CPU. */
void idt_init(void);
void idt_load_cpu(void);

/* From entry.S. */
void trap_dispatch(struct trap_frame *frame);

/* Name of an exception, "?" if it has none. */
const char *trap_name(unsigned int vector);

/* Print the registers of @frame. */
void trap_dump_frame(const struct trap_frame *frame);

/* Handlers in nmi.c and mce.c. */
void nmi_handle(struct trap_frame *frame);
void mce_handle(struct trap_frame *frame);

/*
 * The NMI of a guest's exit is taken here, if the processor does not deliver
 * it by itself (VT-x).
 */
void trap_raise_nmi(void);

/* The same for a machine check. */
void trap_raise_mce(void);

#endif /* ARCH_X86_CPU_TRAPS_H */
