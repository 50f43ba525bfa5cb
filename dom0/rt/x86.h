/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instructions that C has no words for. Chapter: AMD64 Programmer's
 * Manual volume 3.
 */
#ifndef DOM0_RT_X86_H
#define DOM0_RT_X86_H

#include <core/lib/types.h>

#define MSR_APIC_BASE 0x1bu
#define MSR_X2APIC_ID 0x802u
#define MSR_X2APIC_TPR 0x808u
#define MSR_X2APIC_EOI 0x80bu
#define MSR_X2APIC_SVR 0x80fu
#define APIC_BASE_ENABLE BIT(11)
#define APIC_BASE_X2APIC BIT(10)
#define APIC_SVR_ENABLE 0x100u

struct x86_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct x86_cpuid x86_cpuid(uint32_t leaf, uint32_t sub)
{
    struct x86_cpuid r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "0"(leaf), "2"(sub));
    return r;
}

static inline uint64_t x86_rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

static inline uint64_t x86_rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr"
                 :: "c"(msr), "a"((uint32_t)value),
                    "d"((uint32_t)(value >> 32))
                 : "memory");
}

static inline uint64_t x86_read_cr2(void)
{
    uint64_t value;

    asm volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

static inline void x86_outl(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" :: "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t x86_inl(uint16_t port)
{
    uint32_t value;

    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
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
