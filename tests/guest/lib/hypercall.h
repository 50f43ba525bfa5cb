/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: VMMCALL on AMD and Hygon processors, VMCALL on others, as
 * CPUID says; inline, so that a benchmark sees the instruction alone.
 * Register convention: "xen.h" and arch-x86/xen-x86_64.h of the public
 * headers.
 */
#ifndef TESTS_GUEST_LIB_HYPERCALL_H
#define TESTS_GUEST_LIB_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

extern bool hypercall_is_vmmcall;

/* Choose the instruction; CPUID only. */
void hypercall_init(void);

static inline int64_t hypercall5(uint64_t nr, uint64_t a1, uint64_t a2,
                                 uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 asm("r10") = a4;
    register uint64_t r8 asm("r8") = a5;
    int64_t ret;

    if (hypercall_is_vmmcall) {
        asm volatile("vmmcall"
                     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
                       "+r"(r8)
                     : "0"(nr) : "memory");
    } else {
        asm volatile("vmcall"
                     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
                       "+r"(r8)
                     : "0"(nr) : "memory");
    }
    return ret;
}

static inline int64_t hypercall2(uint64_t nr, uint64_t a1, uint64_t a2)
{
    return hypercall5(nr, a1, a2, 0, 0, 0);
}

static inline int64_t hypercall3(uint64_t nr, uint64_t a1, uint64_t a2,
                                 uint64_t a3)
{
    return hypercall5(nr, a1, a2, a3, 0, 0);
}

static inline int64_t evtchn_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, op, (uint64_t)arg);
}

static inline int64_t memory_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, op, (uint64_t)arg);
}

static inline int64_t sched_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, op, (uint64_t)arg);
}

static inline int64_t hvm_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_hvm_op, op, (uint64_t)arg);
}

static inline int64_t vcpu_op(unsigned int op, unsigned int vcpu, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, op, vcpu, (uint64_t)arg);
}

static inline int64_t xen_version(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_xen_version, op, (uint64_t)arg);
}

static inline int64_t grant_op(unsigned int op, void *arg, unsigned int n)
{
    return hypercall3(__HYPERVISOR_grant_table_op, op, (uint64_t)arg, n);
}

static inline int64_t physdev_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_physdev_op, op, (uint64_t)arg);
}

#endif
