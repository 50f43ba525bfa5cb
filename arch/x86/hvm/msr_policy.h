/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSRs as a guest has them, see msr_policy.c.
 */
#ifndef ARCH_X86_HVM_MSR_POLICY_H
#define ARCH_X86_HVM_MSR_POLICY_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct vcpu;

/* Banks of machine checks that a guest is shown; nothing is ever in them. */
#define HVM_MCA_BANKS 2u

/* 0, or -EFAULT where the guest gets #GP(0).  The vCPU's CPU. */
int __must_check hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int __must_check hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/* Values that a new vCPU starts with. */
void hvm_msr_init(struct vcpu *v);

#endif /* ARCH_X86_HVM_MSR_POLICY_H */
