/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of VT-x.  SDM volume 3, "Virtual Machine Control Structures", "VMX
 * Capability Reporting Facility", "VMX Basic Exit Reasons".  Definitions only.
 */
#ifndef ARCH_X86_HW_VMX_BITS_H
#define ARCH_X86_HW_VMX_BITS_H

#include <core/lib/const.h>

/* The one field that assembly writes. */
#define VMCS_HOST_RSP 0x6c14

#ifndef __ASSEMBLER__
#include <core/lib/bits.h>

/* IA32_FEATURE_CONTROL */
#define FEATURE_CONTROL_LOCK BIT(0)
#define FEATURE_CONTROL_VMX BIT(2) /* Outside SMX */

/* Capability MSRs: low half bits that must be 1, high half that may be. */
#define MSR_VMX_BASIC 0x480u
#define MSR_VMX_PIN 0x481u
#define MSR_VMX_PROC 0x482u
#define MSR_VMX_EXIT 0x483u
#define MSR_VMX_ENTRY 0x484u
#define MSR_VMX_MISC 0x485u
#define MSR_VMX_CR0_FIXED0 0x486u
#define MSR_VMX_CR0_FIXED1 0x487u
#define MSR_VMX_CR4_FIXED0 0x488u
#define MSR_VMX_CR4_FIXED1 0x489u
#define MSR_VMX_PROC2 0x48bu
#define MSR_VMX_EPT_VPID_CAP 0x48cu
#define MSR_VMX_TRUE_PIN 0x48du
#define MSR_VMX_TRUE_PROC 0x48eu
#define MSR_VMX_TRUE_EXIT 0x48fu
#define MSR_VMX_TRUE_ENTRY 0x490u

#define VMX_BASIC_REVISION GENMASK64(30, 0)
#define VMX_BASIC_MEMTYPE GENMASK64(53, 50)
#define VMX_BASIC_TRUE BIT(55)
#define VMX_MISC_TIMER_SHIFT GENMASK64(4, 0)

/* IA32_VMX_EPT_VPID_CAP */
#define EPT_CAP_WALK4 BIT(6)
#define EPT_CAP_WB BIT(14)
#define EPT_CAP_2M BIT(16)
#define EPT_CAP_1G BIT(17)
#define EPT_CAP_INVEPT BIT(20)
#define EPT_CAP_AD BIT(21)
#define EPT_CAP_INVEPT_SINGLE BIT(25)
#define EPT_CAP_INVEPT_ALL BIT(26)
#define VPID_CAP_INVVPID BIT(32)
#define VPID_CAP_SINGLE BIT(41)
#define VPID_CAP_ALL BIT(42)

enum invept_type { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };
enum invvpid_type { INVVPID_SINGLE = 1, INVVPID_ALL = 2 };

/* EPT pointer */
#define EPTP_WB 6u
#define EPTP_WALK4 (3u << 3)

/* Pin-based controls */
#define PIN_EXT_INTR BIT32(0)
#define PIN_NMI BIT32(3)
#define PIN_VIRTUAL_NMI BIT32(5)
#define PIN_PREEMPT_TIMER BIT32(6)
#define PIN_POSTED BIT32(7)

/* Primary processor-based controls */
#define PROC_INTR_WINDOW BIT32(2)
#define PROC_TSC_OFFSET BIT32(3)
#define PROC_HLT BIT32(7)
#define PROC_INVLPG BIT32(9)
#define PROC_MWAIT BIT32(10)
#define PROC_RDPMC BIT32(11)
#define PROC_RDTSC BIT32(12)
#define PROC_CR3_LOAD BIT32(15)
#define PROC_CR3_STORE BIT32(16)
#define PROC_CR8_LOAD BIT32(19)
#define PROC_CR8_STORE BIT32(20)
#define PROC_TPR_SHADOW BIT32(21)
#define PROC_NMI_WINDOW BIT32(22)
#define PROC_MOV_DR BIT32(23)
#define PROC_UNCOND_IO BIT32(24)
#define PROC_IO_BITMAPS BIT32(25)
#define PROC_MSR_BITMAPS BIT32(28)
#define PROC_MONITOR BIT32(29)
#define PROC_PAUSE BIT32(30)
#define PROC_SECONDARY BIT32(31)

/* Secondary processor-based controls */
#define PROC2_APIC_ACCESS BIT32(0)
#define PROC2_EPT BIT32(1)
#define PROC2_DESC_TABLE BIT32(2)
#define PROC2_RDTSCP BIT32(3)
#define PROC2_X2APIC BIT32(4)
#define PROC2_VPID BIT32(5)
#define PROC2_WBINVD BIT32(6)
#define PROC2_UNRESTRICTED BIT32(7)
#define PROC2_APIC_REG BIT32(8)
#define PROC2_VINTR BIT32(9)
#define PROC2_PLE BIT32(10)
#define PROC2_INVPCID BIT32(12)
#define PROC2_XSAVES BIT32(20)
#define PROC2_TSC_SCALING BIT32(25)

/* VM-exit controls */
#define EXIT_SAVE_DEBUG BIT32(2)
#define EXIT_HOST_64 BIT32(9)
#define EXIT_ACK_INTR BIT32(15)
#define EXIT_SAVE_PAT BIT32(18)
#define EXIT_LOAD_PAT BIT32(19)
#define EXIT_SAVE_EFER BIT32(20)
#define EXIT_LOAD_EFER BIT32(21)
#define EXIT_SAVE_TIMER BIT32(22)

/* VM-entry controls */
#define ENTRY_LOAD_DEBUG BIT32(2)
#define ENTRY_IA32E BIT32(9)
#define ENTRY_SMM BIT32(10)
#define ENTRY_DUAL_MONITOR BIT32(11)
#define ENTRY_LOAD_PAT BIT32(14)
#define ENTRY_LOAD_EFER BIT32(15)

/* Access rights of a segment: the compact form with a gap. */
#define VMX_AR_LOW GENMASK64(7, 0)
#define VMX_AR_HIGH GENMASK64(15, 12)
#define VMX_AR_L BIT(13)
#define VMX_AR_DB BIT(14)
#define VMX_AR_G BIT(15)
#define VMX_AR_UNUSABLE BIT(16)
#define VMX_AR_RSVD (GENMASK64(31, 17) | GENMASK64(11, 8))

/* Interruptibility state */
#define VMX_BLOCK_STI BIT32(0)
#define VMX_BLOCK_MOV_SS BIT32(1)
#define VMX_BLOCK_SMI BIT32(2)
#define VMX_BLOCK_NMI BIT32(3)

/* Pending debug exceptions */
#define VMX_PENDING_DBG_BS BIT(14)

/* Event information: entry, exit, IDT vectoring. */
#define VMX_EV_VECTOR GENMASK64(7, 0)
#define VMX_EV_TYPE GENMASK64(10, 8)
#define VMX_EV_ERROR BIT32(11)
#define VMX_EV_NMI_UNBLOCKED BIT32(12) /* Of an exit */
#define VMX_EV_VALID BIT32(31)
#define VMX_EV_RSVD GENMASK32(30, 12)

enum vmx_event_type {
    VMX_EV_INTR = 0,
    VMX_EV_NMI = 2,
    VMX_EV_EXCEPTION = 3,
    VMX_EV_SOFT_INT = 4,
    VMX_EV_PRIV_EXC = 5,
    VMX_EV_SOFT_EXC = 6,
    VMX_EV_OTHER = 7,
};

/* Exit reason */
#define VMX_REASON_BASIC GENMASK64(15, 0)
#define VMX_REASON_ENTRY_FAIL BIT32(31)

enum vmx_exit_reason {
    VMX_EXIT_EXCEPTION = 0,
    VMX_EXIT_EXT_INTR = 1,
    VMX_EXIT_TRIPLE_FAULT = 2,
    VMX_EXIT_INIT = 3,
    VMX_EXIT_SIPI = 4,
    VMX_EXIT_IO_SMI = 5,
    VMX_EXIT_SMI = 6,
    VMX_EXIT_INTR_WINDOW = 7,
    VMX_EXIT_NMI_WINDOW = 8,
    VMX_EXIT_TASK_SWITCH = 9,
    VMX_EXIT_CPUID = 10,
    VMX_EXIT_GETSEC = 11,
    VMX_EXIT_HLT = 12,
    VMX_EXIT_INVD = 13,
    VMX_EXIT_INVLPG = 14,
    VMX_EXIT_RDPMC = 15,
    VMX_EXIT_RDTSC = 16,
    VMX_EXIT_RSM = 17,
    VMX_EXIT_VMCALL = 18,
    VMX_EXIT_VMCLEAR = 19,
    VMX_EXIT_VMLAUNCH = 20,
    VMX_EXIT_VMPTRLD = 21,
    VMX_EXIT_VMPTRST = 22,
    VMX_EXIT_VMREAD = 23,
    VMX_EXIT_VMRESUME = 24,
    VMX_EXIT_VMWRITE = 25,
    VMX_EXIT_VMXOFF = 26,
    VMX_EXIT_VMXON = 27,
    VMX_EXIT_CR = 28,
    VMX_EXIT_DR = 29,
    VMX_EXIT_IO = 30,
    VMX_EXIT_RDMSR = 31,
    VMX_EXIT_WRMSR = 32,
    VMX_EXIT_BAD_GUEST = 33,
    VMX_EXIT_BAD_MSR = 34,
    VMX_EXIT_MWAIT = 36,
    VMX_EXIT_MTF = 37,
    VMX_EXIT_MONITOR = 39,
    VMX_EXIT_PAUSE = 40,
    VMX_EXIT_ENTRY_MC = 41,
    VMX_EXIT_TPR = 43,
    VMX_EXIT_APIC_ACCESS = 44,
    VMX_EXIT_EOI = 45,
    VMX_EXIT_GDTR_IDTR = 46,
    VMX_EXIT_LDTR_TR = 47,
    VMX_EXIT_EPT_VIOLATION = 48,
    VMX_EXIT_EPT_MISCONFIG = 49,
    VMX_EXIT_INVEPT = 50,
    VMX_EXIT_RDTSCP = 51,
    VMX_EXIT_PREEMPT_TIMER = 52,
    VMX_EXIT_INVVPID = 53,
    VMX_EXIT_WBINVD = 54,
    VMX_EXIT_XSETBV = 55,
    VMX_EXIT_APIC_WRITE = 56,
    VMX_EXIT_RDRAND = 57,
    VMX_EXIT_INVPCID = 58,
    VMX_EXIT_VMFUNC = 59,
    VMX_EXIT_ENCLS = 60,
    VMX_EXIT_RDSEED = 61,
    VMX_EXIT_PML_FULL = 62,
    VMX_EXIT_XSAVES = 63,
    VMX_EXIT_XRSTORS = 64,
};

/* Exit qualification: control registers */
#define VMX_CR_NR GENMASK64(3, 0)
#define VMX_CR_ACCESS GENMASK64(5, 4)
#define VMX_CR_GPR GENMASK64(11, 8)
#define VMX_CR_LMSW GENMASK64(31, 16)
enum vmx_cr_access {
    VMX_CR_TO = 0,
    VMX_CR_FROM = 1,
    VMX_CR_CLTS = 2,
    VMX_CR_LMSW_TO = 3,
};

/* I/O instructions; the size is one less */
#define VMX_IO_SIZE GENMASK64(2, 0)
#define VMX_IO_IN BIT(3)
#define VMX_IO_STRING BIT(4)
#define VMX_IO_REP BIT(5)
#define VMX_IO_PORT GENMASK64(31, 16)

/* EPT violations */
#define VMX_EPT_READ BIT(0)
#define VMX_EPT_WRITE BIT(1)
#define VMX_EPT_FETCH BIT(2)
#define VMX_EPT_RIGHTS GENMASK64(5, 3)
#define VMX_EPT_GVA_VALID BIT(7)
#define VMX_EPT_NOT_WALK BIT(8)
#define VMX_EPT_NMI_UNBLOCKED BIT(12)

/* GUEST_INTR_STATUS */
#define VMX_RVI GENMASK64(7, 0)
#define VMX_SVI GENMASK64(15, 8)

#endif /* __ASSEMBLER__ */

#endif /* ARCH_X86_HW_VMX_BITS_H */
