/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handlers of exits, and what a CPU needs to run guests.  The loop itself is
 * cpu_loop(), core/arch/arch_cpu.h.
 */
#ifndef ARCH_X86_HVM_HVM_RUN_H
#define ARCH_X86_HVM_HVM_RUN_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct hvm_exit;
struct vcpu;

/* Boot: this CPU is going to run guests.  0, -ENODEV (reason logged). */
int __must_check hvm_cpu_init(void);

/* Handlers of single kinds of exit, each in the file of its subject. */
void hvm_handle_cpuid(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_rdmsr(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_wrmsr(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_cr(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_xsetbv(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_hypercall(struct vcpu *v, const struct hvm_exit *exit);

/* Print the exit counters of a vCPU. */
void hvm_exit_counters(struct vcpu *v);

/*
 * cr.c: could a guest of @d have these together?  CR0 with paging off and on,
 * CR4 and EFER with bits that its CPUID announces; XCR0 as XSETBV takes it.
 */
bool hvm_cr_is_legal(const struct domain *d, uint64_t cr0, uint64_t cr4,
                     uint64_t efer);
bool hvm_xcr0_is_legal(const struct domain *d, uint64_t val);

#endif /* ARCH_X86_HVM_HVM_RUN_H */
