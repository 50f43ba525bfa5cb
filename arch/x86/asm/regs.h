/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions without a C equivalent: control registers, descriptor tables,
 * caches, CPUID.
 */
#ifndef ARCH_X86_ASM_REGS_H
#define ARCH_X86_ASM_REGS_H

#include <core/lib/types.h>

#define REG_ACCESSORS(name)                                                  \
    static inline uint64_t name##_read(void)                                 \
    {                                                                        \
        uint64_t val;                                                        \
                                                                             \
        asm volatile("movq %%" #name ", %[val]" : [val] "=r"(val));          \
        return val;                                                          \
    }                                                                        \
                                                                             \
    static inline void name##_write(uint64_t val)                            \
    {                                                                        \
        asm volatile("movq %[val], %%" #name : : [val] "r"(val) : "memory"); \
    }

REG_ACCESSORS(cr0)
REG_ACCESSORS(cr2)
REG_ACCESSORS(cr3)
REG_ACCESSORS(cr4)
REG_ACCESSORS(dr0)
REG_ACCESSORS(dr1)
REG_ACCESSORS(dr2)
REG_ACCESSORS(dr3)
REG_ACCESSORS(dr6)
REG_ACCESSORS(dr7)

struct cpuid_regs {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

static inline struct cpuid_regs cpuid_raw(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf));
    return r;
}

static inline void invlpg(uintptr_t va)
{
    asm volatile("invlpg (%[va])" : : [va] "r"(va) : "memory");
}

static inline void wbinvd(void)
{
    asm volatile("wbinvd" : : : "memory");
}

static inline void clflush(const volatile void *va)
{
    asm volatile("clflush (%[va])" : : [va] "r"(va) : "memory");
}

static inline uint64_t xgetbv(uint32_t nr)
{
    uint32_t lo;
    uint32_t hi;

    asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(nr));
    return ((uint64_t)hi << 32) | lo;
}

static inline void xsetbv(uint32_t nr, uint64_t val)
{
    asm volatile("xsetbv"
                 :
                 : "c"(nr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32)));
}

/* Operand of lgdt, lidt and their opposites. */
struct __packed desc_ptr {
    uint16_t limit;
    uint64_t base;
};

static inline void gdt_load(const struct desc_ptr *ptr)
{
    asm volatile("lgdt %[ptr]" : : [ptr] "m"(*ptr) : "memory");
}

static inline void idt_load(const struct desc_ptr *ptr)
{
    asm volatile("lidt %[ptr]" : : [ptr] "m"(*ptr) : "memory");
}

#endif /* ARCH_X86_ASM_REGS_H */
