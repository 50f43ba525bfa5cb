/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels, two-level ABI, on the one vCPU. An event of a port posts
 * its work; NULL: it only ends the loop's sleep. Functions that bind return
 * the local port, or a negative error.
 */
#ifndef DOM0_RT_EVTCHN_H
#define DOM0_RT_EVTCHN_H

#include <core/abi/event_channel.h>
#include <dom0/rt/loop.h>

/* Maps the shared page and asks for the upcall. */
void evtchn_init(void);

int __must_check evtchn_bind_virq(unsigned int virq, struct loop_work *work);

/* To port remote of domain domid. */
int __must_check evtchn_bind_interdomain(domid_t domid, evtchn_port_t remote,
                                         struct loop_work *work);

/* A port in domain domid, to which this domain may bind. No work here. */
int __must_check evtchn_alloc_unbound(domid_t domid);

void evtchn_notify(evtchn_port_t port);
void evtchn_close(evtchn_port_t port);

/* Posts the work of all pending ports; whether there were any. */
bool evtchn_dispatch(void);

/* The page that is shared with the hypervisor: ports, and the clock. */
extern struct shared_info *evtchn_shared;

#endif
