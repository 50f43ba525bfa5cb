/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine about the processor that a domain sees: its
 * CPUID leaves and the MSRs that list features, in the form in which the
 * tools exchange them (<xen/domctl.h>, get_cpu_policy).  Implemented by
 * arch/x86/hvm/cpuid_policy.c.
 */
#ifndef CORE_ARCH_ARCH_POLICY_H
#define CORE_ARCH_ARCH_POLICY_H

#include <core/abi/domctl.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;

/*
 * The most that a policy is written as.  Xen 4.17's own numbers: its tools
 * refuse leaves beyond these, and policies of more entries.
 */
#define POLICY_LEAVES_MAX 120u
#define POLICY_MSRS_MAX 2u
/* Words of a feature set, in the order of Xen's. */
#define POLICY_FEATURE_WORDS 19u

struct policy_stream {
    uint32_t nr_leaves;
    uint32_t nr_msrs;
    uint32_t err_leaf;    /* Of arch_policy_set(): what was refused,         */
    uint32_t err_subleaf; /* all ones if it is not known                     */
    uint32_t err_msr;
    xen_cpuid_leaf_t leaves[POLICY_LEAVES_MAX];
    xen_msr_entry_t msrs[POLICY_MSRS_MAX];
};

/*
 * A policy of the machine.  @index: XEN_SYSCTL_cpu_policy_*.  0, -EINVAL (no
 * such), -EOPNOTSUPP (those of PV guests), -ENOMEM.
 */
int __must_check arch_policy_get_system(unsigned int index,
                                        struct policy_stream *s);
/* Feature bits of one.  @index: XEN_SYSCTL_cpu_featureset_*.  The same. */
int __must_check arch_policy_features(unsigned int index,
                                      uint32_t words[POLICY_FEATURE_WORDS]);

/* What @d is shown now, without what depends on the vCPU. */
void arch_policy_get(const struct domain *d, struct policy_stream *s);
/*
 * Show @d what @s says, entries that it lacks staying as they are, as far as
 * the machine and the hypervisor can: bits that they cannot do are cleared
 * without a word, as Xen does it.  The domain has not run.
 * 0, -ERANGE (a leaf or MSR that there is not), -EINVAL (a highest leaf above
 * the machine's, another vendor, an MSR bit), -ENOMEM; nothing is changed
 * then, and err_* tell.
 */
int __must_check arch_policy_set(struct domain *d, struct policy_stream *s);

#endif /* CORE_ARCH_ARCH_POLICY_H */
