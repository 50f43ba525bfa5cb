/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls, by the page that the hypervisor fills for its processor. The
 * results are Xen's: 0 or more, or a negative error. Arguments are addresses
 * of structures in the control domain's own memory, which is mapped one to
 * one. Chapter: arch-x86/xen-x86_64.h of the public headers.
 */
#ifndef DOM0_RT_HYPERCALL_H
#define DOM0_RT_HYPERCALL_H

#include <core/abi/domctl.h>
#include <core/abi/event_channel.h>
#include <core/abi/grant_table.h>
#include <core/abi/hvm.h>
#include <core/abi/memory.h>
#include <core/abi/sched.h>
#include <core/abi/sysctl.h>
#include <core/abi/vcpu.h>
#include <core/abi/version.h>
#include <core/abi/xen.h>
#include <core/lib/types.h>

/* Entries of so many bytes, which the hypervisor fills. */
#define HYPERCALL_ENTRY 32u
extern char hypercall_page[];

/* Has the page filled. Ends the domain when there is no Xen's CPUID leaf. */
void hypercall_init(void);

static inline long hypercall3(unsigned int nr, uint64_t a1, uint64_t a2,
                              uint64_t a3)
{
    long ret;

    asm volatile("call *%[entry]"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                 : [entry] "r"(hypercall_page + nr * HYPERCALL_ENTRY)
                 : "memory", "rcx", "r8", "r9", "r10", "r11");
    return ret;
}

/* Those that take an operation and a structure. */
#define HYPERCALL(name, nr)                                               \
    static inline long hypercall_##name(unsigned int op, void *arg)       \
    {                                                                     \
        return hypercall3(nr, op, (uint64_t)arg, 0);                      \
    }
HYPERCALL(memory, __HYPERVISOR_memory_op)
HYPERCALL(evtchn, __HYPERVISOR_event_channel_op)
HYPERCALL(sched, __HYPERVISOR_sched_op)
HYPERCALL(hvm, __HYPERVISOR_hvm_op)
HYPERCALL(version, __HYPERVISOR_xen_version)
#undef HYPERCALL

static inline long hypercall_grant(unsigned int op, void *arg,
                                   unsigned int count)
{
    return hypercall3(__HYPERVISOR_grant_table_op, op, (uint64_t)arg, count);
}

static inline long hypercall_console(unsigned int op, size_t size, void *text)
{
    return hypercall3(__HYPERVISOR_console_io, op, size, (uint64_t)text);
}

/* domid and payload are set by the caller, the rest here. */
static inline long hypercall_domctl(unsigned int cmd, domid_t domid,
                                    struct xen_domctl *op)
{
    op->cmd = cmd;
    op->domain = domid;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return hypercall3(__HYPERVISOR_domctl, (uint64_t)op, 0, 0);
}

static inline long hypercall_sysctl(unsigned int cmd, struct xen_sysctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall3(__HYPERVISOR_sysctl, (uint64_t)op, 0, 0);
}

#endif
