/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest has booted: start_info is sane, a hypercall returns, an
 * exception is caught both ways, time goes forward.
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

static void execute_ud2(void *arg)
{
    (void)arg;
    asm volatile("ud2");
}

TEST(hello, "The guest boots, traps and calls", 0)
{
    uint64_t val;
    uint64_t before;

    check_eq("start_info magic", shared_start_info.magic,
             XEN_HVM_START_MAGIC_VALUE);
    check_eq("xen_version", xen_version(XENVER_version, NULL), 0x40011);
    check_fault("ud2", trap_try(execute_ud2, NULL), FAULT_UD);
    check_fault("rdmsr of nothing", rdmsr_safe(0x12345678, &val), FAULT_GP);
    before = shared_now_ns();
    shared_delay_ns(10000);
    CHECK("clock goes on", shared_now_ns() >= before + 10000);
}
