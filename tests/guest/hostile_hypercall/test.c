/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every hypercall number with garbage: bad pointers of each kind, a valid
 * page of garbage, and each sub-op of the hypercalls that have some. Left
 * out is only what would, rightly, end or stop the caller.
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define GARBAGE    0x5a
#define SUBOPS     100
#define ERRNO_MAX  4095
#define PAGES      64
#define SCHED_COMPAT 6
#define ACPI_SLEEP   51

static uint8_t *page;
static uint64_t pointers[8];
static unsigned int calls;
static unsigned int accepted;
static unsigned int odd;

static void fill(void)
{
    memset(page, GARBAGE, PAGES * PAGE_SIZE);
}

/* Before calls with pointers[@p]: only the last one is that of the page. */
static void fill_for(unsigned int p)
{
    if (p == 7) {
        fill();
    }
}

/* May something be read there? Xen walks non-canonical addresses, too. */
static bool is_readable(uint64_t p)
{
    return (p & ((1ull << 48) - 1)) < 1ull << 32;
}

static bool is_garbage(uint64_t p)
{
    return p == (uint64_t)page;
}

/* What ends, stops or silences the caller when it succeeds. */
static bool is_left_out(uint64_t nr, uint64_t op, uint64_t a2, uint64_t a3)
{
    switch (nr) {
    case __HYPERVISOR_console_io:
        return op == 0 && a2 != 0 && is_readable(a3);
    case __HYPERVISOR_sched_op:
        return op == SCHEDOP_block || op == SCHEDOP_shutdown_code ||
               (op == SCHEDOP_shutdown && is_readable(a2)) ||
               ((op == SCHEDOP_poll || op == SCHEDOP_remote_shutdown ||
                 op == SCHEDOP_watchdog) &&
                is_readable(a2) && !is_garbage(a2));
    case SCHED_COMPAT:
        return op <= 2;
    case __HYPERVISOR_vcpu_op:
        return op == VCPUOP_down && (uint32_t)a2 < 8;
    case __HYPERVISOR_physdev_op:
        /* Real Xen panics when a PCI device without vPCI is removed. */
        return on_xen() && is_readable(a2);
    case __HYPERVISOR_platform_op:
        return op == ACPI_SLEEP;
    default:
        return false;
    }
}

static void call(uint64_t nr, uint64_t a1, uint64_t a2, uint64_t a3,
                 uint64_t a4)
{
    int64_t rc;

    if (is_left_out(nr, a1, a2, a3)) {
        return;
    }
    rc = hypercall5(nr, a1, a2, a3, a4, GARBAGE);
    calls++;
    accepted += rc >= 0;
    if (rc < -ERRNO_MAX) {
        odd++;
        kprintf("note: hypercall %lu(%lx, %lx, %lx): %lx\n", nr, a1, a2, a3,
                (uint64_t)rc);
    }
}

static void set_up_pointers(void)
{
    page = mm_alloc(PAGES);
    mm_map(MM_WINDOW, 0, 0);
    /* Xen takes this one for address 0. */
    pointers[0] = on_xen() ? MM_WINDOW + 8 : 0x1000000000000ull;
    pointers[1] = MM_WINDOW;
    pointers[2] = 0xffffffffffffffffull;
    pointers[3] = 0xffff800000000000ull;
    pointers[4] = 0xffffffff80000000ull;
    pointers[5] = 0x7fffffffffff8ull;
    pointers[6] = MM_WINDOW - 4;
    pointers[7] = (uint64_t)page;
}

static void plain_numbers(void)
{
    for (uint64_t nr = 0; nr < 64; nr++) {
        for (unsigned int i = 0; i < 8; i++) {
            fill_for(i);
            call(nr, pointers[i], pointers[(i + 1) % 7],
                 pointers[(i + 2) % 7], pointers[(i + 3) % 7]);
        }
    }
}

static void sub_ops(void)
{
    static const uint8_t two[] = {
        __HYPERVISOR_memory_op, __HYPERVISOR_xen_version,
        __HYPERVISOR_event_channel_op, __HYPERVISOR_sched_op,
        __HYPERVISOR_hvm_op, __HYPERVISOR_physdev_op,
        __HYPERVISOR_callback_op, __HYPERVISOR_nmi_op,
        __HYPERVISOR_xenpmu_op, __HYPERVISOR_vm_assist,
    };
    static const uint8_t three[] = {
        __HYPERVISOR_vcpu_op, __HYPERVISOR_grant_table_op,
        __HYPERVISOR_mmuext_op, __HYPERVISOR_console_io,
        __HYPERVISOR_argo_op, __HYPERVISOR_dm_op,
        __HYPERVISOR_hypfs_op,
    };

    for (uint64_t op = 0; op < SUBOPS; op++) {
        for (unsigned int p = 0; p < 8; p++) {
            for (unsigned int i = 0; i < sizeof(two); i++) {
                fill_for(p);
                call(two[i], op, pointers[p], 0, 0);
            }
            for (unsigned int i = 0; i < sizeof(three); i++) {
                fill_for(p);
                call(three[i], op, pointers[p], 3, 0);
                call(three[i], op, 1, pointers[p], 0);
                call(three[i], op, 0x80000000u, pointers[p], 0);
            }
        }
    }
}

/* Control hypercalls with the right version, so that they get further. */
static void versioned(void)
{
    for (uint32_t cmd = 0; cmd < SUBOPS; cmd++) {
        for (unsigned int nr = 0; nr < 3; nr++) {
            static const uint8_t numbers[] = {
                __HYPERVISOR_domctl, __HYPERVISOR_sysctl,
                __HYPERVISOR_platform_op,
            };
            static const uint32_t versions[] = {
                XEN_DOMCTL_INTERFACE_VERSION, XEN_SYSCTL_INTERFACE_VERSION,
                0x03000000,
            };

            if (nr == 2 && is_left_out(numbers[nr], cmd, 0, 0)) {
                continue;
            }
            fill();
            memcpy(page, &cmd, 4);
            memcpy(page + 4, &versions[nr], 4);
            call(numbers[nr], (uint64_t)page, 0, 0, 0);
        }
    }
}

static void multicalls(void)
{
    fill();
    call(__HYPERVISOR_multicall, (uint64_t)page, 100, 0, 0);
    call(__HYPERVISOR_multicall, pointers[6], 100, 0, 0);
}

TEST(hostile_hypercall, "Every hypercall with garbage", TEST_HOSTILE)
{
    uint32_t port;

    set_up_pointers();
    plain_numbers();
    sub_ops();
    versioned();
    multicalls();
    kprintf("note: %u calls, %u did not fail\n", calls, accepted);
    check_eq("every result is a success or an errno", odd, 0);
    check_eq("the hypervisor lives", xen_version(XENVER_version, NULL),
             0x40011);
    evtchn_reset();
    evtchn_init_cpu();
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    shared_vcpu_info(0)->evtchn_upcall_pending = 0;
    port = (uint32_t)evtchn_bind_ipi(0);
    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    evtchn_send(port);
    irq_window();
    check_eq("events still come", evtchn_count[port], 1);
    evtchn_close(port);
}
