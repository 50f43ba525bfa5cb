/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of AMD-V (AMD64 Architecture Programmer's Manual, volume 2, "Secure
 * Virtual Machine" and appendices "VMCB Layout", "SVM Intercept Exit Codes").
 * Definitions only.
 */
#ifndef ARCH_X86_HW_SVM_BITS_H
#define ARCH_X86_HW_SVM_BITS_H

#include <core/lib/bits.h>

/* MSRs */
#define MSR_VM_CR 0xc0010114u
#define VM_CR_LOCK BIT(3)
#define VM_CR_SVMDIS BIT(4)
#define MSR_VM_HSAVE_PA 0xc0010117u

/* CPUID 0x8000000A EDX */
#define SVM_FEAT_NPT BIT(0)
#define SVM_FEAT_LBRV BIT(1)
#define SVM_FEAT_SVML BIT(2)
#define SVM_FEAT_NRIPS BIT(3)
#define SVM_FEAT_TSC_RATE BIT(4)
#define SVM_FEAT_CLEAN BIT(5)
#define SVM_FEAT_FLUSH_ASID BIT(6)
#define SVM_FEAT_DECODE BIT(7)
#define SVM_FEAT_PAUSE_FILTER BIT(10)
#define SVM_FEAT_PAUSE_THRESH BIT(12)
#define SVM_FEAT_VLOADSAVE BIT(15)
#define SVM_FEAT_VGIF BIT(16)
#define SVM_FEAT_VNMI BIT(25)

/* Intercept word 0: reads of CR0..15 low, writes high; word 1 the same, DR. */
#define SVM_CR_READ(n) BIT(n)
#define SVM_CR_WRITE(n) BIT(16 + (n))
#define SVM_DR_READ(n) BIT(n)
#define SVM_DR_WRITE(n) BIT(16 + (n))

/* Intercept word 3 */
#define SVM_I_INTR BIT(0)
#define SVM_I_NMI BIT(1)
#define SVM_I_SMI BIT(2)
#define SVM_I_INIT BIT(3)
#define SVM_I_VINTR BIT(4)
#define SVM_I_CR0_SEL_WRITE BIT(5)
#define SVM_I_IDTR_READ BIT(6)
#define SVM_I_GDTR_READ BIT(7)
#define SVM_I_LDTR_READ BIT(8)
#define SVM_I_TR_READ BIT(9)
#define SVM_I_IDTR_WRITE BIT(10)
#define SVM_I_GDTR_WRITE BIT(11)
#define SVM_I_LDTR_WRITE BIT(12)
#define SVM_I_TR_WRITE BIT(13)
#define SVM_I_RDTSC BIT(14)
#define SVM_I_RDPMC BIT(15)
#define SVM_I_PUSHF BIT(16)
#define SVM_I_POPF BIT(17)
#define SVM_I_CPUID BIT(18)
#define SVM_I_RSM BIT(19)
#define SVM_I_IRET BIT(20)
#define SVM_I_INTN BIT(21)
#define SVM_I_INVD BIT(22)
#define SVM_I_PAUSE BIT(23)
#define SVM_I_HLT BIT(24)
#define SVM_I_INVLPG BIT(25)
#define SVM_I_INVLPGA BIT(26)
#define SVM_I_IOIO BIT(27)
#define SVM_I_MSR BIT(28)
#define SVM_I_TASK_SWITCH BIT(29)
#define SVM_I_FERR_FREEZE BIT(30)
#define SVM_I_SHUTDOWN BIT(31)

/* Intercept word 4 */
#define SVM_I_VMRUN BIT(0)
#define SVM_I_VMMCALL BIT(1)
#define SVM_I_VMLOAD BIT(2)
#define SVM_I_VMSAVE BIT(3)
#define SVM_I_STGI BIT(4)
#define SVM_I_CLGI BIT(5)
#define SVM_I_SKINIT BIT(6)
#define SVM_I_RDTSCP BIT(7)
#define SVM_I_ICEBP BIT(8)
#define SVM_I_WBINVD BIT(9)
#define SVM_I_MONITOR BIT(10)
#define SVM_I_MWAIT BIT(11)
#define SVM_I_MWAIT_ARMED BIT(12)
#define SVM_I_XSETBV BIT(13)
#define SVM_I_RDPRU BIT(14)

/* vintr */
#define SVM_V_TPR GENMASK64(7, 0)
#define SVM_V_IRQ BIT(8)
#define SVM_V_GIF BIT(9)
#define SVM_V_INTR_PRIO GENMASK64(19, 16)
#define SVM_V_IGN_TPR BIT(20)
#define SVM_V_INTR_MASKING BIT(24)
#define SVM_V_GIF_ENABLE BIT(25)
#define SVM_V_INTR_VECTOR GENMASK64(39, 32)

/* interrupt_shadow */
#define SVM_INT_SHADOW BIT(0)

/* tlb_control */
enum svm_tlb_control {
    SVM_TLB_NOTHING = 0,
    SVM_TLB_FLUSH_ALL = 1,
    SVM_TLB_FLUSH_ASID = 3,
    SVM_TLB_FLUSH_ASID_NONGLOBAL = 7,
};

/* np_enable */
#define SVM_NP_ENABLE BIT(0)

/* clean bits */
#define SVM_CLEAN_I BIT(0)     /* Intercepts, TSC offset, pause filter       */
#define SVM_CLEAN_IOPM BIT(1)
#define SVM_CLEAN_ASID BIT(2)
#define SVM_CLEAN_TPR BIT(3)   /* vintr                                      */
#define SVM_CLEAN_NP BIT(4)    /* nCR3, G_PAT                                */
#define SVM_CLEAN_CRX BIT(5)   /* CR0 CR3 CR4 EFER                           */
#define SVM_CLEAN_DRX BIT(6)   /* DR6 DR7                                    */
#define SVM_CLEAN_DT BIT(7)    /* GDTR IDTR                                  */
#define SVM_CLEAN_SEG BIT(8)   /* CS DS SS ES, CPL                           */
#define SVM_CLEAN_CR2 BIT(9)
#define SVM_CLEAN_LBR BIT(10)
#define SVM_CLEAN_NONE 0u      /* For fields that have no bit                */

/* EVENTINJ and EXITINTINFO */
#define SVM_EV_VECTOR GENMASK64(7, 0)
#define SVM_EV_TYPE GENMASK64(10, 8)
#define SVM_EV_ERROR_VALID BIT(11)
#define SVM_EV_VALID BIT(31)
#define SVM_EV_ERROR GENMASK64(63, 32)
enum svm_event_type {
    SVM_EV_INTR = 0,
    SVM_EV_NMI = 2,
    SVM_EV_EXCEPTION = 3,
    SVM_EV_SOFT_INT = 4,
};

/* EXITINFO1 of IOIO */
#define SVM_IO_IN BIT(0)
#define SVM_IO_STRING BIT(2)
#define SVM_IO_REP BIT(3)
#define SVM_IO_SIZE GENMASK64(6, 4)
#define SVM_IO_ADDR GENMASK64(9, 7)
#define SVM_IO_SEG GENMASK64(12, 10)
#define SVM_IO_PORT GENMASK64(31, 16)

/* EXITINFO1 of a nested page fault: the page fault error code, and: */
#define SVM_NPF_FINAL BIT(32)
#define SVM_NPF_WALK BIT(33)

/* EXITINFO1 of a CR access with decode assists */
#define SVM_CR_MOV BIT(63)
#define SVM_CR_GPR GENMASK64(3, 0)

/* Exit codes */
enum svm_exit_code {
    SVM_EXIT_CR_READ = 0x000,
    SVM_EXIT_CR_WRITE = 0x010,
    SVM_EXIT_DR_READ = 0x020,
    SVM_EXIT_DR_WRITE = 0x030,
    SVM_EXIT_EXCEPTION = 0x040,
    SVM_EXIT_INTR = 0x060,
    SVM_EXIT_NMI = 0x061,
    SVM_EXIT_SMI = 0x062,
    SVM_EXIT_INIT = 0x063,
    SVM_EXIT_VINTR = 0x064,
    SVM_EXIT_CR0_SEL_WRITE = 0x065,
    SVM_EXIT_RDTSC = 0x06e,
    SVM_EXIT_RDPMC = 0x06f,
    SVM_EXIT_CPUID = 0x072,
    SVM_EXIT_RSM = 0x073,
    SVM_EXIT_IRET = 0x074,
    SVM_EXIT_INVD = 0x076,
    SVM_EXIT_PAUSE = 0x077,
    SVM_EXIT_HLT = 0x078,
    SVM_EXIT_INVLPG = 0x079,
    SVM_EXIT_INVLPGA = 0x07a,
    SVM_EXIT_IOIO = 0x07b,
    SVM_EXIT_MSR = 0x07c,
    SVM_EXIT_TASK_SWITCH = 0x07d,
    SVM_EXIT_FERR_FREEZE = 0x07e,
    SVM_EXIT_SHUTDOWN = 0x07f,
    SVM_EXIT_VMRUN = 0x080,
    SVM_EXIT_VMMCALL = 0x081,
    SVM_EXIT_VMLOAD = 0x082,
    SVM_EXIT_VMSAVE = 0x083,
    SVM_EXIT_STGI = 0x084,
    SVM_EXIT_CLGI = 0x085,
    SVM_EXIT_SKINIT = 0x086,
    SVM_EXIT_RDTSCP = 0x087,
    SVM_EXIT_ICEBP = 0x088,
    SVM_EXIT_WBINVD = 0x089,
    SVM_EXIT_MONITOR = 0x08a,
    SVM_EXIT_MWAIT = 0x08b,
    SVM_EXIT_MWAIT_ARMED = 0x08c,
    SVM_EXIT_XSETBV = 0x08d,
    SVM_EXIT_RDPRU = 0x08e,
    SVM_EXIT_NPF = 0x400,
    SVM_EXIT_INVALID = -1,
};

/* MSR permission map: two bits an MSR in three ranges of 0x2000 MSRs. */
#define SVM_MSRPM_BYTES 0x2000u
/* I/O permission map: one bit a port, three pages. */
#define SVM_IOPM_BYTES 0x3000u

#endif /* ARCH_X86_HW_SVM_BITS_H */
