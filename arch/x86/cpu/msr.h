/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to model-specific registers.
 */
#ifndef ARCH_X86_CPU_MSR_H
#define ARCH_X86_CPU_MSR_H

#include <arch/x86/asm/extable.h>
#include <arch/x86/hw/msr_index.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* The register is known to exist; a fault is a panic. */
static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t lo;
    uint32_t hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return ((uint64_t)hi << 32) | lo;
}

static inline void msr_write(uint32_t msr, uint64_t val)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                 : "memory");
}

/* True, or false if the register faulted; *@val is 0 then. */
static inline bool __must_check msr_read_safe(uint32_t msr, uint64_t *val)
{
    uint32_t lo = 0;
    uint32_t hi = 0;
    uint8_t ok = 0;

    asm volatile("1: rdmsr\n"
                 "movb $1, %[ok]\n"
                 "2:\n" EXTABLE("1b", "2b")
                 : "+a"(lo), "+d"(hi), [ok] "+r"(ok)
                 : "c"(msr));
    *val = ok ? ((uint64_t)hi << 32) | lo : 0;
    return ok;
}

static inline bool __must_check msr_write_safe(uint32_t msr, uint64_t val)
{
    uint8_t ok = 0;

    asm volatile("1: wrmsr\n"
                 "movb $1, %[ok]\n"
                 "2:\n" EXTABLE("1b", "2b")
                 : [ok] "+r"(ok)
                 : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                 : "memory");
    return ok;
}

#endif /* ARCH_X86_CPU_MSR_H */
