/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register state of a vCPU, as common code sees it, and the cache over
 * the hardware's own copy (VMCB or VMCS).
 *
 * General registers, RIP, RFLAGS and the interrupt shadow are always current
 * between exits.  The rest comes in groups: reading an absent group pulls it
 * from the hardware, writing marks it dirty, and the next entry pushes what
 * is dirty.
 *
 * Context: the CPU whose current the vCPU is, or any CPU while the vCPU is
 * off all CPUs (unloaded; the hardware structure is then plain memory).
 */
#ifndef ARCH_X86_HVM_VCPU_STATE_H
#define ARCH_X86_HVM_VCPU_STATE_H

#include <core/lib/bits.h>
#include <core/lib/types.h>

/* In the order of ModRM and REX encodings. */
enum gpr {
    GPR_RAX, GPR_RCX, GPR_RDX, GPR_RBX, GPR_RSP, GPR_RBP, GPR_RSI, GPR_RDI,
    GPR_R8, GPR_R9, GPR_R10, GPR_R11, GPR_R12, GPR_R13, GPR_R14, GPR_R15,
    GPR_COUNT
};

/* In the order of segment register encodings, then the system segments. */
enum segment_reg {
    SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR,
    SEG_GDTR, SEG_IDTR,
    SEG_COUNT
};

/*
 * Attributes are in the compact form: type 3:0, S 4, DPL 6:5, P 7, AVL 8,
 * L 9, D/B 10, G 11; an unusable segment has P clear.
 */
struct segment {
    uint16_t sel;
    uint16_t attr;
    uint32_t limit; /* In bytes, granularity applied */
    uint64_t base;
};

#define SEG_ATTR_TYPE GENMASK64(3, 0)
#define SEG_ATTR_S BIT(4)
#define SEG_ATTR_DPL GENMASK64(6, 5)
#define SEG_ATTR_P BIT(7)
#define SEG_ATTR_AVL BIT(8)
#define SEG_ATTR_L BIT(9)
#define SEG_ATTR_DB BIT(10)
#define SEG_ATTR_G BIT(11)

/* Groups of state that are pulled and pushed together. */
#define HVM_CR BIT(0)      /* CR0 CR3 CR4 EFER                              */
#define HVM_CR2 BIT(1)
#define HVM_SEG BIT(2)     /* Segments, GDTR, IDTR, CPL                     */
#define HVM_DR BIT(3)      /* DR6 DR7; see hvm_debug_regs_use()             */
#define HVM_SYSCALL BIT(4) /* STAR LSTAR CSTAR SFMASK KERNEL_GS             */
#define HVM_PAT BIT(5)
#define HVM_MODE BIT(6)    /* CPL and is_64bit, read only: cheaper than SEG */
#define HVM_SYSENTER BIT(7)
#define HVM_ALL GENMASK64(7, 0)
/* Dirty only: IA32_APIC_BASE has changed. */
#define HVM_APIC_BASE BIT(8)

/* Blocking by the last instruction, in @shadow. */
#define HVM_SHADOW_STI BIT(0)
#define HVM_SHADOW_MOV_SS BIT(1)
#define HVM_SHADOW_NMI BIT(2)
#define HVM_SHADOW_ANY (HVM_SHADOW_STI | HVM_SHADOW_MOV_SS)

/* The assembly knows the offsets of gpr[]: keep it first. */
struct vcpu_state {
    uint64_t gpr[GPR_COUNT];
    uint64_t rip;
    uint64_t rflags;
    uint32_t shadow; /* HVM_SHADOW_*                            */

    uint32_t valid; /* Groups that are in this struct          */
    uint32_t dirty; /* Groups that the hardware must be given  */

    uint64_t cr0;
    uint64_t cr2;
    uint64_t cr3;
    uint64_t cr4;
    uint64_t efer;
    struct segment seg[SEG_COUNT];
    uint8_t cpl;
    bool is_64bit; /* Long mode, 64-bit code segment             */
    uint64_t dr[4];
    uint64_t dr6;
    uint64_t dr7;
    uint64_t star;
    uint64_t lstar;
    uint64_t cstar;
    uint64_t sfmask;
    uint64_t kernel_gs;
    uint64_t sysenter_cs;
    uint64_t sysenter_esp;
    uint64_t sysenter_eip;
    uint64_t pat;
};

struct vcpu;

/* Bring the groups in @groups into v's state: hvm.h has vcpu_state_pull(). */
void vcpu_state_fetch(struct vcpu *v, uint32_t groups);
/* The same, and the caller is going to change them. */
void vcpu_state_change(struct vcpu *v, uint32_t groups);

#endif /* ARCH_X86_HVM_VCPU_STATE_H */
