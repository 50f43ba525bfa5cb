/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of CR0, CR4, XCR0, EFER, RFLAGS, DR6 and DR7.  SDM, "Control
 * Registers"; APM 2, "System-Control Registers".
 */
#ifndef ARCH_X86_HW_CR_BITS_H
#define ARCH_X86_HW_CR_BITS_H

#include <core/lib/const.h>

#define CR0_PE (_AC(1, UL) << 0)
#define CR0_MP (_AC(1, UL) << 1)
#define CR0_EM (_AC(1, UL) << 2)
#define CR0_TS (_AC(1, UL) << 3)
#define CR0_ET (_AC(1, UL) << 4)
#define CR0_NE (_AC(1, UL) << 5)
#define CR0_WP (_AC(1, UL) << 16)
#define CR0_AM (_AC(1, UL) << 18)
#define CR0_NW (_AC(1, UL) << 29)
#define CR0_CD (_AC(1, UL) << 30)
#define CR0_PG (_AC(1, UL) << 31)

#define CR4_VME (_AC(1, UL) << 0)
#define CR4_PVI (_AC(1, UL) << 1)
#define CR4_TSD (_AC(1, UL) << 2)
#define CR4_DE (_AC(1, UL) << 3)
#define CR4_PSE (_AC(1, UL) << 4)
#define CR4_PAE (_AC(1, UL) << 5)
#define CR4_MCE (_AC(1, UL) << 6)
#define CR4_PGE (_AC(1, UL) << 7)
#define CR4_PCE (_AC(1, UL) << 8)
#define CR4_OSFXSR (_AC(1, UL) << 9)
#define CR4_OSXMMEXCPT (_AC(1, UL) << 10)
#define CR4_UMIP (_AC(1, UL) << 11)
#define CR4_LA57 (_AC(1, UL) << 12)
#define CR4_VMXE (_AC(1, UL) << 13)
#define CR4_SMXE (_AC(1, UL) << 14)
#define CR4_FSGSBASE (_AC(1, UL) << 16)
#define CR4_PCIDE (_AC(1, UL) << 17)
#define CR4_OSXSAVE (_AC(1, UL) << 18)
#define CR4_SMEP (_AC(1, UL) << 20)
#define CR4_SMAP (_AC(1, UL) << 21)
#define CR4_PKE (_AC(1, UL) << 22)
#define CR4_CET (_AC(1, UL) << 23)
#define CR4_PKS (_AC(1, UL) << 24)

#define XCR0_X87 (_AC(1, UL) << 0)
#define XCR0_SSE (_AC(1, UL) << 1)
#define XCR0_AVX (_AC(1, UL) << 2)
#define XCR0_BNDREGS (_AC(1, UL) << 3)
#define XCR0_BNDCSR (_AC(1, UL) << 4)
#define XCR0_OPMASK (_AC(1, UL) << 5)
#define XCR0_ZMM_HI256 (_AC(1, UL) << 6)
#define XCR0_HI16_ZMM (_AC(1, UL) << 7)
#define XCR0_PKRU (_AC(1, UL) << 9)

#define EFER_SCE (_AC(1, UL) << 0)
#define EFER_LME (_AC(1, UL) << 8)
#define EFER_LMA (_AC(1, UL) << 10)
#define EFER_NXE (_AC(1, UL) << 11)
#define EFER_SVME (_AC(1, UL) << 12)
#define EFER_LMSLE (_AC(1, UL) << 13)
#define EFER_FFXSR (_AC(1, UL) << 14)
#define EFER_TCE (_AC(1, UL) << 15)

#define RFLAGS_CF (_AC(1, UL) << 0)
#define RFLAGS_MBS (_AC(1, UL) << 1) /* reads as one */
#define RFLAGS_PF (_AC(1, UL) << 2)
#define RFLAGS_AF (_AC(1, UL) << 4)
#define RFLAGS_ZF (_AC(1, UL) << 6)
#define RFLAGS_SF (_AC(1, UL) << 7)
#define RFLAGS_TF (_AC(1, UL) << 8)
#define RFLAGS_IF (_AC(1, UL) << 9)
#define RFLAGS_DF (_AC(1, UL) << 10)
#define RFLAGS_OF (_AC(1, UL) << 11)
#define RFLAGS_IOPL (_AC(3, UL) << 12)
#define RFLAGS_NT (_AC(1, UL) << 14)
#define RFLAGS_RF (_AC(1, UL) << 16)
#define RFLAGS_VM (_AC(1, UL) << 17)
#define RFLAGS_AC (_AC(1, UL) << 18)
#define RFLAGS_VIF (_AC(1, UL) << 19)
#define RFLAGS_VIP (_AC(1, UL) << 20)
#define RFLAGS_ID (_AC(1, UL) << 21)

#define DR6_BASE _AC(0xffff0ff0, UL) /* value after reset */
#define DR6_B _AC(0xf, UL) /* B0 to B3 */
#define DR6_BD (_AC(1, UL) << 13)
#define DR6_BS (_AC(1, UL) << 14)
#define DR6_BT (_AC(1, UL) << 15)
#define DR6_WRITABLE (DR6_B | DR6_BD | DR6_BS | DR6_BT)
#define DR7_BASE _AC(0x400, UL) /* value after reset */
#define DR7_WRITABLE _AC(0xffff23ff, UL)
#define DR7_ENABLES _AC(0xff, UL) /* L0 G0 to L3 G3 */
#define DR7_GD (_AC(1, UL) << 13)

#endif /* ARCH_X86_HW_CR_BITS_H */
