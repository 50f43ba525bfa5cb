/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall platform_op: the machine, for a control domain.  What this
 * does not know, firmware calls and processor power among them, answers
 * -ENOSYS as on a machine without it.
 * Locking: in the functions called.  Chapter: xen/platform.h.
 */
#include <core/hypercall/hypercall.h>

#include <core/abi/platform.h>
#include <core/arch/arch_cpu.h>
#include <core/domain/domain.h>
#include <core/domain/wallclock.h>
#include <core/hypercall/guest_handle.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>

#define NSEC_MAX 1000000000u

static int platform_settime(uint64_t secs, uint32_t nsecs, nsec_t at)
{
    if (nsecs >= NSEC_MAX) {
        return -EINVAL;
    }
    wallclock_set(secs, nsecs, at);
    return 0;
}

static void platform_cpuinfo(struct xenpf_pcpuinfo *info)
{
    info->max_present = cpu_count - 1;
    if (info->xen_cpuid >= cpu_count) {
        info->flags = XEN_PCPU_FLAGS_INVALID;
        return;
    }
    const unsigned int cpu =
        (unsigned int)index_nospec(info->xen_cpuid, cpu_count);

    info->flags = cpu_is_online(cpu) ? XEN_PCPU_FLAGS_ONLINE : 0;
    arch_cpu_ids(cpu, &info->apic_id, &info->acpi_id);
}

int64_t hcall_platform_op(struct vcpu *v, struct hcall_regs *r)
{
    struct xen_platform_op op;

    (void)v;
    if (gva_read(&op, r->arg[0]) != 0) {
        return -EFAULT;
    }
    if (op.interface_version != XENPF_INTERFACE_VERSION) {
        return -EACCES;
    }
    switch (op.cmd) {
    case XENPF_settime32:
        return platform_settime(op.u.settime32.secs, op.u.settime32.nsecs,
                                op.u.settime32.system_time);
    case XENPF_settime64:
        return op.u.settime64.mbz != 0
                   ? -EINVAL
                   : platform_settime(op.u.settime64.secs,
                                      op.u.settime64.nsecs,
                                      op.u.settime64.system_time);
    case XENPF_get_cpuinfo:
        platform_cpuinfo(&op.u.pcpu_info);
        return gva_write_field(r->arg[0], &op, u.pcpu_info);
    default:
        return -ENOSYS;
    }
}
