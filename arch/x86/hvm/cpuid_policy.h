/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID tells a domain, and what follows from it: which bits of CR4 and
 * XCR0 exist, which MSRs.  Computed once when the domain is created; leaves
 * that depend on the vCPU or its registers are patched when read.
 *
 * Sources: SDM volume 2, "CPUID"; APM volume 3, same; for 0x400000xx Xen's
 * public arch-x86/cpuid.h.
 */
#ifndef ARCH_X86_HVM_CPUID_POLICY_H
#define ARCH_X86_HVM_CPUID_POLICY_H

#include <arch/x86/asm/regs.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;

#define CPUID_BASIC_LEAVES 0x18u
#define CPUID_EXT_LEAVES 0x22u
#define CPUID_CACHE_LEAVES 8u
#define CPUID_FEATURE_LEAVES 2u
#define CPUID_XSTATE_LEAVES 20u

struct cpuid_policy {
    uint32_t max_basic;
    uint32_t max_ext;
    struct cpuid_regs basic[CPUID_BASIC_LEAVES];
    struct cpuid_regs ext[CPUID_EXT_LEAVES];
    struct cpuid_regs cache[CPUID_CACHE_LEAVES];     /* Leaf 4               */
    struct cpuid_regs feature[CPUID_FEATURE_LEAVES]; /* Leaf 7               */
    struct cpuid_regs xstate[CPUID_XSTATE_LEAVES];   /* Leaf 0xd             */
    uint64_t cr4_mask;
    uint64_t xcr0_mask;
    bool has_x2apic;
    bool has_tsc_deadline;
    bool has_rdtscp;
};

/* The default policy of @d, from the processor and the masks. 0, -ENOMEM. */
int __must_check cpuid_policy_init(struct domain *d);
void cpuid_policy_free(struct domain *d);
/* After a change of leaves: recompute what follows from them. */
void cpuid_policy_derive(struct cpuid_policy *p);

/* CR4 bits that exist; XCR0 bits that exist. */
uint64_t cpuid_policy_cr4_mask(const struct domain *d);
uint64_t cpuid_policy_xcr0_mask(const struct domain *d);
/* EFER bits that exist. */
uint64_t cpuid_policy_efer_mask(const struct domain *d);

/* What a vCPU sees now. */
void cpuid_policy_read(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                       struct cpuid_regs *out);

#endif /* ARCH_X86_HVM_CPUID_POLICY_H */
