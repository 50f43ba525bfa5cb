/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID tells a domain, and what follows from it: which bits of CR4 and
 * XCR0 exist, which MSRs.  Fixed before the domain first runs; leaves that
 * depend on the vCPU or its registers are patched when read (cpuid_read.c).
 *
 *   cpuid_host.c      a policy from the processor and the masks
 *   cpuid_sanitise.c  what the tools wish for, cut to what can be had; pure
 *   cpuid_stream.c    to and from the tools' form; pure
 *   cpuid_policy.c    the policies of domains
 *
 * Sources: SDM volume 2, "CPUID"; APM volume 3, same; for 0x400000xx Xen's
 * public arch-x86/cpuid.h; for the tools' form its domctl.h.
 */
#ifndef ARCH_X86_HVM_CPUID_POLICY_H
#define ARCH_X86_HVM_CPUID_POLICY_H

#include <arch/x86/asm/regs.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct policy_stream;
struct vcpu;

/* As many as Xen 4.17 and its tools know, but for the extended states. */
#define CPUID_BASIC_LEAVES 0xeu
#define CPUID_EXT_LEAVES 0x22u
#define CPUID_CACHE_LEAVES 6u
#define CPUID_FEATURE_LEAVES 3u
#define CPUID_TOPOLOGY_LEAVES 2u
#define CPUID_XSTATE_LEAVES 20u

#define CPUID_CACHE 0x4u
#define CPUID_FEATURES 0x7u
#define CPUID_TOPOLOGY 0xbu
#define CPUID_XSTATE 0xdu
#define CPUID_EXT_BASE 0x80000000u

struct cpuid_policy {
    uint32_t max_basic;
    uint32_t max_ext;
    uint32_t hv_limit;  /* Highest of 0x400000xx, 0: all that there are      */
    uint32_t hv2_limit; /* Kept for the tools: leaves of Viridian's          */
    struct cpuid_regs basic[CPUID_BASIC_LEAVES];
    struct cpuid_regs ext[CPUID_EXT_LEAVES];
    struct cpuid_regs cache[CPUID_CACHE_LEAVES];
    struct cpuid_regs feature[CPUID_FEATURE_LEAVES];
    struct cpuid_regs topology[CPUID_TOPOLOGY_LEAVES]; /* Guests: zero       */
    struct cpuid_regs xstate[CPUID_XSTATE_LEAVES];
    uint64_t cr4_mask;
    uint64_t xcr0_mask;
    bool has_x2apic;
    bool has_tsc_deadline;
    bool has_rdtscp;
};

/* Where a leaf stands, NULL if there is no room for such a leaf. */
static inline struct cpuid_regs *cpuid_slot(struct cpuid_policy *p,
                                            uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case CPUID_CACHE:
        return subleaf < CPUID_CACHE_LEAVES ? &p->cache[subleaf] : NULL;
    case CPUID_FEATURES:
        return subleaf < CPUID_FEATURE_LEAVES ? &p->feature[subleaf] : NULL;
    case CPUID_TOPOLOGY:
        return subleaf < CPUID_TOPOLOGY_LEAVES ? &p->topology[subleaf] : NULL;
    case CPUID_XSTATE:
        return subleaf < CPUID_XSTATE_LEAVES ? &p->xstate[subleaf] : NULL;
    default:
        break;
    }
    if (leaf < CPUID_BASIC_LEAVES) {
        return &p->basic[leaf];
    }
    if (leaf - CPUID_EXT_BASE < CPUID_EXT_LEAVES) {
        return &p->ext[leaf - CPUID_EXT_BASE];
    }
    return NULL;
}

/* True if @leaf exists by its range's highest. */
static inline bool cpuid_in_range(const struct cpuid_policy *p, uint32_t leaf)
{
    return leaf & CPUID_EXT_BASE ? leaf <= p->max_ext : leaf <= p->max_basic;
}

/*
 * The processor as it is; as the hypervisor uses it; and the most that a
 * guest can be shown, with the machine's topology.
 */
void cpuid_host_raw(struct cpuid_policy *p);
void cpuid_host_used(struct cpuid_policy *p);
void cpuid_host_guest(struct cpuid_policy *p);

/*
 * Recompute what follows from the leaves: extended state (at most the
 * components that leaf 0xd names), masks.
 */
void cpuid_policy_derive(struct cpuid_policy *p);
/* Bytes of an XSAVE area in standard form with the components @xcr0. */
uint32_t cpuid_xsave_bytes(const struct cpuid_policy *p, uint64_t xcr0);
/*
 * @p, which the tools have edited, is cut to @most: features that @most lacks
 * or that need one which is off, reserved fields, what is not the tools'.
 * 0, or -EINVAL with the leaf in *@err_leaf and *@err_subleaf: a highest leaf
 * above @most's, another vendor.
 */
int __must_check cpuid_policy_sanitise(struct cpuid_policy *p,
                                       const struct cpuid_policy *most,
                                       uint32_t *err_leaf,
                                       uint32_t *err_subleaf);

/* Append all leaves of @p, and the MSRs, to the empty @s. */
void cpuid_stream_write(struct policy_stream *s, const struct cpuid_policy *p);
/* Put those of @s in their places.  0, -ERANGE, -EINVAL with @s->err_*. */
int __must_check cpuid_stream_read(struct cpuid_policy *p,
                                   struct policy_stream *s);

/* The default policy of @d, from the processor and the masks. 0, -ENOMEM. */
int __must_check cpuid_policy_init(struct domain *d);
void cpuid_policy_free(struct domain *d);

/* CR4 bits that exist; XCR0 bits that exist. */
uint64_t cpuid_policy_cr4_mask(const struct domain *d);
uint64_t cpuid_policy_xcr0_mask(const struct domain *d);
/* EFER bits that exist. */
uint64_t cpuid_policy_efer_mask(const struct domain *d);

/* What a vCPU sees now. */
void cpuid_policy_read(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                       struct cpuid_regs *out);

#endif /* ARCH_X86_HVM_CPUID_POLICY_H */
