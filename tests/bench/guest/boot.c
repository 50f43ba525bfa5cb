/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot and memory rows. The clock that both GRUB and the guest can read is
 * the wall clock of an Intel HDA controller (24 MHz from reset, register
 * 0x30): the runner puts one at a known slot and subtracts what GRUB read.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/console.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/sysctl.h>

#define HDA_CONFIG  0x80001800u     /* 00:03.0 */
#define HDA_CLASS   0x0403u
#define HDA_WALCLK  0x30

static uint32_t wall_clock;
static bool has_wall_clock;

static uint32_t pci_read(uint32_t reg)
{
    outl(0xcf8, HDA_CONFIG | reg);
    return inl(0xcfc);
}

/* First thing in C, before the library does anything. */
void guest_early(void)
{
    uint32_t bar;

    if (pci_read(8) >> 16 != HDA_CLASS) {
        return;
    }
    bar = pci_read(0x10) & ~0xfu;
    wall_clock = mmio_read32((void *)(uint64_t)(bar + HDA_WALCLK));
    has_wall_clock = true;
}

void bench_boot(void)
{
    static struct xen_sysctl ctl;
    int64_t rc;

    if (has_wall_clock) {
        kprintf("BENCH boot_wall_clock %u\n", wall_clock);
    }
    memset(&ctl, 0, sizeof(ctl));
    ctl.cmd = XEN_SYSCTL_physinfo;
    ctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    rc = hypercall2(__HYPERVISOR_sysctl, (uint64_t)&ctl, 0);
    if (rc) {
        bench_missing("memory", "sysctl physinfo fails");
        return;
    }
    kprintf("BENCH memory_pages total %lu free %lu own %ld\n",
            ctl.u.physinfo.total_pages, ctl.u.physinfo.free_pages,
            memory_op(XENMEM_current_reservation, &(domid_t){DOMID_SELF}));
}
