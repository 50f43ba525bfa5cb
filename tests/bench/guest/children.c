/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of two domains: grants and events between them, memory for one, its
 * creation and its end.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/x86.h>

#include <xen/grant_table.h>

#define REF       8u
#define TABLE_GFN 0x361000ull
#define VIEW_GFN  0x362000ull
#define VIEW_VA   (MM_WINDOW + 0x200000)

#define SHARED_GFN CHILD_GFN_FREE
#define BATCH      512u
#define BATCH_GFN  0x10000ull
#define BIG_GFN    0x20000ull
#define BIG_ORDER  9u
#define BIG_MIB    256u
#define ROUNDS     16u

static struct child c;
static unsigned int failures;
static uint8_t *page_to;
static uint32_t port;
static xen_pfn_t frames[BATCH];

static int64_t remove(uint64_t gfn)
{
    struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = gfn };

    return memory_op(XENMEM_remove_from_physmap, &r);
}

static bool grant_page(void)
{
    xen_pfn_t at = TABLE_GFN;
    struct xen_mem_acquire_resource r = {
        .domid = c.domid,
        .type = XENMEM_resource_grant_table,
        .nr_frames = 1,
    };
    volatile struct grant_entry_v1 *table;

    set_xen_guest_handle(r.frame_list, &at);
    if (memory_op(XENMEM_acquire_resource, &r)) {
        return false;
    }
    table = mm_map(VIEW_VA, TABLE_GFN << PAGE_SHIFT, PTE_RW);
    table[REF].frame = CHILD_GFN_SCRATCH;
    table[REF].domid = 0;
    barrier();
    table[REF].flags = GTF_permit_access;
    return remove(TABLE_GFN) == 0;
}

static uint64_t sample_copy(void)
{
    struct gnttab_copy op = {
        .source = { .u.ref = REF, .domid = c.domid },
        .dest = { .u.gmfn = mm_gfn(page_to), .domid = DOMID_SELF },
        .len = PAGE_SIZE,
        .flags = GNTCOPY_source_gref,
    };
    const uint64_t begin = rdtsc();
    uint64_t end;

    grant_op(GNTTABOP_copy, &op, 1);
    end = rdtsc();
    failures += op.status != GNTST_okay;
    return bench_span(begin, end);
}

static uint64_t sample_map_unmap(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = VIEW_GFN << PAGE_SHIFT,
        .flags = GNTMAP_host_map,
        .ref = REF,
        .dom = c.domid,
    };
    struct gnttab_unmap_grant_ref unmap = {
        .host_addr = VIEW_GFN << PAGE_SHIFT,
    };
    const uint64_t begin = rdtsc();
    uint64_t end;

    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    unmap.handle = map.handle;
    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    end = rdtsc();
    failures += map.status != GNTST_okay || unmap.status != GNTST_okay;
    return bench_span(begin, end);
}

/* Map a frame of the child and unmap it, as the tools do with each. */
static uint64_t sample_foreign(void)
{
    const uint64_t begin = rdtsc();
    uint64_t end;
    bool ok;

    ok = child_map(&c, CHILD_GFN_SCRATCH, NULL) != NULL;
    ok = child_unmap(&c, CHILD_GFN_SCRATCH) == 0 && ok;
    end = rdtsc();
    failures += !ok;
    return bench_span(begin, end);
}

static int64_t reserve(unsigned int op, unsigned int n, unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .extent_order = order,
        .domid = c.domid,
    };

    set_xen_guest_handle(r.extent_start, frames);
    return memory_op(op, &r);
}

/* Per page, in batches of 512 single pages. */
static uint64_t sample_populate(void)
{
    uint64_t begin;
    uint64_t end;

    for (unsigned int i = 0; i < BATCH; i++) {
        frames[i] = BATCH_GFN + i;
    }
    begin = rdtsc();
    failures += reserve(XENMEM_populate_physmap, BATCH, 0) != BATCH;
    end = rdtsc();
    failures += reserve(XENMEM_decrease_reservation, BATCH, 0) != BATCH;
    return bench_span(begin, end) / BATCH;
}

static void set_max(void)
{
    struct xen_domctl op = { 0 };

    op.u.max_mem.max_memkb = 1u << 22;
    domctl(&op, XEN_DOMCTL_max_mem, c.domid);
}

/* From the hypercall until the domain is gone; one of 256 MiB by pages of
 * 2 MiB, as the tools ask for them. */
static uint64_t sample_destroy(void)
{
    struct xen_domctl_getdomaininfo info;
    uint64_t begin;
    uint64_t end;

    if (child_create_bare(&c, NULL) || child_set_sizes(&c, NULL)) {
        failures++;
        return 0;
    }
    set_max();
    for (unsigned int i = 0; i < BIG_MIB / 2; i++) {
        frames[i] = BIG_GFN + ((uint64_t)i << BIG_ORDER);
    }
    failures += reserve(XENMEM_populate_physmap, BIG_MIB / 2, BIG_ORDER) !=
                BIG_MIB / 2;
    begin = rdtsc();
    failures += domctl_plain(XEN_DOMCTL_destroydomain, c.domid) != 0;
    while (child_info(c.domid, &info)) {
        sched_op(SCHEDOP_yield, NULL);
    }
    end = rdtsc();
    return bench_span(begin, end) * (1024 / BIG_MIB);
}

/* All but what the parent does itself, filling the pages. */
static uint64_t sample_create(void)
{
    uint64_t begin = rdtsc();
    uint64_t span;

    if (child_create_bare(&c, NULL) || child_set_sizes(&c, NULL)) {
        failures++;
        return 0;
    }
    span = bench_span(begin, rdtsc());
    failures += child_fill(&c) != 0;
    begin = rdtsc();
    if (child_start(&c, 1) ||
        domctl_plain(XEN_DOMCTL_unpausedomain, c.domid)) {
        failures++;
        child_destroy(&c);
        return 0;
    }
    while (!c.mailbox->idle) {
        sched_op(SCHEDOP_yield, NULL);
    }
    span += bench_span(begin, rdtsc());
    child_destroy(&c);
    return span;
}

/* In: the child runs. Its vCPU then does nothing but answer. */
static bool start_echo(void)
{
    /* mov $0x1b, %ecx; rdmsr; or $0xc00, %eax; wrmsr;
     * mov $0x80f, %ecx; mov $0x1ff, %eax; xor %edx, %edx; wrmsr; ret */
    static const uint8_t x2apic[] = {
        0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x0d, 0, 0x0c, 0, 0, 0x0f, 0x30,
        0xb9, 0x0f, 0x08, 0, 0, 0xb8, 0xff, 0x01, 0, 0, 0x31, 0xd2, 0x0f,
        0x30, 0xc3,
    };
    const uint64_t gpa = (uint64_t)SHARED_GFN << PAGE_SHIFT;
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
        .gpfn = SHARED_GFN,
    };
    struct xen_hvm_evtchn_upcall_vector vec = {
        .vector = CHILD_VEC_EVTCHN,
    };
    struct evtchn_bind_interdomain bind = { .remote_dom = 0 };

    port = (uint32_t)evtchn_alloc_unbound(DOMID_SELF, c.domid);
    bind.remote_port = port;
    child_run(&c, 0, x2apic, sizeof(x2apic), 0, 0);
    /* Binding makes the port pending, which is to be ended, too. */
    c.mailbox->eoi = 1;
    c.mailbox->vcpu_info = gpa;
    if (child_op(&c, __HYPERVISOR_memory_op, XENMEM_add_to_physmap, &xatp,
                 sizeof(xatp)) ||
        child_op(&c, __HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector,
                 &vec, sizeof(vec)) ||
        child_op(&c, __HYPERVISOR_event_channel_op,
                 EVTCHNOP_bind_interdomain, &bind, sizeof(bind))) {
        return false;
    }
    child_poke(&c, gpa + 8, 0);
    child_poke(&c, gpa + 2048, 0);
    child_poke(&c, gpa + 0xff8, bind.local_port);
    child_poke(&c, gpa, 0);
    child_jump(&c, 0, child_echo, gpa + 0xff8, gpa);
    child_relax(5000000);
    return true;
}

static void round_trip(void)
{
    const uint32_t seen = evtchn_count[port];

    evtchn_send(port);
    while (evtchn_count[port] == seen) {
        sti_hlt_cli();
    }
}

static uint64_t sample_round(void)
{
    return bench_loop(round_trip, ROUNDS);
}

static void row(const char *id, uint64_t (*sample)(void))
{
    failures = 0;
    sample();
    if (failures) {
        bench_missing(id, "the operation fails");
    } else {
        bench_row(id, sample);
    }
}

static void memory_rows(void)
{
    page_to = mm_alloc(1);
    if (child_create(&c, NULL) || !grant_page()) {
        bench_missing("pair_grant_copy", "no child domain");
        return;
    }
    row("pair_grant_copy", sample_copy);
    row("pair_grant_map", sample_map_unmap);
    row("pair_foreign", sample_foreign);
    set_max();
    row("pair_populate", sample_populate);
    child_destroy(&c);
    row("pair_destroy", sample_destroy);
}

void bench_children(void)
{
    memory_rows();
    row("pair_create", sample_create);
    if (failures || !child_boot(&c, NULL)) {
        bench_missing("pair_event", "no child domain runs");
        return;
    }
    if (start_echo()) {
        evtchn_unmask_raw(port);
        irq_window();
        row("pair_event", sample_round);
    } else {
        bench_missing("pair_event", "the child cannot be set up");
    }
    child_destroy(&c);
}
