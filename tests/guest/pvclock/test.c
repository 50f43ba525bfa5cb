/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: the paravirtual clock, wall clock, one-shot and periodic timers,
 * set_timer_op. Bounds are wide: the emulator's host may be busy.
 * Public headers "xen.h" (vcpu_time_info) and "vcpu.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define MS      1000000ull
#define LATE_MS 200

static uint32_t port;

static int64_t singleshot(uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer t = {
        .timeout_abs_ns = at,
        .flags = flags,
    };

    return vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
}

static void clock(void)
{
    const volatile struct vcpu_time_info *t = &shared_vcpu_info(0)->time;
    uint64_t last = shared_now_ns();
    unsigned int backwards = 0;

    check_eq("version is even", t->version & 1, 0);
    CHECK("multiplier is set", t->tsc_to_system_mul != 0);
    for (unsigned int i = 0; i < 20000; i++) {
        const uint64_t now = shared_now_ns();

        backwards += now < last;
        last = now;
    }
    check_eq("system time never goes back", backwards, 0);
    /* Boot took less than ten minutes. */
    check("system time counts from boot", last < 600000 * MS, "%lu", last);
}

static void wall_clock(void)
{
    const uint32_t v = shared_info->wc_version;
    const uint64_t sec = shared_info->wc_sec |
                         (uint64_t)shared_info->wc_sec_hi << 32;

    check_eq("wall clock version is even", v & 1, 0);
    /* Between 2000 and 2100; the beds set their clocks so. */
    check("wall clock is sane", sec > 940000000 && sec < 4102444800ull,
          "%lu", sec);
    CHECK("wall clock nanoseconds", shared_info->wc_nsec < 1000000000);
}

static void wait_for(uint32_t count, uint64_t limit_ms)
{
    const uint64_t end = shared_now_ns() + limit_ms * MS;

    while (evtchn_count[port] < count && shared_now_ns() < end) {
        irq_window();
    }
}

static void one_shot(void)
{
    const uint64_t at = shared_now_ns() + 5 * MS;
    uint64_t now;

    evtchn_count[port] = 0;
    check_eq("set in 5 ms", singleshot(at, 0), 0);
    while (!evtchn_count[port]) {
        sti_hlt_cli();
    }
    now = shared_now_ns();
    check_eq("one event", evtchn_count[port], 1);
    check("not early", now + 1000 >= at, "%lu ns early", at - now);
    check("not too late", now < at + LATE_MS * MS, "%lu ns late", now - at);
    shared_delay_ns(5 * MS);
    irq_window();
    check_eq("and no second", evtchn_count[port], 1);
    check_eq("set in the past", singleshot(1, 0), 0);
    wait_for(2, LATE_MS);
    check_eq("fires at once", evtchn_count[port], 2);
    singleshot(shared_now_ns() + 5 * MS, 0);
    check_eq("stop", vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    shared_delay_ns(10 * MS);
    irq_window();
    check_eq("stopped: nothing comes", evtchn_count[port], 2);
    check_eq("far future", singleshot(~0ull >> 1, 0), 0);
    irq_window();
    check_eq("nothing yet", evtchn_count[port], 2);
    vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
}

static void periodic(void)
{
    struct vcpu_set_periodic_timer t = { .period_ns = 2 * MS };
    uint64_t begin;

    evtchn_count[port] = 0;
    check_eq("set a period of 2 ms",
             vcpu_op(VCPUOP_set_periodic_timer, 0, &t), 0);
    begin = shared_now_ns();
    wait_for(5, 10 * LATE_MS);
    check_eq("five ticks", evtchn_count[port] >= 5, true);
    check("not faster than asked", shared_now_ns() - begin >= 7 * MS,
          "%lu", shared_now_ns() - begin);
    check_eq("stop", vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    irq_window();
    evtchn_count[port] = 0;
    shared_delay_ns(10 * MS);
    irq_window();
    check_eq("stopped", evtchn_count[port], 0);
    t.period_ns = 100;
    check_eq("a period below 1 ms",
             vcpu_op(VCPUOP_set_periodic_timer, 0, &t), -XEN_EINVAL);
}

static void set_timer(void)
{
    const uint64_t at = shared_now_ns() + 3 * MS;

    evtchn_count[port] = 0;
    check_eq("set_timer_op",
             hypercall2(__HYPERVISOR_set_timer_op, at, 0), 0);
    while (!evtchn_count[port]) {
        sti_hlt_cli();
    }
    check_eq("fires", evtchn_count[port], 1);
    CHECK("not early", shared_now_ns() + 1000 >= at);
    check_eq("0 disarms", hypercall2(__HYPERVISOR_set_timer_op, 0, 0), 0);
}

TEST(pvclock, "Paravirtual clock, wall clock and timers", 0)
{
    evtchn_reset();
    clock();
    wall_clock();
    port = (uint32_t)evtchn_bind_virq(VIRQ_TIMER, 0);
    evtchn_unmask_raw(port);
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    irq_window();
    one_shot();
    periodic();
    set_timer();
    evtchn_close(port);
}
