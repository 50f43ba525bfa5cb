/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How APIC ids number threads, cores and packages.  Pure: CPUID comes in
 * through a function, so that other machines' leaves can be tested.
 * SDM 3, "Detecting Hardware Multi-Threading Support and Topology"; APM 3,
 * functions 8000_0008h and 8000_001Eh.
 */
#ifndef ARCH_X86_CPU_TOPOLOGY_H
#define ARCH_X86_CPU_TOPOLOGY_H

#include <arch/x86/asm/regs.h>
#include <core/lib/types.h>

struct cpu_topology {
    uint8_t thread_bits;  /* Lowest bits of an APIC id: thread of a core     */
    uint8_t package_bits; /* These and the core's number in the package      */
};

/* @cpuid: a leaf, a subleaf. */
struct cpu_topology topology_read(struct cpuid_regs (*cpuid)(uint32_t,
                                                             uint32_t));

/* Number of the core in its package, and of the package. */
static inline uint32_t topology_core(const struct cpu_topology *t,
                                     uint32_t apic_id)
{
    return (apic_id & ((1u << t->package_bits) - 1)) >> t->thread_bits;
}

static inline uint32_t topology_package(const struct cpu_topology *t,
                                        uint32_t apic_id)
{
    return apic_id >> t->package_bits;
}

#endif /* ARCH_X86_CPU_TOPOLOGY_H */
