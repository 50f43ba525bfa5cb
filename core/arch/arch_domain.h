/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine about domains and vCPUs.  Implemented by
 * arch/x86/hvm, faked by tests/unit/fake_arch.c.
 */
#ifndef CORE_ARCH_ARCH_DOMAIN_H
#define CORE_ARCH_ARCH_DOMAIN_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;
struct vcpu_hvm_context;
struct xen_arch_domainconfig;
struct xen_domctl_tsc_info;

/*
 * Allocate and free the machine's part.  0, -ENOMEM, -EOPNOTSUPP
 * for a configuration that is not a PVH domain, -EINVAL for none at all.
 */
int __must_check arch_domain_init(struct domain *d,
                                  const struct xen_arch_domainconfig *cfg);
void arch_domain_free(struct domain *d);
int __must_check arch_vcpu_init(struct vcpu *v);
void arch_vcpu_free(struct vcpu *v);

/*
 * Give back what the domain holds (p2m, device mappings), a batch a call.
 * 0 when done, -ERESTART when there is more.  The domain is dying and
 * none of its vCPUs runs.
 */
int __must_check arch_domain_relinquish(struct domain *d);

/* Make @v this CPU's current guest state, or put it away.  Loop head only. */
void arch_vcpu_load(struct vcpu *v);
void arch_vcpu_unload(struct vcpu *v);

/*
 * Make the CPU that runs @v leave guest mode soon, so that it looks again at
 * what is pending.  Does nothing if @v is not in guest mode.  Any context.
 */
void arch_vcpu_kick(struct vcpu *v);

/*
 * As above, and return only when @v is no longer in guest mode.  The caller
 * has first made sure that it cannot re-enter.  No lock that a vCPU could
 * need on its way to the loop head may be held.
 */
void arch_vcpu_sync(struct vcpu *v);

/*
 * vcpu_info.evtchn_upcall_pending of @v went 0 -> 1: raise the upcall the
 * guest asked for (vector in its local APIC, or the domain-wide vector), and
 * vcpu_notify() it, even if it asked for none (it may be in SCHEDOP_block).
 * Any CPU, evtchn locks may be held.
 */
void arch_vcpu_upcall(struct vcpu *v);

/*
 * How the upcall is delivered.  @vector: an edge interrupt of @v's local APIC
 * (HVMOP_set_evtchn_upcall_vector), which takes precedence; @via: the value of
 * HVM_PARAM_CALLBACK_IRQ, of which type 2 is a vector injected in any vCPU of
 * @d without its APIC, and other types change nothing.  What is pending is
 * raised again by the caller.
 */
void arch_vcpu_set_upcall_vector(struct vcpu *v, uint8_t vector);
void arch_domain_set_callback(struct domain *d, uint64_t via);

/* True if an interrupt or NMI would be delivered, so HLT must not block. */
bool arch_vcpu_has_interrupt(const struct vcpu *v);

/* The TSC that @v reads when the machine's counter shows @cycles. */
uint64_t arch_vcpu_tsc(const struct vcpu *v, uint64_t cycles);

/*
 * True if the counters of all CPUs agree and never stop, so that a guest may
 * compare times that different vCPUs made of them.
 */
bool arch_tsc_is_stable(void);

/*
 * The tools' view of a domain's time stamp counter; of the settings only the
 * mode and the count of restores mean something, because the counter is never
 * emulated.  0, -EINVAL (no such mode), -EOPNOTSUPP (it must be emulated).
 */
void arch_domain_get_tsc(const struct domain *d,
                         struct xen_domctl_tsc_info *t);
int __must_check arch_domain_set_tsc(struct domain *d,
                                     const struct xen_domctl_tsc_info *t);

/* PVH entry state for the boot vCPU: 32-bit flat, see the start-info ABI. */
void arch_vcpu_set_pvh_entry(struct vcpu *v, uint32_t eip, uint32_t ebx);

/* VCPUOP_initialise: the registers of a vCPU that is down.  0, -EINVAL. */
int __must_check arch_vcpu_set_hvm_context(struct vcpu *v,
                                           const struct vcpu_hvm_context *c);

/* VCPUOP_send_nmi: pend an NMI and notify. */
void arch_vcpu_send_nmi(struct vcpu *v);

/*
 * Write the stubs that make hypercalls into the page at @gfn: MSR 0x40000000,
 * XEN_DOMCTL_hypercall_init.  0, or -EFAULT if no writable page is there.
 */
int __must_check arch_domain_hypercall_page(struct domain *d, gfn_t gfn);

/* d->port_ok changed: let the domain at its ports without an exit. */
void arch_domain_update_ports(struct domain *d);

/* Faults found in the map of @d, with a line for each. */
unsigned int arch_domain_audit(struct domain *d);
void arch_domain_dump(const struct domain *d);
void arch_vcpu_dump(const struct vcpu *v);

#endif /* CORE_ARCH_ARCH_DOMAIN_H */
