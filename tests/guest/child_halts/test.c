/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a PVH domain with several vCPUs powers off: all of them are down or
 * halted without interrupts, in any order; one that is left goes on alone.
 * Public header "vcpu.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/sched.h>
#include <xen/vcpu.h>

#define VCPUS 3u

static struct child c;

/* cli; hlt; jmp back to hlt */
static const uint8_t halt[] = { 0xfa, 0xf4, 0xeb, 0xfd };

static bool boot(void)
{
    static const struct child_config cfg = { .vcpus = VCPUS };

    return child_create(&c, &cfg) == 0 && child_start(&c, VCPUS) == 0 &&
           domctl_plain(XEN_DOMCTL_unpausedomain, c.domid) == 0 &&
           child_is_alive(&c);
}

static uint32_t online(void)
{
    struct xen_domctl_getdomaininfo info;

    return child_info(c.domid, &info) ? info.nr_online_vcpus : 0;
}

static void wait_online(const char *name, uint32_t want)
{
    for (unsigned int i = 0; i < 200 && online() != want; i++) {
        child_relax(10000000);
    }
    check_eq(name, online(), want);
}

static void halt_all(void)
{
    child_send(&c, 2, halt, sizeof(halt), 0, 0);
    wait_online("one halts for good", VCPUS - 1);
    CHECK("the others run", child_is_alive(&c));
    child_send(&c, 1, halt, sizeof(halt), 0, 0);
    child_send(&c, 0, halt, sizeof(halt), 0, 0);
    check_eq("all halt: it is off", child_wait_shutdown(&c),
             SHUTDOWN_poweroff);
}

static void down_and_halt(void)
{
    check_eq("VCPUOP_down", child_hypercall(&c, __HYPERVISOR_vcpu_op,
                                            VCPUOP_down, 1, 0), 0);
    check_eq("of the other", child_hypercall(&c, __HYPERVISOR_vcpu_op,
                                             VCPUOP_down, 2, 0), 0);
    wait_online("two are down", 1);
    CHECK("the last runs", child_is_alive(&c));
    check_eq("VCPUOP_up", child_hypercall(&c, __HYPERVISOR_vcpu_op,
                                          VCPUOP_up, 1, 0), 0);
    wait_online("one comes back", 2);
    check_eq("and goes", child_hypercall(&c, __HYPERVISOR_vcpu_op,
                                         VCPUOP_down, 1, 0), 0);
    child_send(&c, 0, halt, sizeof(halt), 0, 0);
    check_eq("the last halts: it is off", child_wait_shutdown(&c),
             SHUTDOWN_poweroff);
}

TEST(child_halts, "Power off of a domain with several vCPUs", TEST_DOM0)
{
    if (boot()) {
        halt_all();
        CHECK("it goes", child_destroy(&c));
    }
    if (CHECK("another", boot())) {
        down_and_halt();
        CHECK("it goes", child_destroy(&c));
    }
}
