/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One decoded exit: what vendor code hands to the loop in hvm_run.c.
 */
#ifndef ARCH_X86_HVM_HVM_EXIT_H
#define ARCH_X86_HVM_HVM_EXIT_H

#include <core/lib/types.h>

/*
 * EXIT_X(name): the kinds of exits, also the rows of the exit counters.
 */
#define HVM_EXIT_KINDS(X)                                                    \
    X(NONE)       /* Handled by vendor code                               */ \
    X(INTR)       /* External interrupt: it waits for the loop's window   */ \
    X(NMI)        /* Machine NMI: already taken by the host handler       */ \
    X(HYPERCALL)                                                             \
    X(CPUID)                                                                 \
    X(RDMSR)                                                                 \
    X(WRMSR)                                                                 \
    X(IO)                                                                    \
    X(CR_ACCESS)                                                             \
    X(DR_ACCESS)                                                             \
    X(HLT)                                                                   \
    X(PAUSE)                                                                 \
    X(EXCEPTION)                                                             \
    X(GPA_FAULT)  /* Nested page fault, EPT violation or misconfiguration */ \
    X(APIC)       /* Trap-like access to the virtual APIC page            */ \
    X(EOI)        /* Virtualised EOI that the IO-APICs must hear of       */ \
    X(WINDOW)     /* An event that was held back can be delivered now     */ \
    X(WBINVD)     /* And INVD                                             */ \
    X(XSETBV)                                                                \
    X(RDTSC)                                                                 \
    X(RDPMC)                                                                 \
    X(UNDEFINED)  /* An instruction that this guest does not have: #UD    */ \
    X(GP)         /* One that faults with #GP(0)                          */ \
    X(SHUTDOWN)   /* Triple fault                                         */ \
    X(TASK_SWITCH)                                                           \
    X(TIMER)      /* Preemption timer                                     */ \
    X(ENTRY_FAIL)                                                            \
    X(UNKNOWN)

enum hvm_exit_kind {
#define X(name) HVM_EXIT_##name,
    HVM_EXIT_KINDS(X)
#undef X
    HVM_EXIT_KIND_COUNT
};

/* Access bits of a GPA fault. */
#define GPA_FAULT_READ (1u << 0)
#define GPA_FAULT_WRITE (1u << 1)
#define GPA_FAULT_EXEC (1u << 2)
#define GPA_FAULT_PRESENT (1u << 3)  /* There is a mapping, lacking a right  */
#define GPA_FAULT_GVA_VALID (1u << 4)
#define GPA_FAULT_IN_WALK (1u << 5)  /* While walking the guest's tables     */

struct mmio_ops;

struct hvm_exit {
    enum hvm_exit_kind kind;
    uint8_t insn_len;     /* 0: not known, decode                            */
    uint8_t insn_bytes;   /* How many are in insn[]; of a GPA fault only     */
    uint64_t reason;      /* The hardware's number; of kinds that are dumped */
    uint64_t gpa;
    uint64_t gva;
    uint64_t qual;        /* The hardware's qualification, for dumps         */
    const uint8_t *insn;  /* Bytes fetched by the hardware                   */
    const struct mmio_ops *device; /* At @gpa, set by hvm_handle_gpa_fault() */
    union {
        struct {
            uint16_t port;
            uint8_t size;     /* 1, 2 or 4 bytes                             */
            bool is_in;
            bool is_string;
            bool is_rep;
        } io;
        struct {
            uint8_t nr;       /* 0, 3, 4 or 8                                */
            uint8_t gpr;      /* enum gpr; 0xff: decode                      */
            bool is_write;
            bool is_lmsw;
            bool is_clts;
        } cr;
        struct {
            uint8_t nr;
            uint8_t gpr;
            bool is_write;
        } dr;
        struct {
            uint8_t vector;
            bool has_error;
            uint32_t error;
        } exc;
        struct {
            uint32_t access;  /* GPA_FAULT_*                                 */
        } fault;
        struct {
            uint32_t offset;  /* Of the APIC register written, or the vector */
        } apic;
    } u;
};

#endif /* ARCH_X86_HVM_HVM_EXIT_H */
