/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_op: reservations with their continuations, the physical map of the
 * caller and of others, resources, the memory map.
 * Links: core tests/unit/fake_domain.c tests/unit/fake_p2m.c
 * Links: core/domain/access.c core/domain/domain_pages.c
 * Links: core/domain/pod.c
 * Links: core/domain/physmap.c
 * Links: core/evtchn/evtchn.c core/evtchn/evtchn_2l.c
 * Links: core/evtchn/evtchn_bind.c core/evtchn/evtchn_fifo.c
 * Links: core/evtchn/evtchn_op.c core/evtchn/evtchn_send.c
 * Links: core/gnttab/gnttab.c core/gnttab/gnttab_copy.c
 * Links: core/gnttab/gnttab_entry.c core/gnttab/gnttab_map.c
 * Links: core/gnttab/gnttab_pin.c core/gnttab/maptrack.c
 * Links: core/hypercall/memory_op.c core/hypercall/memory_map.c
 * Links: core/hypercall/memory_reservation.c
 * Links: core/hypercall/layout.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/domain/e820.h>
#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/domain/pod.h>
#include <core/gnttab/gnttab.h>
#include <core/hypercall/memory_priv.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <tests/unit/fake_domain.h>
#include <tests/unit/memory_asks.h>
#include <tests/unit/unit.h>

static struct xen_memory_reservation reservation(domid_t domid,
                                                 xen_pfn_t *list,
                                                 unsigned long nr,
                                                 unsigned int order)
{
    struct xen_memory_reservation r = { .nr_extents = nr,
                                        .extent_order = order,
                                        .domid = domid };

    set_xen_guest_handle(r.extent_start, list);
    return r;
}

static void fill(xen_pfn_t *list, unsigned int nr, xen_pfn_t first,
                 unsigned int step)
{
    for (unsigned int i = 0; i < nr; i++) {
        list[i] = first + (xen_pfn_t)i * step;
    }
}

TEST(populate_and_decrease)
{
    xen_pfn_t list[300];
    struct xen_memory_reservation r =
        reservation(DOMID_SELF, list, 300, 0);
    const unsigned long before = (setup(), fake_free_pages());
    unsigned int runs;

    fill(list, 300, 100, 1);
    CHECK_EQ(fake_hypercall(domu->vcpu[0], hcall_memory_op, &runs,
                            XENMEM_populate_physmap, (uintptr_t)&r, 0), 300);
    CHECK_EQ(runs, 5);
    CHECK_EQ(domu->tot_pages, 300);
    CHECK_EQ(fake_p2m_count(domu), 300);
    CHECK_EQ(*(uint64_t *)fake_see(domu, 399), 0);
    /* Again over the same frames: the old pages are given up. */
    memset(fake_see(domu, 100), 'x', 8);
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 300);
    CHECK_EQ(domu->tot_pages, 300);
    CHECK_EQ(*(uint64_t *)fake_see(domu, 100), 0);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 300);
    CHECK_EQ(domu->tot_pages, 0);
    CHECK_EQ(fake_p2m_count(domu), 0);
    CHECK_EQ(fake_free_pages(), before);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 0);
    CHECK_EQ(op(domu, XENMEM_increase_reservation, &r), 300);
    CHECK_EQ(domu->tot_pages, 300);
}

TEST(reservation_refusals)
{
    xen_pfn_t list[3] = { 10, FAKE_GFNS + 5, 11 };
    struct xen_memory_reservation r = reservation(DOMID_SELF, list, 3, 0);

    setup();
    /* The second frame cannot be: one is done, nothing leaks. */
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 1);
    CHECK_EQ(domu->tot_pages, 1);
    r.domid = 0;
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 0);
    r.domid = 6;
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    r.domid = 1;
    list[1] = 12;
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 3);
    r.extent_order = 10;
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    r.extent_order = 0;
    r.mem_flags = XENMEMF_address_bits(20);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    r.mem_flags = XENMEMF_populate_on_demand;
    /* Not for oneself, and not where something is. */
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 0);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    r.mem_flags = XENMEMF_exact_node(1);
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 0);
    r.mem_flags = XENMEMF_node(77);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    r.mem_flags = XENMEMF_address_bits(32);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 3);
    r.mem_flags = 0;
    r.nr_extents = 1ull << 40;
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, NULL), 0);
    /* A forged continuation beyond the end. */
    r.nr_extents = 3;
    CHECK_EQ(op(dom0, XENMEM_populate_physmap | 7 << 6, &r), 7);
    domu->max_pages = domu->tot_pages + 1;
    fill(list, 3, 50, 1);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 1);
}

TEST(large_extents)
{
    xen_pfn_t list[4];
    struct xen_memory_reservation r = reservation(1, list, 4, 9);
    unsigned int runs;

    setup();
    fill(list, 4, 512, 512);
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_memory_op, &runs,
                            XENMEM_populate_physmap, (uintptr_t)&r, 0), 4);
    CHECK_EQ(runs, 4);
    CHECK_EQ(domu->tot_pages, 2048);
    CHECK_EQ(op(dom0, XENMEM_maximum_gpfn, &(struct xen_memory_domain){
        .domid = 1 }), 2559);
    list[0] = FAKE_GFNS - 511; /* Reaches beyond what there is. */
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 0);
    CHECK_EQ(domu->tot_pages, 2048);
    CHECK_EQ(fake_p2m_count(domu), 2048);
    r.nr_extents = 1;
    list[0] = 3001; /* Misaligned. */
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 1);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 1);
    r.nr_extents = 4;
    fill(list, 4, 512, 512);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 4);
    CHECK_EQ(domu->tot_pages, 0);
    r.extent_order = 3;
    CHECK_EQ(op(domu, XENMEM_populate_physmap, &r), 4);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 4);
    CHECK_EQ(fake_p2m_count(domu), 0);
}

TEST(questions)
{
    struct xen_memory_domain q = { .domid = 1 };
    struct xen_vnuma_topology_info vnuma = { .domid = DOMID_SELF };
    struct xen_pod_target pod = { .domid = 1 };
    struct xen_reserved_device_memory_map rdm = { .nr_entries = 5 };

    setup();
    fake_ram(domu, 7);
    CHECK_EQ(op(dom0, XENMEM_current_reservation, &q), 1);
    CHECK_EQ(op(dom0, XENMEM_maximum_reservation, &q), 4096);
    CHECK_EQ(op(domu, XENMEM_maximum_gpfn, &q), 7);
    q.domid = 0;
    CHECK_EQ(op(domu, XENMEM_current_reservation, &q), -EPERM);
    q.domid = 5;
    CHECK_EQ(op(domu, XENMEM_current_reservation, &q), -ESRCH);
    CHECK(op(domu, XENMEM_maximum_ram_page, NULL) > 0);
    CHECK_EQ(op(domu, XENMEM_maximum_ram_page | 1 << 6, NULL), -EINVAL);
    CHECK_EQ(op(domu, XENMEM_machine_memory_map, NULL), -ENOSYS);
    CHECK_EQ(op(domu, XENMEM_get_sharing_freed_pages, NULL), 0);
    CHECK_EQ(op(domu, 63, NULL), -ENOSYS);
    CHECK_EQ(op(domu, XENMEM_get_vnumainfo, &vnuma), -EOPNOTSUPP);
    CHECK_EQ(op(domu, XENMEM_set_pod_target, &pod), -EPERM);
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &pod), 0);
    CHECK_EQ(pod.tot_pages, 1);
    CHECK_EQ(op(dom0, XENMEM_reserved_device_memory_map, &rdm), 0);
    CHECK_EQ(rdm.nr_entries, 0);
}

/* A guest of 8 frames and 5 pages. */
static void pod_setup(xen_pfn_t *list)
{
    struct xen_memory_reservation r = reservation(1, list, 8, 0);
    struct xen_pod_target t = { .domid = 1, .target_pages = 5 };

    setup();
    fill(list, 8, 100, 1);
    r.mem_flags = XENMEMF_populate_on_demand;
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &t), 0);
    CHECK_EQ(op(dom0, XENMEM_populate_physmap, &r), 8);
    CHECK_EQ(domu->pod_entries, 8);
    CHECK_EQ(domu->pod_reserve, 5);
    CHECK_EQ(pod_total(domu), 5);
    CHECK_EQ(domain_claimed_total(), 5);
}

TEST(on_demand)
{
    xen_pfn_t list[8];
    struct xen_memory_reservation r = reservation(DOMID_SELF, list, 1, 0);
    struct xen_pod_target t = { .domid = 1 };
    const unsigned long before = (setup(), fake_free_pages());

    pod_setup(list);
    /* A touch is a page of the reserve. */
    CHECK_EQ(pod_fill(domu, GFN(100)), 0);
    CHECK_EQ(pod_fill(domu, GFN(100)), 0);
    CHECK_EQ(pod_fill(domu, GFN(99)), -ENOENT);
    CHECK_EQ(domu->tot_pages, 1);
    CHECK_EQ(pod_total(domu), 5);
    CHECK_EQ(domain_claimed_total(), 4);
    /* The balloon takes what was touched: it goes to the reserve. */
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 1);
    CHECK_EQ(domu->tot_pages, 0);
    CHECK_EQ(domu->pod_reserve, 5);
    CHECK_EQ(domu->pod_entries, 7);
    /* What was not touched: there is one less to come. */
    fill(list, 2, 101, 1);
    r = reservation(DOMID_SELF, list, 2, 0);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 2);
    CHECK_EQ(domu->pod_reserve, 5);
    CHECK_EQ(domu->pod_entries, 5);
    CHECK_EQ(op(dom0, XENMEM_get_pod_target, &t), 0);
    CHECK_EQ(t.tot_pages, 5);
    CHECK_EQ(t.pod_cache_pages, 5);
    CHECK_EQ(t.pod_entries, 5);
    /* Now all that is left can be touched. */
    for (unsigned int i = 103; i < 108; i++) {
        enum p2m_type type;
        struct page *const pg = p2m_get_page(domu, GFN(i), true, &type);

        CHECK(pg != NULL);
        page_put(pg);
    }
    CHECK_EQ(domu->tot_pages, 5);
    CHECK_EQ(domain_claimed_total(), 0);
    CHECK(!domu->shutdown.is_shutting_down);
    /* No mark is left: giving back gives back. */
    fill(list, 5, 103, 1);
    r = reservation(DOMID_SELF, list, 5, 0);
    CHECK_EQ(op(domu, XENMEM_decrease_reservation, &r), 5);
    CHECK_EQ(domain_claimed_total(), 0);
    CHECK_EQ(fake_free_pages(), before);
}

TEST(on_demand_ends)
{
    xen_pfn_t list[8];
    struct xen_pod_target t = { .domid = 1, .target_pages = 3 };

    pod_setup(list);
    /* The target follows the tools, as far as there are marks. */
    CHECK_EQ(pod_fill(domu, GFN(100)), 0);
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &t), 0);
    CHECK_EQ(domu->pod_reserve, 2);
    t.target_pages = 100;
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &t), 0);
    CHECK_EQ(domu->pod_reserve, 7);
    t.target_pages = domu->max_pages + 1;
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &t), -EINVAL);
    t.target_pages = 2;
    CHECK_EQ(op(dom0, XENMEM_set_pod_target, &t), 0);
    CHECK_EQ(pod_fill(domu, GFN(101)), 0);
    /* Too greedy. */
    CHECK_EQ(pod_fill(domu, GFN(102)), -ENOMEM);
    CHECK(domu->shutdown.is_shutting_down);
    CHECK_EQ(domu->pod_entries, 6);
}

TEST(claims)
{
    struct xen_memory_reservation r = { .nr_extents = 100, .domid = 1 };

    setup();
    CHECK_EQ(op(domu, XENMEM_claim_pages, &r), -EPERM);
    CHECK_EQ(op(dom0, XENMEM_claim_pages, &r), 0);
    CHECK_EQ(op(dom0, XENMEM_claim_pages, &r), -EINVAL);
    fake_ram(domu, 1);
    CHECK_EQ(domu->claimed_pages, 99);
    r.nr_extents = 0;
    CHECK_EQ(op(dom0, XENMEM_claim_pages, &r), 0);
    r.extent_order = 1;
    CHECK_EQ(op(dom0, XENMEM_claim_pages, &r), -EINVAL);
    r.extent_order = 0;
    r.domid = 4;
    CHECK_EQ(op(dom0, XENMEM_claim_pages, &r), -EINVAL);
}

TEST(add_to_physmap)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF,
                                    .space = XENMAPSPACE_shared_info,
                                    .gpfn = 1 };
    struct xen_remove_from_physmap rm = { .domid = DOMID_SELF, .gpfn = 1 };

    setup();
    fake_ram(domu, 1);
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), 0);
    CHECK(fake_see(domu, 1) == domu->shared_info);
    CHECK_EQ(domu->tot_pages, 0);
    a.idx = 1;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.space = XENMAPSPACE_grant_table;
    a.gpfn = 2;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), 0);
    CHECK_EQ(p2m_lookup(domu, GFN(2)).type, P2M_XENPAGE_RW);
    a.idx = 64;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.idx = XENMAPIDX_grant_table_status;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.gpfn = ~0ul;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.gpfn = 3;
    a.space = XENMAPSPACE_dev_mmio;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EACCES);
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap, &a), -EINVAL);
    a.space = XENMAPSPACE_gmfn_foreign;
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap, &a), -ENOSYS);
    a.space = 77;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.domid = 0;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EPERM);
    CHECK_EQ(op(domu, XENMEM_add_to_physmap | 1ull << 40, &a), -EDOM);

    CHECK_EQ(op(domu, XENMEM_remove_from_physmap, &rm), 0);
    CHECK(fake_see(domu, 1) == NULL);
    CHECK_EQ(op(domu, XENMEM_remove_from_physmap, &rm), -ENOENT);
    rm.gpfn = FAKE_GFNS + 1;
    CHECK_EQ(op(domu, XENMEM_remove_from_physmap, &rm), -ENOENT);
}

TEST(move_ram)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF, .size = 100,
                                    .space = XENMAPSPACE_gmfn_range,
                                    .idx = 1000, .gpfn = 2000 };
    unsigned int runs;

    setup();
    for (unsigned int i = 0; i < 100; i++) {
        *(unsigned int *)fake_ram(domu, 1000 + i) = i;
        fake_ram(domu, 2000 + i);
    }
    CHECK_EQ(fake_hypercall(domu->vcpu[0], hcall_memory_op, &runs,
                            XENMEM_add_to_physmap, (uintptr_t)&a, 0), 0);
    CHECK_EQ(runs, 2);
    CHECK_EQ(domu->tot_pages, 100);
    CHECK(fake_see(domu, 1050) == NULL);
    CHECK_EQ(*(unsigned int *)fake_see(domu, 2099), 99);
    a.space = XENMAPSPACE_gmfn;
    a.idx = 2000;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), 0);
    CHECK_EQ(*(unsigned int *)fake_see(domu, 2000), 0);
    a.idx = 1000;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EINVAL);
    a.space = XENMAPSPACE_gmfn_range;
    a.gpfn = ~0ul - 5;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -EOVERFLOW);
}

/* A frame that cannot be taken from its place must not get a second one. */
TEST(move_without_memory)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF,
                                    .space = XENMAPSPACE_gmfn,
                                    .idx = 1000, .gpfn = 2000 };

    setup();
    *(unsigned int *)fake_ram(domu, 1000) = 42;
    fake_p2m_stuck = 1000;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), -ENOMEM);
    fake_p2m_stuck = ~UINT64_C(0);
    CHECK(fake_see(domu, 2000) == NULL);
    CHECK_EQ(*(unsigned int *)fake_see(domu, 1000), 42);
    CHECK_EQ(op(domu, XENMEM_add_to_physmap, &a), 0);
    CHECK_EQ(*(unsigned int *)fake_see(domu, 2000), 42);
}

TEST(grant_frames_of_others)
{
    struct xen_mem_acquire_resource a = {
        .domid = 1, .type = XENMEM_resource_grant_table,
        .id = XENMEM_resource_grant_table_id_shared };
    xen_pfn_t gfn[40];

    setup();
    CHECK_EQ(op(domu, XENMEM_acquire_resource, &a), -EACCES);
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), 0);
    CHECK_EQ(a.nr_frames, 64);
    for (unsigned int i = 0; i < 40; i++) {
        gfn[i] = 0x100 + i;
    }
    set_xen_guest_handle(a.frame_list, gfn);
    a.nr_frames = 40;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), 0);
    CHECK_EQ(gnttab_map_frame(domu, 39, false, GFN(5)), 0);
    CHECK(fake_see(domu, 5) == fake_see(dom0, 0x100 + 39));
    CHECK_EQ(p2m_lookup(dom0, GFN(0x100)).type, P2M_FOREIGN_RW);
    a.id = 9;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -EINVAL);
    a.id = XENMEM_resource_grant_table_id_status;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -EINVAL);
    a.type = XENMEM_resource_ioreq_server;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -EOPNOTSUPP);
    a.domid = 0;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -EPERM);
    a.domid = 6;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -ESRCH);
    a.frame = 1ull << 32;
    CHECK_EQ(op(dom0, XENMEM_acquire_resource, &a), -EINVAL);

    fake_domain_kill(domu);
    CHECK(!fake_domain_reap(domu));
    for (unsigned int i = 0; i < 40; i++) {
        CHECK_EQ(physmap_remove(dom0, GFN(0x100 + i)), 0);
    }
    CHECK(fake_domain_reap(domu));
}

TEST(memory_maps)
{
    static struct e820_entry in[3] = { { 0, 4096, 1 }, { 8192, 1, 2 } };
    struct e820_entry out[5];
    struct xen_memory_map get = { .nr_entries = 5 };
    struct xen_foreign_memory_map set = { .domid = 1, .map.nr_entries = 2 };

    setup();
    set_xen_guest_handle(get.buffer, (void *)out);
    set_xen_guest_handle(set.map.buffer, (void *)in);
    CHECK_EQ(op(domu, XENMEM_memory_map, &get), -ENOSYS);
    CHECK_EQ(op(dom0, XENMEM_set_memory_map, &set), 0);
    CHECK_EQ(op(domu, XENMEM_memory_map, &get), 0);
    CHECK_EQ(get.nr_entries, 2);
    CHECK_EQ(memcmp(in, out, sizeof(in[0]) * 2), 0);
    get.nr_entries = 1;
    CHECK_EQ(op(domu, XENMEM_memory_map, &get), 0);
    CHECK_EQ(get.nr_entries, 1);
    set.map.nr_entries = E820_MAX + 1;
    CHECK_EQ(op(dom0, XENMEM_set_memory_map, &set), -EINVAL);
    set.map.nr_entries = 1;
    set.domid = 0;
    CHECK_EQ(op(domu, XENMEM_set_memory_map, &set), -EPERM);
    set.domid = 1;
    CHECK_EQ(op(domu, XENMEM_set_memory_map, &set), 0);
    xfree(domu->e820);
}

TEST(exchange)
{
    struct xen_memory_exchange e = { .nr_exchanged = 3 };

    setup();
    CHECK_EQ(op(domu, XENMEM_exchange, &e), -EINVAL);
    e.nr_exchanged = 0;
    CHECK_EQ(op(domu, XENMEM_exchange, &e), 0);
    e.in.nr_extents = 1;
    e.out.nr_extents = 1;
    CHECK_EQ(op(domu, XENMEM_exchange, &e), -EOPNOTSUPP);
    e.in.extent_order = 70;
    CHECK_EQ(op(domu, XENMEM_exchange, &e), -EPERM);
}
