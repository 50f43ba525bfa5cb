/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One struct cpu for each processor, found through the GS base.  Interrupts
 * are off everywhere, so what only the owning CPU touches needs no protection.
 * Fields: [o] owner only, [a] atomic, [c] constant after the CPU is up.
 * A subsystem adds its own field, a pointer or a small struct, below the mark.
 */
#ifndef CORE_ARCH_PERCPU_H
#define CORE_ARCH_PERCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CPUS 256u
#define CPU_NONE 0xffffffffu

struct vcpu;
struct arch_cpu;

struct cpu {
    struct cpu *self;         /* [c] for this_cpu()                          */
    uint32_t id;              /* [c] 0 .. cpu_count - 1                      */
    uint32_t apic_id;         /* [c]                                         */
    struct vcpu *current;     /* [o] NULL: idle                              */
    uint32_t softirq_pending; /* [a] bit per softirq                         */
    bool online;              /* [a] runs its loop, may be sent interrupts   */
    uint64_t scratch;         /* [o] for entry code                          */
    uint64_t canary;          /* [c] at 0x28: the compiler expects it there  */
    struct arch_cpu *arch;    /* [c] arch/x86/cpu/arch_cpu_priv data         */
    uintptr_t stack_top;      /* [c] what the CPU's loop starts from         */
    uint32_t node;            /* [c] NUMA node                               */
    uint32_t seen_quiescent;  /* [a] last generation passed at the loop head */

    /* Owned by others, each named after its folder. */
};

#define CPU_CANARY_OFFSET 0x28
_Static_assert(offsetof(struct cpu, canary) == CPU_CANARY_OFFSET,
              "fixed by the stack protector");

/* CPUs that are or were up: ids 0 .. cpu_count - 1.  Constant after boot. */
extern unsigned int cpu_count;
extern struct cpu *cpu_table[MAX_CPUS];

#ifdef HOSPES
static inline struct cpu *this_cpu(void)
{
    struct cpu *c;

    asm("movq %%gs:%c[self], %[c]"
        : [c] "=r"(c)
        : [self] "i"(offsetof(struct cpu, self)));
    return c;
}

static inline struct vcpu *current_vcpu(void)
{
    struct vcpu *v;

    asm volatile("movq %%gs:%c[off], %[v]"
                 : [v] "=r"(v)
                 : [off] "i"(offsetof(struct cpu, current)));
    return v;
}
#else
/* On the build machine a test chooses who it is. */
extern struct cpu *fake_this_cpu;

static inline struct cpu *this_cpu(void)
{
    return fake_this_cpu;
}

static inline struct vcpu *current_vcpu(void)
{
    return fake_this_cpu->current;
}
#endif

static inline unsigned int cpu_id(void)
{
    return this_cpu()->id;
}

/* NULL if there is no such CPU. */
static inline struct cpu *cpu_of(unsigned int id)
{
    return id < MAX_CPUS ? cpu_table[id] : NULL;
}

#endif /* CORE_ARCH_PERCPU_H */
