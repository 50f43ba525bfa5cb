/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels, as the rest of the hypervisor uses them.  The guest's own
 * operations are in evtchn_op.c; the two ABIs (2-level, FIFO) in evtchn_2l.c
 * and evtchn_fifo.c behind evtchn_priv.h.
 */
#ifndef CORE_EVTCHN_EVTCHN_H
#define CORE_EVTCHN_EVTCHN_H

#include <core/abi/event_channel.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;

/* How the continuation of EVTCHNOP_reset is told from a new one. */
#ifndef EVTCHNOP_reset_cont
#define EVTCHNOP_reset_cont 14
#endif

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

/* EVTCHNOP_unmask: clear the mask, raise again what is pending.  0, -EINVAL. */
int __must_check evtchn_unmask(struct domain *d, unsigned int port);

/* True if there ever was such a port (for SCHEDOP_poll). */
bool evtchn_port_is_valid(const struct domain *d, unsigned int port);
/* True if the port is pending (for SCHEDOP_poll). */
bool evtchn_port_is_pending(struct domain *d, unsigned int port);

/*
 * After vcpu_info moved or the upcall vector changed: mark everything
 * pending once, so that nothing is lost.
 */
void evtchn_vcpu_resync(struct vcpu *v);

/* Does the guest have something to handle: evtchn_upcall_pending. */
bool evtchn_upcall_pending(const struct vcpu *v);

/*
 * EVTCHNOP_reset and restore: close all ports, back to 2-level.  -ERESTART
 * after a batch: call again with @is_resumed.  0, -EBUSY if one is under way,
 * -EAGAIN if ports were bound meanwhile.
 */
int __must_check evtchn_reset(struct domain *d, bool is_resumed);

/* The payload of any EVTCHNOP. */
union evtchn_payload {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
};

/* One EVTCHNOP: how much to copy in, whether to copy it back, what to do. */
struct evtchn_op_row {
    uint8_t size;
    bool is_out;
    /*
     * @d: the caller's domain.  0 or -errno; -ERESTART: go on with
     * EVTCHNOP_reset_cont.
     */
    int (*fn)(struct domain *d, union evtchn_payload *payload);
};

/* NULL if there is no such operation. */
const struct evtchn_op_row *evtchn_op_row(unsigned int cmd);

void evtchn_dump(struct domain *d);
/*
 * Check every port against its other end and the counts: how many do not fit,
 * with a line for each.  While others bind, one may be reported that does.
 */
unsigned int evtchn_audit(struct domain *d);

#endif /* CORE_EVTCHN_EVTCHN_H */
