/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_op: yield, block, poll with and without time limit, watchdog,
 * refusals. Shutdown has tests of its own.
 * Public header "sched.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define MS 1000000ull

static int64_t poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
    struct sched_poll p = { .nr_ports = n, .timeout = timeout };

    set_xen_guest_handle(p.ports, ports);
    return sched_op(SCHEDOP_poll, &p);
}

static void polling(void)
{
    evtchn_port_t port = (evtchn_port_t)evtchn_bind_ipi(0);
    evtchn_port_t bad = 4096;
    uint64_t begin;

    evtchn_mask(port);
    evtchn_send(port);
    check_eq("a pending port returns at once", poll(&port, 1, 0), 0);
    CHECK("poll does not consume it", evtchn_is_pending(port));
    evtchn_clear_pending(port);
    /* Both, or what an earlier test left in one keeps the next event out. */
    shared_vcpu_info(0)->evtchn_pending_sel = 0;
    shared_vcpu_info(0)->evtchn_upcall_pending = 0;
    begin = shared_now_ns();
    check_eq("nothing pending: time runs out",
             poll(&port, 1, begin + 5 * MS), 0);
    check("not early", shared_now_ns() + 1000 >= begin + 5 * MS, "%lu",
          shared_now_ns() - begin);
    check_eq("a time already past", poll(&port, 1, 1), 0);
    check_eq("no ports, only time", poll(&port, 0, shared_now_ns() + MS),
             0);
    check_eq("too many ports", poll(&port, 129, 1), -XEN_EINVAL);
    check_eq("port out of range", poll(&bad, 1, 1), -XEN_EINVAL);
    check_eq("unmapped list", poll((void *)MM_WINDOW, 1, 1), -XEN_EFAULT);
    evtchn_close(port);
}

static void blocking(void)
{
    const uint32_t port = (uint32_t)evtchn_bind_virq(VIRQ_TIMER, 0);
    struct vcpu_set_singleshot_timer t;

    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    evtchn_unmask_raw(port);
    irq_window();
    evtchn_count[port] = 0;
    t = (struct vcpu_set_singleshot_timer){
        .timeout_abs_ns = shared_now_ns() + 30 * MS,
    };
    vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
    irq_enable();
    check_eq("block until an event", sched_op(SCHEDOP_block, NULL), 0);
    irq_disable();
    check_eq("the timer woke it", evtchn_count[port], 1);
    evtchn_close(port);
}

static void refusals(void)
{
    struct sched_watchdog dog = { .id = 77, .timeout = 10 };
    struct sched_remote_shutdown remote = { .domain_id = 99 };
    int64_t rc;

    check_eq("unknown op", sched_op(99, NULL), -XEN_ENOSYS);
    check_eq("unmapped poll", sched_op(SCHEDOP_poll, (void *)MM_WINDOW),
             -XEN_EFAULT);
    check_eq("watchdog with a bad id", sched_op(SCHEDOP_watchdog, &dog),
             -XEN_EINVAL);
    dog = (struct sched_watchdog){ .id = 0, .timeout = 100 };
    rc = sched_op(SCHEDOP_watchdog, &dog);
    check("a watchdog", rc == 1 || rc == 2, "%ld", rc);
    dog = (struct sched_watchdog){ .id = (uint32_t)rc, .timeout = 0 };
    check_eq("watchdog off", sched_op(SCHEDOP_watchdog, &dog), 0);
    rc = sched_op(SCHEDOP_remote_shutdown, &remote);
    check_eq("remote_shutdown of nobody", rc, -XEN_ESRCH);
    check_eq("shutdown with an unmapped reason",
             sched_op(SCHEDOP_shutdown, (void *)MM_WINDOW), -XEN_EFAULT);
}

TEST(sched_op, "sched_op: yield, block, poll, watchdog", 0)
{
    mm_map(MM_WINDOW, 0, 0);
    evtchn_reset();
    for (unsigned int i = 0; i < 10; i++) {
        check_quiet("yield", sched_op(SCHEDOP_yield, NULL) == 0, "fails");
    }
    polling();
    blocking();
    refusals();
}
