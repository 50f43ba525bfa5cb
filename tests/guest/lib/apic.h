/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC as the tests drive it, in whichever mode it is: registers
 * are named by their xAPIC offset; in x2APIC mode the MSR is derived.
 * AMD64 Architecture Programmer's Manual, "Advanced Programmable Interrupt
 * Controller (APIC)"; Intel SDM, "Extended xAPIC (x2APIC)".
 */
#ifndef TESTS_GUEST_LIB_APIC_H
#define TESTS_GUEST_LIB_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define APIC_ID        0x020
#define APIC_VERSION   0x030
#define APIC_TPR       0x080
#define APIC_PPR       0x0a0
#define APIC_EOI       0x0b0
#define APIC_LDR       0x0d0
#define APIC_DFR       0x0e0
#define APIC_SVR       0x0f0
#define APIC_ISR       0x100
#define APIC_TMR       0x180
#define APIC_IRR       0x200
#define APIC_ESR       0x280
#define APIC_ICR       0x300
#define APIC_ICR2      0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT     0x380
#define APIC_TMCCT     0x390
#define APIC_TDCR      0x3e0
#define APIC_SELF_IPI  0x3f0

#define APIC_MSR(reg)  (0x800u + ((reg) >> 4))
#define APIC_MMIO_BASE 0xfee00000ull

#define APIC_SVR_ENABLE    0x00000100u
#define APIC_LVT_MASKED    0x00010000u
#define APIC_TIMER_PERIODIC 0x00020000u
#define APIC_TIMER_DEADLINE 0x00040000u

#define APIC_DM_FIXED   0x00000000u
#define APIC_DM_LOWEST  0x00000100u
#define APIC_DM_NMI     0x00000400u
#define APIC_DM_INIT    0x00000500u
#define APIC_DM_SIPI    0x00000600u
#define APIC_ICR_LOGICAL 0x00000800u
#define APIC_ICR_BUSY   0x00001000u
#define APIC_ICR_ASSERT 0x00004000u
#define APIC_ICR_SELF   0x00040000u
#define APIC_ICR_ALL    0x00080000u
#define APIC_ICR_OTHERS 0x000c0000u

#define APIC_ESR_SEND_ILLEGAL 0x20u
#define APIC_ESR_RECV_ILLEGAL 0x40u

enum apic_mode {
    APIC_XAPIC,
    APIC_X2APIC,
};

/* Is x2APIC offered by CPUID? */
bool apic_has_x2apic(void);

/* Bring this CPU's APIC into the mode, through disabled when needed, and
 * enable it by software with VEC_SPURIOUS; LVTs masked. */
void apic_set_mode(enum apic_mode mode);
enum apic_mode apic_get_mode(void);

uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t val);
void apic_eoi(void);

/* Write the ICR; dest is an APIC id of the current mode. */
void apic_send(uint32_t dest, uint32_t icr_low);

/* One bit of a 256-bit register group (ISR, TMR, IRR). */
bool apic_test(unsigned int group, unsigned int vec);

#endif
