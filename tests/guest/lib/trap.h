/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts of the test guest, and the two ways to expect a
 * fault: an exception-table entry beside one instruction (EX_TABLE), and
 * trap_try(), which runs a whole function and lands after it.
 * Per-CPU state is found through GS; nothing here is shared between CPUs but
 * the handler table, which is written before the interrupt can arrive.
 * AMD64 Architecture Programmer's Manual, "Exceptions and Interrupts".
 */
#ifndef TESTS_GUEST_LIB_TRAP_H
#define TESTS_GUEST_LIB_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum trap_vector {
    TRAP_DE = 0,
    TRAP_DB = 1,
    TRAP_NMI = 2,
    TRAP_BP = 3,
    TRAP_OF = 4,
    TRAP_BR = 5,
    TRAP_UD = 6,
    TRAP_NM = 7,
    TRAP_DF = 8,
    TRAP_TS = 10,
    TRAP_NP = 11,
    TRAP_SS = 12,
    TRAP_GP = 13,
    TRAP_PF = 14,
    TRAP_MF = 16,
    TRAP_AC = 17,
    TRAP_MC = 18,
    TRAP_XM = 19,
};

/* A fault as one word: 0 is none. */
#define FAULT_BIT       0x80000000u
#define FAULT(vec, err) (FAULT_BIT | ((uint32_t)(err) << 8) | (uint32_t)(vec))
#define FAULT_VECTOR(f) ((f) & 0xffu)
#define FAULT_UD        FAULT(TRAP_UD, 0)
#define FAULT_GP        FAULT(TRAP_GP, 0)

#define SEL_KERNEL_CS 0x08
#define SEL_KERNEL_DS 0x10
#define SEL_USER_DS   0x1b
#define SEL_USER_CS   0x23
#define SEL_TSS       0x28

/* Vectors the library itself uses. */
#define VEC_USER_EXIT  0x80
#define VEC_EVTCHN     0xf3
#define VEC_SPURIOUS   0xff

#define GUEST_MAX_CPUS 8

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct trap_tss {
    uint32_t rsvd_0;
    uint32_t rsp0[2];
    uint32_t rsp12[4];
    uint32_t rsvd_28[2];
    uint32_t ist[14];
    uint32_t rsvd_92[2];
    uint16_t rsvd_100;
    uint16_t iomap;
};

/* What a CPU owns; GS base points to it. Offsets used by assembly are
 * checked in trap.c. */
struct guest_cpu {
    struct guest_cpu *self;     /* offset 0 */
    uint64_t try_rsp;           /* offset 8: non-zero inside trap_try() */
    unsigned int id;            /* vCPU number */
    uint32_t apic_id;
    volatile uint32_t fault;    /* last caught fault */
    volatile uint64_t fault_cr2;
    volatile uint64_t fault_rip;
    volatile uint32_t nmi_count;
    volatile uint32_t db_count;
    volatile uint64_t db_dr6;
    volatile uint32_t bp_count;
    volatile bool online;
    void (*volatile work)(void *arg);
    void *volatile work_arg;
    struct trap_tss tss;
    uint64_t gdt[8];            /* the last is for tests */
};

extern struct guest_cpu guest_cpu_area[GUEST_MAX_CPUS];

static inline struct guest_cpu *this_cpu(void)
{
    struct guest_cpu *c;

    asm("movq %%gs:0, %0" : "=r"(c));
    return c;
}

static inline void fault_arm(void)
{
    this_cpu()->fault = 0;
}

static inline uint32_t fault_take(void)
{
    return this_cpu()->fault;
}

/* Where execution goes on when the instruction at `from` faults. */
#define EX_TABLE(from, to)                                                  \
    ".pushsection .ex_table, \"a\"\n"                                       \
    ".quad " #from ", " #to "\n"                                            \
    ".popsection\n"

typedef void (*trap_irq_handler_t)(struct trap_frame *f);

/* Handler for vectors 32..255; NULL restores the default, which counts and
 * sends an EOI unless the vector is VEC_SPURIOUS. */
extern trap_irq_handler_t trap_irq_handlers[256];
/* Interrupts taken per vector, all CPUs together. */
extern volatile uint32_t trap_irq_count[256];

/* Handler for an exception 0..31, asked before the fault helpers; returns
 * true when it has dealt with the exception. NULL: none. */
extern bool (*volatile trap_exception_hook)(struct trap_frame *f);

/* Load GDT, IDT, TSS and GS for vCPU `id`, on that vCPU. */
void trap_init_cpu(unsigned int id);

/* Point a vector's gate at an own stub, or with NULL back at the library. */
void trap_set_gate(unsigned int vec, const void *stub);

/* Run fn(arg); return 0, or the fault that ended it. Must not be nested. */
uint32_t trap_try(void (*fn)(void *arg), void *arg);

/* Call the code at `code` (ending in RET), return as trap_try() does. */
uint32_t trap_try_code(const void *code);

/*
 * Run the code at user-accessible address `rip` with stack `rsp` at CPL 3
 * until it executes INT 0x80 or faults; *rax goes in and comes out.
 * Returns 0 or the fault.
 */
uint32_t trap_user_run(uint64_t rip, uint64_t rsp, uint64_t *rax);

#endif
