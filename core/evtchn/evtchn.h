/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels, as the rest of the hypervisor uses them.  The guest's own
 * operations are in evtchn_op.c; the two ABIs (2-level, FIFO) in evtchn_2l.c
 * and evtchn_fifo.c behind evtchn_priv.h.
 */
#ifndef CORE_EVTCHN_EVTCHN_H
#define CORE_EVTCHN_EVTCHN_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;

/* @max_port: highest port allowed, or ~0u for the ABI's limit. 0, -ENOMEM. */
int __must_check evtchn_domain_init(struct domain *d, unsigned int max_port);
/* Close every port (domain dying); 0 or -ERESTART.  Then free. */
int __must_check evtchn_domain_close_all(struct domain *d);
void evtchn_domain_free(struct domain *d);
int __must_check evtchn_vcpu_init(struct vcpu *v);
void evtchn_vcpu_free(struct vcpu *v);

/* Raise a per-vCPU VIRQ; nothing happens if it is not bound.  Any CPU. */
void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq);
/* Raise a VIRQ of the control domain (CONSOLE, DOM_EXC, CON_RING...). */
void evtchn_send_global_virq(unsigned int virq);

/* EVTCHNOP_send by the hypervisor on behalf of @d. 0, -EINVAL. */
int __must_check evtchn_send(struct domain *d, unsigned int port);

/* True if the port is pending (for SCHEDOP_poll). */
bool evtchn_port_is_pending(struct domain *d, unsigned int port);

/*
 * After vcpu_info moved or the upcall vector changed: mark everything
 * pending once, so that nothing is lost.
 */
void evtchn_vcpu_resync(struct vcpu *v);

/* Does the guest have something to handle: evtchn_upcall_pending. */
bool evtchn_upcall_pending(const struct vcpu *v);

/* EVTCHNOP_reset and restore: back to 2-level with no ports.  0, -ERESTART. */
int __must_check evtchn_reset(struct domain *d);

void evtchn_dump(struct domain *d);

#endif /* CORE_EVTCHN_EVTCHN_H */
