/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local APIC registers by MMIO offset; as MSR: MSR_X2APIC_BASE + offset / 16.
 * SDM 3, "Advanced Programmable Interrupt Controller (APIC)".
 */
#ifndef ARCH_X86_HW_APIC_REGS_H
#define ARCH_X86_HW_APIC_REGS_H

#include <core/lib/const.h>

enum apic_reg {
    APIC_ID = 0x020,
    APIC_VERSION = 0x030,
    APIC_TPR = 0x080,
    APIC_APR = 0x090,
    APIC_PPR = 0x0a0,
    APIC_EOI = 0x0b0,
    APIC_RRD = 0x0c0,
    APIC_LDR = 0x0d0,
    APIC_DFR = 0x0e0,
    APIC_SVR = 0x0f0,
    APIC_ISR = 0x100, /* eight registers, 16 bytes apart */
    APIC_TMR = 0x180,
    APIC_IRR = 0x200,
    APIC_ESR = 0x280,
    APIC_LVT_CMCI = 0x2f0,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310, /* xAPIC only */
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_THERMAL = 0x330,
    APIC_LVT_PERF = 0x340,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INIT = 0x380,
    APIC_TIMER_COUNT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
    APIC_SELF_IPI = 0x3f0 /* x2APIC only */
};

#define APIC_SIZE 0x400
#define APIC_ID_SHIFT 24 /* xAPIC */

#define APIC_VERSION_MAX_LVT_SHIFT 16
#define APIC_VERSION_MAX_LVT_MASK 0xffu
#define APIC_LVT_NR_THERMAL 5u
#define APIC_LVT_NR_PERF 4u
#define APIC_LVT_NR_CMCI 6u

#define APIC_SVR_ENABLE (1u << 8)

#define APIC_LVT_MASKED (1u << 16)
#define APIC_LVT_LEVEL (1u << 15)
#define APIC_LVT_LOW (1u << 13)
#define APIC_LVT_PENDING (1u << 12)
#define APIC_LVT_MODE_FIXED (0u << 8)
#define APIC_LVT_MODE_NMI (4u << 8)
#define APIC_LVT_MODE_EXTINT (7u << 8)
#define APIC_LVT_TIMER_ONESHOT (0u << 17)
#define APIC_LVT_TIMER_PERIODIC (1u << 17)
#define APIC_LVT_TIMER_DEADLINE (2u << 17)

#define APIC_DIVIDE_1 0xbu

#define APIC_ICR_MODE_FIXED (0u << 8)
#define APIC_ICR_MODE_LOWEST (1u << 8)
#define APIC_ICR_MODE_SMI (2u << 8)
#define APIC_ICR_MODE_NMI (4u << 8)
#define APIC_ICR_MODE_INIT (5u << 8)
#define APIC_ICR_MODE_STARTUP (6u << 8)
#define APIC_ICR_LOGICAL (1u << 11)
#define APIC_ICR_BUSY (1u << 12)
#define APIC_ICR_ASSERT (1u << 14)
#define APIC_ICR_LEVEL (1u << 15)
#define APIC_ICR_SELF (1u << 18)
#define APIC_ICR_ALL (2u << 18)
#define APIC_ICR_OTHERS (3u << 18)
#define APIC_ICR_DEST_SHIFT 32

#define APIC_ESR_ILLEGAL_REG (1u << 7)

#endif /* ARCH_X86_HW_APIC_REGS_H */
