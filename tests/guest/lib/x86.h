/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor as the test guest uses it: inline instructions, control
 * register bits and the MSR numbers the tests name.  Variants ending in
 * _safe return the fault they took (see trap.h) instead of dying of it.
 * No locking: everything acts on this CPU.
 * AMD64 Architecture Programmer's Manual, "System Instruction Reference".
 */
#ifndef TESTS_GUEST_LIB_X86_H
#define TESTS_GUEST_LIB_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tests/guest/lib/trap.h>

#define CR0_PE   0x00000001u
#define CR0_MP   0x00000002u
#define CR0_EM   0x00000004u
#define CR0_TS   0x00000008u
#define CR0_ET   0x00000010u
#define CR0_NE   0x00000020u
#define CR0_WP   0x00010000u
#define CR0_AM   0x00040000u
#define CR0_NW   0x20000000u
#define CR0_CD   0x40000000u
#define CR0_PG   0x80000000u

#define CR4_PAE        0x00000020u
#define CR4_PGE        0x00000080u
#define CR4_OSFXSR     0x00000200u
#define CR4_OSXMMEXCPT 0x00000400u
#define CR4_UMIP       0x00000800u
#define CR4_VMXE       0x00002000u
#define CR4_FSGSBASE   0x00010000u
#define CR4_PCIDE      0x00020000u
#define CR4_OSXSAVE    0x00040000u
#define CR4_SMEP       0x00100000u
#define CR4_SMAP       0x00200000u

#define EFER_SCE   0x00000001u
#define EFER_LME   0x00000100u
#define EFER_LMA   0x00000400u
#define EFER_NXE   0x00000800u
#define EFER_SVME  0x00001000u

#define RFLAGS_CF  0x00000001ull
#define RFLAGS_TF  0x00000100ull
#define RFLAGS_IF  0x00000200ull

#define MSR_TSC            0x00000010u
#define MSR_APIC_BASE      0x0000001bu
#define MSR_MTRR_CAP       0x000000feu
#define MSR_SYSENTER_CS    0x00000174u
#define MSR_SYSENTER_ESP   0x00000175u
#define MSR_SYSENTER_EIP   0x00000176u
#define MSR_PAT            0x00000277u
#define MSR_MTRR_DEF_TYPE  0x000002ffu
#define MSR_TSC_DEADLINE   0x000006e0u
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_SFMASK         0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS      0xc0000102u
#define MSR_TSC_AUX        0xc0000103u

#define APIC_BASE_BSP      0x00000100ull
#define APIC_BASE_X2APIC   0x00000400ull
#define APIC_BASE_ENABLE   0x00000800ull

struct cpuid_regs {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t sub)
{
    struct cpuid_regs r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(sub));
    return r;
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo;
    uint32_t hi;

    asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return ((uint64_t)hi << 32) | lo;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo;
    uint32_t hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
    return ((uint64_t)hi << 32) | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    asm volatile("wrmsr" : : "a"((uint32_t)val), "d"((uint32_t)(val >> 32)),
                 "c"(msr) : "memory");
}

/* Returns 0 or the fault; *val is 0 after a fault. */
static inline uint32_t rdmsr_safe(uint32_t msr, uint64_t *val)
{
    uint32_t lo = 0;
    uint32_t hi = 0;

    fault_arm();
    asm volatile("1: rdmsr\n2:\n" EX_TABLE(1b, 2b)
                 : "+a"(lo), "+d"(hi) : "c"(msr) : "memory");
    *val = ((uint64_t)hi << 32) | lo;
    return fault_take();
}

static inline uint32_t wrmsr_safe(uint32_t msr, uint64_t val)
{
    fault_arm();
    asm volatile("1: wrmsr\n2:\n" EX_TABLE(1b, 2b)
                 : : "a"((uint32_t)val), "d"((uint32_t)(val >> 32)), "c"(msr)
                 : "memory");
    return fault_take();
}

#define X86_CR_ACCESSORS(n)                                                 \
    static inline uint64_t read_cr##n(void)                                 \
    {                                                                       \
        uint64_t val;                                                       \
                                                                            \
        asm volatile("mov %%cr" #n ", %0" : "=r"(val) : : "memory");        \
        return val;                                                         \
    }                                                                       \
    static inline void write_cr##n(uint64_t val)                            \
    {                                                                       \
        asm volatile("mov %0, %%cr" #n : : "r"(val) : "memory");            \
    }                                                                       \
    static inline uint32_t write_cr##n##_safe(uint64_t val)                 \
    {                                                                       \
        fault_arm();                                                        \
        asm volatile("1: mov %0, %%cr" #n "\n2:\n" EX_TABLE(1b, 2b)         \
                     : : "r"(val) : "memory");                              \
        return fault_take();                                                \
    }

X86_CR_ACCESSORS(0)
X86_CR_ACCESSORS(2)
X86_CR_ACCESSORS(3)
X86_CR_ACCESSORS(4)
X86_CR_ACCESSORS(8)

#define X86_DR_ACCESSORS(n)                                                 \
    static inline uint64_t read_dr##n(void)                                 \
    {                                                                       \
        uint64_t val;                                                       \
                                                                            \
        asm volatile("mov %%dr" #n ", %0" : "=r"(val) : : "memory");        \
        return val;                                                         \
    }                                                                       \
    static inline uint32_t write_dr##n##_safe(uint64_t val)                 \
    {                                                                       \
        fault_arm();                                                        \
        asm volatile("1: mov %0, %%dr" #n "\n2:\n" EX_TABLE(1b, 2b)         \
                     : : "r"(val) : "memory");                              \
        return fault_take();                                                \
    }

X86_DR_ACCESSORS(0)
X86_DR_ACCESSORS(3)
X86_DR_ACCESSORS(6)
X86_DR_ACCESSORS(7)

#define X86_PORT_ACCESSORS(suffix, type, reg)                               \
    static inline void out##suffix(uint16_t port, type val)                 \
    {                                                                       \
        asm volatile("out" #suffix " %" reg "0, %w1"                        \
                     : : "a"(val), "Nd"(port) : "memory");                  \
    }                                                                       \
    static inline type in##suffix(uint16_t port)                            \
    {                                                                       \
        type val;                                                           \
                                                                            \
        asm volatile("in" #suffix " %w1, %" reg "0"                         \
                     : "=a"(val) : "Nd"(port) : "memory");                  \
        return val;                                                         \
    }

X86_PORT_ACCESSORS(b, uint8_t, "b")
X86_PORT_ACCESSORS(w, uint16_t, "w")
X86_PORT_ACCESSORS(l, uint32_t, "k")

static inline uint32_t inl_safe(uint16_t port, uint32_t *val)
{
    *val = 0;
    fault_arm();
    asm volatile("1: inl %w1, %0\n2:\n" EX_TABLE(1b, 2b)
                 : "+a"(*val) : "d"(port) : "memory");
    return fault_take();
}

static inline uint32_t read32_safe(const volatile void *p, uint32_t *val)
{
    uint32_t v = 0;

    fault_arm();
    asm volatile("1: movl (%1), %0\n2:\n" EX_TABLE(1b, 2b)
                 : "+r"(v) : "r"(p) : "memory");
    *val = v;
    return fault_take();
}

static inline uint32_t write32_safe(volatile void *p, uint32_t val)
{
    fault_arm();
    asm volatile("1: movl %0, (%1)\n2:\n" EX_TABLE(1b, 2b)
                 : : "r"(val), "r"(p) : "memory");
    return fault_take();
}

static inline uint64_t read_rflags(void)
{
    uint64_t flags;

    asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

static inline void irq_enable(void)
{
    asm volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
    asm volatile("cli" : : : "memory");
}

/* Interrupts on for one instruction at least, then off again. */
static inline void irq_window(void)
{
    asm volatile("sti; nop; nop; cli" : : : "memory");
}

static inline void cpu_relax(void)
{
    asm volatile("pause" : : : "memory");
}

/* STI and HLT as one pair, the shadow covers the HLT; IF off afterwards. */
static inline void sti_hlt_cli(void)
{
    asm volatile("sti; hlt; cli" : : : "memory");
}

static inline void invlpg(const void *va)
{
    asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void barrier(void)
{
    asm volatile("" : : : "memory");
}

static inline void mb(void)
{
    asm volatile("mfence" : : : "memory");
}

/* Load a whole 32-bit register and nothing else: an MMIO access of a known
 * form, which an emulator can decode. */
static inline uint32_t mmio_read32(const volatile void *p)
{
    uint32_t val;

    asm volatile("movl (%1), %0" : "=r"(val) : "r"(p) : "memory");
    return val;
}

static inline void mmio_write32(volatile void *p, uint32_t val)
{
    asm volatile("movl %0, (%1)" : : "r"(val), "r"(p) : "memory");
}

static inline uint64_t xgetbv(uint32_t idx)
{
    uint32_t lo;
    uint32_t hi;

    asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(idx));
    return ((uint64_t)hi << 32) | lo;
}

static inline uint32_t xsetbv_safe(uint32_t idx, uint64_t val)
{
    fault_arm();
    asm volatile("1: xsetbv\n2:\n" EX_TABLE(1b, 2b)
                 : : "a"((uint32_t)val), "d"((uint32_t)(val >> 32)), "c"(idx)
                 : "memory");
    return fault_take();
}

#endif
