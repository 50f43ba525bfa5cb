/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several vCPUs: start by INIT-SIPI, IPIs of each kind between them, event
 * channels across, down and up, page-table changes seen by the other.
 * Intel SDM, "Multiple-Processor Management"; public header "vcpu.h".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define VEC 0x77
#define VA  (MM_WINDOW + 0x40000)
#define MS  1000000ull

static volatile uint32_t hits[GUEST_MAX_CPUS];

static void on_irq(struct trap_frame *f)
{
    (void)f;
    hits[this_cpu()->id]++;
    apic_eoi();
}

/* Wait up to 200 ms; vCPU 1 may share this CPU. */
static bool wait_for(const volatile uint32_t *p, uint32_t want)
{
    const uint64_t end = shared_now_ns() + 200 * MS;

    while (*p != want && shared_now_ns() < end) {
        irq_window();
        sched_op(SCHEDOP_yield, NULL);
    }
    return *p == want;
}

static void look_around(void *arg)
{
    uint32_t *r = arg;

    r[0] = this_cpu()->id;
    r[1] = apic_read(APIC_ID);
    r[2] = cpuid(1, 0).ebx >> 24;
    r[3] = cpuid(0x40000004, 0).ebx;
    r[4] = !!(rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP);
    r[5] = (uint32_t)vcpu_op(VCPUOP_is_up, 1, NULL);
}

static void bring_up(void)
{
    static uint32_t r[6];

    check_eq("vCPU 1 is down at first", vcpu_op(VCPUOP_is_up, 1, NULL),
             guest_cpu_area[1].online);
    if (!check("it starts", smp_start(1), "not within a second")) {
        test_abort("no second vCPU");
    }
    check_eq("is_up", vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    smp_call(1, look_around, r);
    smp_wait(1);
    check_eq("id of its own", r[0], 1);
    check_eq("APIC id", r[1], smp_apic_id(1));
    check_eq("APIC id in CPUID", r[2], smp_apic_id(1));
    check_eq("vCPU id in CPUID", r[3], 1);
    check_eq("not the boot processor", r[4], 0);
    check_eq("is_up as it sees it", r[5], 1);
}

static void ipis(void)
{
    trap_irq_handlers[VEC] = on_irq;
    hits[0] = 0;
    hits[1] = 0;
    apic_send(smp_apic_id(1), VEC);
    CHECK("fixed, by id", wait_for(&hits[1], 1));
    apic_send(0, APIC_ICR_OTHERS | VEC);
    CHECK("all but self", wait_for(&hits[1], 2));
    apic_send(0, APIC_ICR_ALL | VEC);
    CHECK("all: the other", wait_for(&hits[1], 3));
    CHECK("all: self", wait_for(&hits[0], 1));
    apic_send(1u << smp_apic_id(1), APIC_ICR_LOGICAL | VEC);
    CHECK("logical, cluster 0", wait_for(&hits[1], 4));
    check_eq("and nobody else got one", hits[0], 1);
    guest_cpu_area[1].nmi_count = 0;
    apic_send(smp_apic_id(1), APIC_DM_NMI | APIC_ICR_ASSERT);
    CHECK("NMI wakes it from HLT",
          wait_for(&guest_cpu_area[1].nmi_count, 1));
    trap_irq_handlers[VEC] = NULL;
}

static void events(void)
{
    uint32_t port = (uint32_t)evtchn_bind_ipi(1);
    struct evtchn_bind_vcpu bind = { .vcpu = 1 };
    uint32_t peer;

    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    evtchn_send(port);
    CHECK("event on the other vCPU", wait_for(&evtchn_count[port], 1));
    evtchn_close(port);
    port = (uint32_t)evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
    peer = (uint32_t)evtchn_bind_interdomain(DOMID_SELF, port);
    evtchn_mask(peer);
    irq_window();
    bind.port = port;
    check_eq("move a port there", evtchn_op(EVTCHNOP_bind_vcpu, &bind), 0);
    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    evtchn_send(peer);
    CHECK("it arrives there", wait_for(&evtchn_count[port], 1));
    CHECK("not here", !shared_vcpu_info(0)->evtchn_upcall_pending);
    evtchn_close(port);
    evtchn_close(peer);
}

static void read_va(void *arg)
{
    *(uint32_t *)arg = *(volatile uint32_t *)VA;
}

static void try_va(void *arg)
{
    ((uint32_t *)arg)[1] = read32_safe((void *)VA, arg);
}

static void flush(struct trap_frame *f)
{
    (void)f;
    write_cr3(read_cr3());
    hits[this_cpu()->id]++;
    apic_eoi();
}

static void page_tables(void)
{
    uint32_t *one = mm_alloc(1);
    uint32_t *two = mm_alloc(1);
    static uint32_t seen[2];

    *one = 111;
    *two = 222;
    mm_map(VA, (uint64_t)one, PTE_RW);
    smp_call(1, read_va, seen);
    smp_wait(1);
    check_eq("the other vCPU sees a mapping", seen[0], 111);
    mm_map(VA, (uint64_t)two, PTE_RW);
    trap_irq_handlers[VEC] = flush;
    hits[1] = 0;
    apic_send(smp_apic_id(1), VEC);
    wait_for(&hits[1], 1);
    smp_call(1, read_va, seen);
    smp_wait(1);
    check_eq("and its change after a shootdown", seen[0], 222);
    mm_map(VA, 0, 0);
    apic_send(smp_apic_id(1), VEC);
    wait_for(&hits[1], 2);
    smp_call(1, try_va, seen);
    smp_wait(1);
    check_fault("and its removal", seen[1], FAULT(TRAP_PF, 0));
    trap_irq_handlers[VEC] = NULL;
}

static void physmap_changes(void)
{
    uint32_t *page = mm_alloc(1);
    xen_pfn_t gfn = mm_gfn(page);
    struct xen_memory_reservation r = {
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };
    static uint32_t seen[2];

    set_xen_guest_handle(r.extent_start, &gfn);
    mm_map(VA, (uint64_t)page, PTE_RW);
    *page = 333;
    smp_call(1, read_va, seen);
    smp_wait(1);
    check_eq("the other vCPU has it in its TLB", seen[0], 333);
    memory_op(XENMEM_decrease_reservation, &r);
    smp_call(1, try_va, seen);
    smp_wait(1);
    CHECK("a page given back is gone for it at once",
          seen[0] != 333);
    memory_op(XENMEM_populate_physmap, &r);
    mm_map(VA, 0, 0);
}

static void go_down(void *arg)
{
    (void)arg;
    this_cpu()->online = false;
    this_cpu()->work = NULL;
    vcpu_op(VCPUOP_down, 1, NULL);
    for (;;) {
        irq_disable();
        asm volatile("hlt");
    }
}

static void down_and_up(void)
{
    const uint64_t end = shared_now_ns() + 200 * MS;

    check_eq("up of an absent vCPU", vcpu_op(VCPUOP_up, 100, NULL),
             -XEN_ENOENT);
    smp_call(1, go_down, NULL);
    while (vcpu_op(VCPUOP_is_up, 1, NULL) != 0 && shared_now_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
    check_eq("it went down", vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK("and comes again", smp_start(1));
    check_eq("is up", vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    evtchn_reset();
    events();
}

static volatile bool run_away;

static void spin(void *arg)
{
    while (!run_away) {
        (*(volatile uint64_t *)arg)++;
    }
}

/* A vCPU that never exits by itself must not keep the other from running,
 * even on one CPU. */
static void preemption(void)
{
    static volatile uint64_t count;
    const uint64_t begin = shared_now_ns();

    run_away = false;
    smp_call(1, spin, (void *)(uintptr_t)&count);
    while (count < 1000 && shared_now_ns() < begin + 2000 * MS) {
        sched_op(SCHEDOP_yield, NULL);
    }
    CHECK("it spins, and this one runs again", count >= 1000);
    shared_delay_ns(20 * MS);
    run_away = true;
    smp_wait(1);
}

TEST(smp, "Several vCPUs", TEST_SMP)
{
    evtchn_reset();
    bring_up();
    ipis();
    events();
    page_tables();
    physmap_changes();
    preemption();
    down_and_up();
}
