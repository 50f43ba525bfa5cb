/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What processor this is.  One answer for all CPUs: what the boot CPU has;
 * a CPU that lacks any of it is not used.
 */
#ifndef ARCH_X86_CPU_IDENTIFY_H
#define ARCH_X86_CPU_IDENTIFY_H

#include <arch/x86/hw/cpuid_bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

enum cpu_vendor {
    CPU_VENDOR_UNKNOWN,
    CPU_VENDOR_INTEL,
    CPU_VENDOR_AMD,  /* Hygon as well                                        */
    CPU_VENDOR_ZHAOXIN
};

struct cpu_info {
    enum cpu_vendor vendor;
    uint16_t family;
    uint8_t model;
    uint8_t stepping;
    uint8_t phys_bits;        /* Width of physical addresses                 */
    uint8_t virt_bits;
    uint32_t max_leaf;
    uint32_t max_ext_leaf;
    uint32_t words[CPUID_WORDS];
    char brand[49];
    bool is_tcg;              /* QEMU's emulation, which names itself        */
};

/* [c] after cpu_identify(). */
extern struct cpu_info cpu_info;

/* The boot CPU. */
void cpu_identify(void);

/* False, said in the log, if this CPU lacks something the boot CPU has. */
bool __must_check cpu_identify_secondary(void);

/* Print the line about the processor. */
void cpu_identify_print(void);

/* Refuse, with advice, what the hypervisor cannot run on. */
void cpu_require_features(void);

/* Switch on what protects the hypervisor itself: CR0, CR4 of this CPU. */
void cpu_enable_protections(void);

static inline bool cpu_has(enum cpu_feature feature)
{
    return (cpu_info.words[feature / 32] >> (feature % 32)) & 1;
}

#endif /* ARCH_X86_CPU_IDENTIFY_H */
