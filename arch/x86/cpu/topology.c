/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Widths of the fields of an APIC id.  Pure; see topology.h for the chapters.
 */
#include <arch/x86/cpu/topology.h>
#include <arch/x86/hw/cpuid_bits.h>
#include <core/lib/bits.h>
#include <core/lib/util.h>

#define LEAF_CACHES 0x00000004u
#define LEAF_AMD_NODES 0x8000001eu

#define FEATURES_EDX_HTT BIT32(28)
#define FEATURES_LOGICAL GENMASK32(23, 16)
#define CACHES_CORES GENMASK32(31, 26)
#define TOPOLOGY_SHIFT GENMASK32(4, 0)
#define TOPOLOGY_TYPE GENMASK32(15, 8)
#define TOPOLOGY_TYPE_THREAD 1u
#define EXT_1_ECX_TOPOEXT BIT32(22)
#define SIZES_CORES GENMASK32(7, 0)
#define SIZES_ID_BITS GENMASK32(15, 12)
#define NODES_THREADS GENMASK32(15, 8)

/* Levels that the topology leaf may list; there are six kinds. */
#define LEVELS_MAX 8u

static uint8_t bits_for(uint32_t count)
{
    return (uint8_t)order_of_pages(max(count, 1u));
}

/* The leaf made for it; false if the processor has none. */
static bool read_levels(struct cpuid_regs (*cpuid)(uint32_t, uint32_t),
                        struct cpu_topology *t)
{
    for (uint32_t i = 0; i < LEVELS_MAX; i++) {
        const struct cpuid_regs r = cpuid(CPUID_LEAF_TOPOLOGY, i);
        const uint32_t type = FIELD_GET(TOPOLOGY_TYPE, r.ecx);

        if (r.ebx == 0 || type == 0) {
            break;
        }
        t->package_bits = (uint8_t)FIELD_GET(TOPOLOGY_SHIFT, r.eax);
        if (type == TOPOLOGY_TYPE_THREAD) {
            t->thread_bits = t->package_bits;
        }
    }
    return t->package_bits != 0;
}

/* Counts of threads and cores, rounded up to powers of two. */
static void read_counts(struct cpuid_regs (*cpuid)(uint32_t, uint32_t),
                        uint32_t max_ext, struct cpu_topology *t)
{
    const struct cpuid_regs f = cpuid(CPUID_LEAF_FEATURES, 0);
    uint32_t cores = 1;

    if (!(f.edx & FEATURES_EDX_HTT)) {
        return;
    }
    t->package_bits = bits_for(FIELD_GET(FEATURES_LOGICAL, f.ebx));
    if (max_ext >= CPUID_LEAF_ADDRESS_SIZES) {
        const uint32_t ecx = cpuid(CPUID_LEAF_ADDRESS_SIZES, 0).ecx;
        const uint32_t id_bits = FIELD_GET(SIZES_ID_BITS, ecx);

        /* AMD's; zero on others. */
        cores = FIELD_GET(SIZES_CORES, ecx) + 1;
        if (id_bits != 0) {
            t->package_bits = (uint8_t)id_bits;
        }
    }
    if (cores > 1) {
        const bool has_nodes =
            max_ext >= LEAF_AMD_NODES &&
            (cpuid(CPUID_LEAF_EXT_1, 0).ecx & EXT_1_ECX_TOPOEXT);

        /* These "cores" are threads, of which a core has: */
        t->thread_bits =
            has_nodes ? bits_for(FIELD_GET(NODES_THREADS,
                                           cpuid(LEAF_AMD_NODES, 0).ebx) + 1)
                      : 0;
    } else if (cpuid(CPUID_LEAF_BASIC, 0).eax >= LEAF_CACHES) {
        const uint8_t core_bits = bits_for(
            FIELD_GET(CACHES_CORES, cpuid(LEAF_CACHES, 0).eax) + 1);

        t->thread_bits = (uint8_t)(t->package_bits -
                                   min(core_bits, t->package_bits));
    }
    t->thread_bits = min(t->thread_bits, t->package_bits);
}

struct cpu_topology topology_read(struct cpuid_regs (*cpuid)(uint32_t,
                                                             uint32_t))
{
    struct cpu_topology t = { 0 };

    if (cpuid(CPUID_LEAF_BASIC, 0).eax < CPUID_LEAF_TOPOLOGY ||
        !read_levels(cpuid, &t)) {
        t = (struct cpu_topology){ 0 };
        read_counts(cpuid, cpuid(CPUID_LEAF_EXT_MAX, 0).eax, &t);
    }
    return t;
}
