/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register access of the local APIC, for lapic.c and lapic_timer.c.
 */
#ifndef ARCH_X86_CPU_LAPIC_PRIV_H
#define ARCH_X86_CPU_LAPIC_PRIV_H

#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/apic_regs.h>
#include <core/arch/arch_io.h>

extern volatile uint8_t *lapic_mmio; /* [c] NULL in x2APIC mode */
extern bool lapic_x2;                /* [c] */

static inline uint32_t lapic_read(enum apic_reg reg)
{
    if (lapic_x2) {
        return (uint32_t)msr_read(MSR_X2APIC_BASE + reg / 16);
    }
    return arch_mmio_read32(lapic_mmio + reg);
}

static inline void lapic_write(enum apic_reg reg, uint32_t val)
{
    if (lapic_x2) {
        msr_write(MSR_X2APIC_BASE + reg / 16, val);
    } else {
        arch_mmio_write32(lapic_mmio + reg, val);
    }
}

/* Choose the mode of this CPU's timer and leave it stopped. */
void lapic_timer_init_cpu(void);
/* Its interrupt has come. */
void lapic_timer_served(void);

#endif /* ARCH_X86_CPU_LAPIC_PRIV_H */
