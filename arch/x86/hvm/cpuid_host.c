/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies made from the processor that executes this: all are taken to be
 * alike.
 */
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <core/lib/bits.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define LEAF1_ECX_X2APIC BIT32(21)
#define LEAF1_ECX_XSAVE BIT32(26)
#define LEAF1_ECX_HYPERVISOR BIT32(31)
#define LEAF1_EDX_APIC BIT32(9)
#define LEAF1_EBX_TOOLS 0x00ffff00u /* CLFLUSH line, ids of the package      */

/* Leaves that pass as they are: cache and TLB descriptions, brand. */
static const uint32_t passed[] = {
    0x0, 0x2, 0x80000000, 0x80000002, 0x80000003, 0x80000004, 0x80000005,
    0x80000006, 0x80000019, 0x8000001a,
};

static void read_maximums(struct cpuid_policy *p)
{
    p->max_basic = min(cpuid_raw(0, 0).eax, CPUID_BASIC_LEAVES - 1);
    p->max_ext = min(cpuid_raw(CPUID_EXT_BASE, 0).eax,
                     CPUID_EXT_BASE + CPUID_EXT_LEAVES - 1);
    if (p->max_ext < CPUID_EXT_BASE) {
        p->max_ext = CPUID_EXT_BASE;
    }
}

static void read_caches(struct cpuid_policy *p)
{
    for (unsigned int i = 0; p->max_basic >= CPUID_CACHE &&
                             i < CPUID_CACHE_LEAVES; i++) {
        const struct cpuid_regs r = cpuid_raw(CPUID_CACHE, i);

        if ((r.eax & 0x1f) == 0) {
            break;
        }
        p->cache[i] = r;
    }
}

/* Components in @states; leaf 0 names them. */
static void read_xstates(struct cpuid_policy *p, uint64_t states)
{
    if (p->max_basic < CPUID_XSTATE) {
        return;
    }
    p->xstate[0].eax = lo32(states);
    p->xstate[0].edx = hi32(states);
    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        if (states & BIT(i)) {
            p->xstate[i] = cpuid_raw(CPUID_XSTATE, i);
        }
    }
}

void cpuid_host_raw(struct cpuid_policy *p)
{
    const struct cpuid_regs x = cpuid_raw(CPUID_XSTATE, 0);

    memset(p, 0, sizeof(*p));
    read_maximums(p);
    for (uint32_t i = 0; i <= p->max_basic; i++) {
        struct cpuid_regs *const slot = cpuid_slot(p, i, 0);

        *slot = cpuid_raw(i, 0);
    }
    for (uint32_t i = 0; i <= p->max_ext - CPUID_EXT_BASE; i++) {
        p->ext[i] = cpuid_raw(CPUID_EXT_BASE + i, 0);
    }
    read_caches(p);
    for (uint32_t i = 1; i < CPUID_FEATURE_LEAVES &&
                         i <= p->feature[0].eax; i++) {
        p->feature[i] = cpuid_raw(CPUID_FEATURES, i);
    }
    if (p->max_basic >= CPUID_TOPOLOGY) {
        p->topology[1] = cpuid_raw(CPUID_TOPOLOGY, 1);
    }
    if (p->max_basic >= CPUID_XSTATE) {
        p->xstate[1] = cpuid_raw(CPUID_XSTATE, 1);
    }
    read_xstates(p, make64(x.edx, x.eax));
    p->xstate[0] = x;
}

void cpuid_host_used(struct cpuid_policy *p)
{
    cpuid_host_raw(p);
    p->basic[0].eax = p->max_basic;
    p->ext[0].eax = p->max_ext;
    p->basic[1].ebx &= LEAF1_EBX_TOOLS;
    p->feature[0].eax = min(p->feature[0].eax, CPUID_FEATURE_LEAVES - 1);
    if (!fpu_has_xsave()) {
        p->basic[1].ecx &= ~LEAF1_ECX_XSAVE;
        memset(p->xstate, 0, sizeof(p->xstate));
    }
}

static void mask_features(struct cpuid_policy *p)
{
#define CPUID_MASK(leaf, subleaf, reg, bits)                                 \
    if (cpuid_in_range(p, (leaf))) {                                         \
        cpuid_slot(p, (leaf), (subleaf))->reg =                              \
            cpuid_raw((leaf), (subleaf)).reg & (bits);                       \
    }
#include <arch/x86/hvm/cpuid_masks.def>
#undef CPUID_MASK
}

void cpuid_host_guest(struct cpuid_policy *p)
{
    const struct cpuid_regs x = cpuid_raw(CPUID_XSTATE, 0);

    memset(p, 0, sizeof(*p));
    read_maximums(p);
    for (unsigned int i = 0; i < ARRAY_SIZE(passed); i++) {
        if (cpuid_in_range(p, passed[i])) {
            *cpuid_slot(p, passed[i], 0) = cpuid_raw(passed[i], 0);
        }
    }
    p->basic[0].eax = p->max_basic;
    p->ext[0].eax = p->max_ext;
    p->basic[1].eax = cpuid_raw(1, 0).eax;
    p->basic[1].ebx = cpuid_raw(1, 0).ebx & LEAF1_EBX_TOOLS;
    p->ext[1].eax = cpuid_raw(CPUID_EXT_BASE + 1, 0).eax;
    if (cpuid_in_range(p, CPUID_EXT_BASE + 8)) {
        /* Widths; cores of the package and bits of their ids. */
        p->ext[8].eax = cpuid_raw(CPUID_EXT_BASE + 8, 0).eax & 0xffff;
        p->ext[8].ecx = cpuid_raw(CPUID_EXT_BASE + 8, 0).ecx & 0xf0ff;
    }
    p->feature[0].eax = p->max_basic >= CPUID_FEATURES &&
                        cpuid_raw(CPUID_FEATURES, 0).eax >= 1 ? 1 : 0;
    read_caches(p);
    mask_features(p);
    p->basic[1].ecx |= LEAF1_ECX_X2APIC | LEAF1_ECX_HYPERVISOR;
    p->basic[1].edx |= LEAF1_EDX_APIC;
    read_xstates(p, make64(x.edx, x.eax) & fpu_xcr0_mask());
    cpuid_policy_derive(p);
}
