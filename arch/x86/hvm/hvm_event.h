/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way into a vCPU: exceptions, NMIs, interrupts, with the
 * architecture's priorities.  SDM volume 3, "Priority Among Simultaneous
 * Exceptions and Interrupts"; APM volume 2, "Exceptions and Interrupts".
 */
#ifndef ARCH_X86_HVM_HVM_EVENT_H
#define ARCH_X86_HVM_HVM_EVENT_H

#include <arch/x86/hvm/hvm_ops.h>
#include <core/lib/types.h>

enum x86_vector {
    X86_DE = 0, X86_DB = 1, X86_NMI = 2, X86_BP = 3, X86_OF = 4, X86_BR = 5,
    X86_UD = 6, X86_NM = 7, X86_DF = 8, X86_TS = 10, X86_NP = 11,
    X86_SS = 12, X86_GP = 13, X86_PF = 14, X86_MF = 16, X86_AC = 17,
    X86_MC = 18, X86_XM = 19,
};

/*
 * A fault of the instruction being emulated.  Combined with one that is
 * already on its way into a double or a triple fault.  Owner.
 */
void hvm_inject_fault(struct vcpu *v, uint8_t vector);
void hvm_inject_fault_error(struct vcpu *v, uint8_t vector, uint32_t error);
void hvm_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error);

/* An event whose delivery an exit interrupted: first thing next time. */
void hvm_event_requeue(struct vcpu *v, const struct hvm_event *ev);

/*
 * An interrupt that was injected but did not go in, and of whose delivery
 * the guest has seen nothing: pending again, as if it never had been chosen.
 * Owner.
 */
void hvm_event_return(struct vcpu *v, uint8_t vector);

/* Queue an NMI; any CPU. */
void hvm_nmi(struct vcpu *v);

/* Before an entry, when HVM_WORK_EVENT is set. */
void hvm_event_prepare(struct vcpu *v);

#endif /* ARCH_X86_HVM_HVM_EVENT_H */
