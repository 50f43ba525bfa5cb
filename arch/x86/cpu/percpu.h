/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's part of a CPU's data: descriptor tables, stacks, local APIC.
 * Field letters as in core/kernel/cpu.h.
 */
#ifndef ARCH_X86_CPU_PERCPU_H
#define ARCH_X86_CPU_PERCPU_H

#include <arch/x86/hw/segment.h>
#include <arch/x86/mm/layout.h>
#include <core/kernel/cpu.h>

/*
 * Stacks of one CPU.  Each grows down into a page which is not mapped, see
 * stack.c.  Virtual size; only the stacks have frames behind them, but for
 * the boot processor, whose stacks are in the image.
 */
struct cpu_stacks {
    struct {
        uint8_t guard[PAGE_SIZE];
        uint8_t stack[IST_STACK_SIZE];
    } ist[IST_COUNT];
    uint8_t main_guard[PAGE_SIZE];
    uint8_t main[CPU_STACK_SIZE];
};

/* SDM, "64-Bit Task State Segment". */
struct __packed tss64 {
    uint32_t rsvd_0;
    uint64_t rsp[3];
    uint64_t rsvd_1c;
    uint64_t ist[7];
    uint64_t rsvd_5c;
    uint16_t rsvd_64;
    uint16_t iomap_base;
};

static_assert(sizeof(struct tss64) == 104, "SDM, 64-bit TSS");

/* A call that is to end: bounded.c. */
struct bounded_call {
    uint64_t rsp;       /* What bounded_enter() goes back to                 */
    uintptr_t where;    /* The instruction that it was left at               */
    unsigned int ticks; /* Timer interrupts that it may still see; 0: none   */
};

struct svm_cpu;
struct trap_frame;
struct vmx_cpu;

struct arch_cpu {
    uint64_t gdt[GDT_ENTRIES];  /* [c] */
    struct tss64 tss;           /* [c] */
    struct cpu_stacks *stacks;  /* [c] */
    uint32_t apic_id;           /* [c] */
    uint32_t acpi_id;           /* [c] processor UID in the MADT             */
    uint32_t state;             /* [a] enum cpu_state                        */
    uint32_t nmi_request;       /* [a] bits of enum nmi_request              */
    struct trap_frame *fault;   /* [p] for arch_cpu_dump()                   */
    struct svm_cpu *svm;        /* [c] the AMD-V back end's                  */
    struct vmx_cpu *vmx;        /* [c] the VT-x back end's                   */
    uint16_t last_domid;        /* [p] whose vCPU it ran last                */
    struct bounded_call bounded; /* [p]                                      */
    uint64_t irq_count;         /* [p] interrupts taken                      */
    uint64_t nmi_count;         /* [p] */
    uint64_t mce_count;         /* [p] */
};

enum cpu_state {
    CPU_STATE_OFF = 0,
    CPU_STATE_STARTED,  /* Runs C                                            */
    CPU_STATE_READY,    /* Waits for leave to enter its loop                 */
    CPU_STATE_FAILED,
    CPU_STATE_STOPPED   /* Halted by a panic                                 */
};

extern struct cpu cpu0;
extern struct cpu_stacks cpu0_stacks;

#endif /* ARCH_X86_CPU_PERCPU_H */
