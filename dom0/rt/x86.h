/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instructions that C has no words for and the hypervisor does not have
 * either. Chapter: AMD64 Programmer's Manual volume 3.
 */
#ifndef DOM0_RT_X86_H
#define DOM0_RT_X86_H

#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/apic_regs.h>
#include <core/arch/arch_io.h>

#define MSR_X2APIC(reg) (MSR_X2APIC_BASE + (reg) / 16u)

static inline uint64_t x86_rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return make64(hi, lo);
}

/* Sleep until an interrupt; none is lost between the two instructions. */
static inline void x86_wait(void)
{
    asm volatile("sti; hlt; cli" ::: "memory");
}

static inline void x86_halt(void)
{
    asm volatile("cli; hlt" ::: "memory");
}

#endif
