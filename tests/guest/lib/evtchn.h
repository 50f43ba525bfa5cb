/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels of the test guest, both ABIs. The upcall clears what is
 * pending and counts it per port.
 * Ports are handled on the vCPU they notify; the counters are atomic.
 * Public header "event_channel.h".
 */
#ifndef TESTS_GUEST_LIB_EVTCHN_H
#define TESTS_GUEST_LIB_EVTCHN_H

#include <stdbool.h>
#include <stdint.h>

#define EVTCHN_PORTS 4096

/* Events seen by the upcall, per port. */
extern volatile uint32_t evtchn_count[EVTCHN_PORTS];
/* Order in which the last 64 events were handled, for priority tests. */
extern volatile uint32_t evtchn_order[64];
extern volatile uint32_t evtchn_order_n;

/* Set the upcall vector of this vCPU. */
void evtchn_init_cpu(void);

/* Each returns the new port, or a negative errno. */
int64_t evtchn_bind_ipi(unsigned int vcpu);
int64_t evtchn_bind_virq(unsigned int virq, unsigned int vcpu);
int64_t evtchn_alloc_unbound(uint16_t dom, uint16_t remote);
int64_t evtchn_bind_interdomain(uint16_t remote, uint32_t remote_port);

int64_t evtchn_close(uint32_t port);
int64_t evtchn_send(uint32_t port);
/* EVTCHNOP_unmask: the hypercall. */
int64_t evtchn_unmask_op(uint32_t port);

bool evtchn_is_pending(uint32_t port);
bool evtchn_is_masked(uint32_t port);
void evtchn_clear_pending(uint32_t port);
void evtchn_mask(uint32_t port);
/* Unmask in shared memory only, without telling the hypervisor. */
void evtchn_unmask_raw(uint32_t port);

/* Switch this vCPU to the FIFO ABI; the first call also makes the first
 * event-array page. Returns errno of the step that failed. */
int64_t evtchn_fifo_init(unsigned int vcpu);
bool evtchn_is_fifo(void);
/* The event word of a port under the FIFO ABI. */
volatile uint32_t *evtchn_fifo_word(uint32_t port);

/* EVTCHNOP_reset on itself: back to 2-level, all ports closed. */
int64_t evtchn_reset(void);

#endif
