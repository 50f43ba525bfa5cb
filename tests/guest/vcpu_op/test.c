/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VCPUOPs on the own vCPU: runstate, vcpu_info, time area, physid, is_up,
 * and what is refused.
 * Public header "vcpu.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define MS 1000000ull

static volatile struct vcpu_runstate_info area;

static uint64_t total(const volatile struct vcpu_runstate_info *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void blocked_time(void)
{
    static struct vcpu_runstate_info info;
    struct vcpu_set_singleshot_timer t = { 0 };
    const uint32_t port = (uint32_t)evtchn_bind_virq(VIRQ_TIMER, 0);
    uint64_t blocked;

    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    evtchn_unmask_raw(port);
    irq_window();
    vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    blocked = info.time[RUNSTATE_blocked];
    evtchn_count[port] = 0;
    t.timeout_abs_ns = shared_now_ns() + 20 * MS;
    vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
    while (!evtchn_count[port]) {
        sti_hlt_cli();
    }
    vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    blocked = info.time[RUNSTATE_blocked] - blocked;
    check("a sleep of 20 ms is time blocked",
          blocked >= MS && blocked <= 1000 * MS, "%lu", blocked);
    check_eq("the area follows", (int64_t)area.time[RUNSTATE_blocked],
             (int64_t)info.time[RUNSTATE_blocked]);
    evtchn_close(port);
}

static void runstate(void)
{
    static struct vcpu_runstate_info info;
    struct vcpu_register_runstate_memory_area reg;
    const uint64_t before = shared_now_ns();
    uint64_t sum;

    check_eq("get_runstate_info",
             vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0);
    check_eq("this vCPU is running", info.state, RUNSTATE_running);
    CHECK("it has run", info.time[RUNSTATE_running] > 0);
    CHECK("it entered this state in the past",
          info.state_entry_time <= shared_now_ns());
    sum = total(&info);
    shared_delay_ns(MS);
    vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    sum = total(&info) - sum;
    check("the four times grow as time does",
          sum >= MS && sum <= shared_now_ns() - before, "%lu", sum);
    reg.addr.v = (struct vcpu_runstate_info *)(uintptr_t)&area;
    check_eq("register the runstate area",
             vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
    check_eq("filled at once", area.state, RUNSTATE_running);
    blocked_time();
    reg.addr.v = (void *)MM_WINDOW;
    mm_map(MM_WINDOW, 0, 0);
    check("an unmapped area does no harm",
          vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg) <= 0, "-");
    reg.addr.v = (struct vcpu_runstate_info *)(uintptr_t)&area;
    vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg);
}

static void queries(void)
{
    struct vcpu_get_physid physid = { 0 };
    int64_t rc;

    check_eq("is_up", vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check_eq("is_up of an absent vCPU", vcpu_op(VCPUOP_is_up, 200, NULL),
             -XEN_ENOENT);
    rc = vcpu_op(VCPUOP_get_physid, 0, &physid);
    check("get_physid is refused unless pinned", rc == -XEN_EINVAL ||
          rc == -XEN_ENOSYS || rc == 0, "%ld", rc);
    check_eq("up of a vCPU that is up", vcpu_op(VCPUOP_up, 0, NULL), 0);
    check_eq("unknown op", vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    check_eq("stop_periodic_timer",
             vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    check_eq("stop_singleshot_timer",
             vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    check_eq("timer with an unmapped argument",
             vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

static void vcpu_info_errors(uint64_t gfn)
{
    struct vcpu_register_vcpu_info reg = { .mfn = gfn, .offset = 4090 };

    check_eq("vcpu_info across the page's end",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_ENXIO);
    reg.offset = 12;
    check_eq("vcpu_info not aligned",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_ENXIO);
    reg.offset = 0;
    reg.mfn = 0x390000;
    check_eq("vcpu_info in a hole",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
    reg.mfn = gfn;
    check_eq("vcpu_info of an absent vCPU",
             vcpu_op(VCPUOP_register_vcpu_info, 200, &reg), -XEN_ENOENT);
}

static void vcpu_info(void)
{
    static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));
    struct vcpu_register_vcpu_info reg = {
        .mfn = mm_gfn(page),
        .offset = 1024,
    };
    const uint32_t mul = shared_vcpu_info(0)->time.tsc_to_system_mul;

    vcpu_info_errors(mm_gfn(page));
    check_eq("register vcpu_info",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), 0);
    shared_set_vcpu_info(0, (struct vcpu_info *)(page + 1024));
    check_eq("the clock came along",
             shared_vcpu_info(0)->time.tsc_to_system_mul, mul);
    CHECK("an upcall is pending, so that nothing gets lost",
          shared_vcpu_info(0)->evtchn_upcall_pending);
    irq_window();
    CHECK("upcall is taken", !shared_vcpu_info(0)->evtchn_upcall_pending);
    check_eq("only once in a life",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
}

TEST(vcpu_op, "VCPUOPs: runstate, vcpu_info, queries, refusals", 0)
{
    evtchn_reset();
    runstate();
    queries();
    vcpu_info();
}
