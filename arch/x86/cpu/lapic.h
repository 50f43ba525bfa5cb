/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This CPU's local APIC, in xAPIC or x2APIC mode; the mode is the same on
 * all CPUs.  Interrupts off.
 */
#ifndef ARCH_X86_CPU_LAPIC_H
#define ARCH_X86_CPU_LAPIC_H

#include <arch/x86/hw/apic_regs.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

/*
 * Boot CPU: choose the mode and map the registers at @pa (the MADT's or
 * IA32_APIC_BASE's address).
 */
void lapic_init(void);

/* Set up this CPU's. */
void lapic_init_cpu(void);

/* Measure the timer against the time stamp counter, whose rate is known. */
void lapic_timer_calibrate(void);

bool lapic_is_x2apic(void);
/* True once it can be used at all. */
bool lapic_is_ready(void);
uint32_t lapic_id(void);

/*
 * Write the interrupt command register: @icr is its low half (APIC_ICR_*).
 * Waits until the former was sent, for a short time.
 */
void lapic_send(uint32_t apic_id, uint32_t icr);

/* An interrupt with a vector of the local APIC's range, from traps.c. */
void lapic_handle(unsigned int vector);

void lapic_eoi(void);

/*
 * For QEMU's emulation: a write to the task priority makes it look at what
 * waits in IRR, of which a VMRUN may have lost the news (docs/testing.md).
 */
void lapic_offer_again(void);

#endif /* ARCH_X86_CPU_LAPIC_H */
