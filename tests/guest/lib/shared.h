/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest shares with Xen: start_info, shared_info, vcpu_info and
 * the clock in it.
 * Public headers "xen.h", "arch-x86/hvm/start_info.h".
 */
#ifndef TESTS_GUEST_LIB_SHARED_H
#define TESTS_GUEST_LIB_SHARED_H

#include <stdint.h>

#include <tests/guest/lib/hypercall.h>

#include <xen/arch-x86/hvm/start_info.h>

#define SHARED_CMDLINE_MAX 1024

/* Copies taken before anything could overwrite the originals. */
extern struct hvm_start_info shared_start_info;
extern char shared_cmdline[SHARED_CMDLINE_MAX];

extern volatile struct shared_info *shared_info;

/* Copy start_info at physical address `paddr` away. */
void shared_copy_start_info(uint32_t paddr);

/* Map shared_info over a page of the pool. */
void shared_map(void);

/* The vcpu_info in force for a vCPU: in shared_info or registered. */
volatile struct vcpu_info *shared_vcpu_info(unsigned int vcpu);
void shared_set_vcpu_info(unsigned int vcpu, volatile struct vcpu_info *vi);

/* This domain's id, from CPUID. */
uint16_t shared_domid(void);

/* System time of this vCPU in nanoseconds, by its vcpu_time_info. */
uint64_t shared_now_ns(void);

/* Ticks of the TSC in that many nanoseconds, by vcpu_time_info. */
uint64_t shared_ns_to_tsc(uint64_t ns);

/* Spin (with pauses) for some nanoseconds of system time. */
void shared_delay_ns(uint64_t ns);

#endif
