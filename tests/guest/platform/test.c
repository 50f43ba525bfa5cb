/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * physdev_op, platform_op and console_io as dom0's kernel uses them.
 * Public headers "physdev.h", "platform.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/platform.h>

static int64_t platform_op(struct xen_platform_op *op, unsigned int cmd)
{
    op->cmd = cmd;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return hypercall2(__HYPERVISOR_platform_op, (uint64_t)op, 0);
}

static void platform(void)
{
    static struct xen_platform_op op;
    uint64_t wall;

    memset(&op, 0, sizeof(op));
    op.u.pcpu_info.xen_cpuid = 0;
    check_eq("get_cpuinfo", platform_op(&op, XENPF_get_cpuinfo), 0);
    CHECK("CPU 0 is online",
          op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE);
    memset(&op, 0, sizeof(op));
    op.u.pcpu_info.xen_cpuid = 1000;
    platform_op(&op, XENPF_get_cpuinfo);
    CHECK("CPU 1000 is not there",
          op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID);
    memset(&op, 0, sizeof(op));
    check_eq("unknown op", platform_op(&op, 200), -XEN_ENOSYS);
    memset(&op, 0, sizeof(op));
    check_eq("get_dom0_console is not of 4.17", platform_op(&op, 64),
             -XEN_ENOSYS);
    op.cmd = XENPF_get_cpuinfo;
    op.interface_version = 1;
    check_eq("wrong version",
             hypercall2(__HYPERVISOR_platform_op, (uint64_t)&op, 0),
             -XEN_EACCES);
    memset(&op, 0, sizeof(op));
    op.u.settime64.secs = 1700000000;
    op.u.settime64.nsecs = 5;
    op.u.settime64.system_time = shared_now_ns();
    wall = op.u.settime64.secs - op.u.settime64.system_time / 1000000000;
    check_eq("settime64", platform_op(&op, XENPF_settime64), 0);
    check("wall clock follows", shared_info->wc_sec + 1 >= wall &&
          shared_info->wc_sec <= wall + 1, "%u", shared_info->wc_sec);
    check_eq("unmapped argument",
             hypercall2(__HYPERVISOR_platform_op, MM_WINDOW, 0),
             -XEN_EFAULT);
}

static void physdev(void)
{
    struct physdev_pci_mmcfg_reserved mmcfg = { 0 };
    struct physdev_irq irq = { .irq = 9 };
    struct physdev_eoi eoi = { .irq = 9 };
    int64_t rc;

    mmcfg.address = 0x1000;
    mmcfg.segment = 7;
    rc = physdev_op(PHYSDEVOP_pci_mmcfg_reserved, &mmcfg);
    check("a nonsensical ECAM window is refused", rc < 0 || on_xen(),
          "%ld", rc);
    check_eq("eoi is not for PVH", physdev_op(PHYSDEVOP_eoi, &eoi),
             -XEN_ENOSYS);
    check_eq("map_pirq is not for PVH",
             physdev_op(PHYSDEVOP_map_pirq, &irq), -XEN_ENOSYS);
    check_eq("unknown op", physdev_op(99, &irq), -XEN_ENOSYS);
    check_eq("unmapped argument",
             physdev_op(PHYSDEVOP_pci_device_add, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

static void console(void)
{
    static char in[16];

    check_eq("write", hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write,
                                 1, (uint64_t)"\n"), 0);
    check_eq("write of nothing",
             hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 0,
                        (uint64_t)"x"), 0);
    check_eq("write from nowhere",
             hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 8,
                        MM_WINDOW), -XEN_EFAULT);
    check_eq("read with no input",
             hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(in),
                        (uint64_t)in), 0);
    check_eq("unknown op",
             hypercall3(__HYPERVISOR_console_io, 9, 0, 0), -XEN_ENOSYS);
}

TEST(platform, "platform_op, physdev_op and console_io", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    platform();
    physdev();
    console();
}
