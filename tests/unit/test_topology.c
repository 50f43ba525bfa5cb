/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads, cores and packages out of APIC ids, for processors as they are.
 * Links: arch/x86/cpu/topology.c
 */
#include <string.h>

#include <arch/x86/cpu/topology.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

struct row {
    uint32_t leaf;
    uint32_t subleaf;
    struct cpuid_regs r;
};

static const struct row *rows;
static size_t nr;

static struct cpuid_regs lookup(uint32_t leaf, uint32_t subleaf)
{
    for (size_t i = 0; i < nr; i++) {
        if (rows[i].leaf == leaf && rows[i].subleaf == subleaf) {
            return rows[i].r;
        }
    }
    return (struct cpuid_regs){ 0 };
}

static struct cpu_topology read(const struct row *r, size_t n)
{
    rows = r;
    nr = n;
    return topology_read(lookup);
}
#define READ(r) read((r), ARRAY_SIZE(r))

TEST(one_processor_says_nothing)
{
    static const struct row r[] = { { 0, 0, { .eax = 1 } } };
    const struct cpu_topology t = READ(r);

    CHECK_EQ(t.thread_bits, 0);
    CHECK_EQ(t.package_bits, 0);
    CHECK_EQ(topology_package(&t, 3), 3);
    CHECK_EQ(topology_core(&t, 3), 0);
}

TEST(topology_leaf)
{
    static const struct row r[] = {
        { 0, 0, { .eax = 0x16 } },
        { 0xb, 0, { .eax = 1, .ebx = 2, .ecx = 0x100 } },
        { 0xb, 1, { .eax = 4, .ebx = 12, .ecx = 0x201 } },
    };
    const struct cpu_topology t = READ(r);

    CHECK_EQ(t.thread_bits, 1);
    CHECK_EQ(t.package_bits, 4);
    CHECK_EQ(topology_core(&t, 0x17), 3);
    CHECK_EQ(topology_package(&t, 0x17), 1);
}

TEST(an_empty_topology_leaf_is_none)
{
    static const struct row r[] = {
        { 0, 0, { .eax = 0xb } },
        { 1, 0, { .ebx = 4 << 16, .edx = 1u << 28 } },
        { 4, 0, { .eax = 1u << 26 } },
    };
    const struct cpu_topology t = READ(r);

    /* Four threads of two cores. */
    CHECK_EQ(t.thread_bits, 1);
    CHECK_EQ(t.package_bits, 2);
}

TEST(amd)
{
    /* What QEMU's EPYC with two CPUs shows. */
    static const struct row qemu[] = {
        { 0, 0, { .eax = 0xd } },
        { 1, 0, { .ebx = 2 << 16, .edx = 1u << 28 } },
        { 0x80000000, 0, { .eax = 0x8000001e } },
        { 0x80000001, 0, { .ecx = 1u << 22 } },
        { 0x80000008, 0, { .ecx = 1 << 12 | 1 } },
        { 0x8000001e, 0, { .ebx = 0 } },
    };
    /* Eight cores of two threads. */
    static const struct row zen[] = {
        { 0, 0, { .eax = 0xd } },
        { 1, 0, { .ebx = 16 << 16, .edx = 1u << 28 } },
        { 0x80000000, 0, { .eax = 0x8000001e } },
        { 0x80000001, 0, { .ecx = 1u << 22 } },
        { 0x80000008, 0, { .ecx = 4 << 12 | 15 } },
        { 0x8000001e, 0, { .ebx = 1 << 8 } },
    };
    struct cpu_topology t = READ(qemu);

    CHECK_EQ(t.thread_bits, 0);
    CHECK_EQ(t.package_bits, 1);
    t = READ(zen);
    CHECK_EQ(t.thread_bits, 1);
    CHECK_EQ(t.package_bits, 4);
    CHECK_EQ(topology_core(&t, 0xf), 7);
}

TEST(nonsense_stays_in_bounds)
{
    static const struct row r[] = {
        { 0, 0, { .eax = 0x4 } },
        { 1, 0, { .ebx = 1 << 16, .edx = 1u << 28 } },
        { 4, 0, { .eax = 0xfc000000 } },
    };
    const struct cpu_topology t = READ(r);

    CHECK_EQ(t.thread_bits, 0);
    CHECK_EQ(t.package_bits, 0);
}
