/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory reservation: decrease, populate, the counts that follow, orders,
 * partial success and errors.
 * Public header "memory.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define N 16

static xen_pfn_t gfns[N];

static int64_t op(unsigned int cmd, unsigned int n, unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .extent_order = order,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(r.extent_start, gfns);
    return memory_op(cmd, &r);
}

static int64_t current(void)
{
    return memory_op(XENMEM_current_reservation, &(domid_t){ DOMID_SELF });
}

static void single_pages(void)
{
    volatile uint32_t *const page = mm_alloc(N);
    const int64_t before = current();
    uint32_t wrong = 0;

    for (unsigned int i = 0; i < N; i++) {
        gfns[i] = mm_gfn((void *)(uintptr_t)page) + i;
        page[i * 1024] = 0xa0a0a0a0u + i;
    }
    check("current reservation", before > 1000, "%ld", before);
    check_eq("decrease", op(XENMEM_decrease_reservation, N, 0), N);
    check_eq("reservation shrank", current(), before - N);
    for (unsigned int i = 0; i < N; i++) {
        wrong += page[i * 1024] == 0xa0a0a0a0u + i;
    }
    check_eq("the pages are gone", wrong, 0);
    page[0] = 7;
    CHECK("writes to a hole are dropped", page[0] != 7);
    check_eq("decrease of holes",
             op(XENMEM_decrease_reservation, 1, 0) <= 1, true);
    check_eq("populate", op(XENMEM_populate_physmap, N, 0), N);
    check_eq("reservation is back", current(), before);
    for (unsigned int i = 0; i < N; i++) {
        page[i * 1024 + 1] = i;
        wrong += page[i * 1024 + 1] != i;
    }
    check_eq("RAM again", wrong, 0);
}

static void orders(void)
{
    uint8_t *const page = mm_alloc(8);
    const int64_t before = current();

    gfns[0] = (mm_gfn(page) + 3) & ~3ull;
    check_eq("decrease order 2", op(XENMEM_decrease_reservation, 1, 2), 1);
    check_eq("four pages fewer", current(), before - 4);
    check_eq("populate order 2", op(XENMEM_populate_physmap, 1, 2), 1);
    check_eq("four pages more", current(), before);
    /* Extents too large are refused one and all. */
    gfns[0] = 0x400000;
    check("order 60 gives nothing",
          op(XENMEM_populate_physmap, 1, 60) <= 0, "succeeded");
}

static void above_ram(void)
{
    uint32_t *page = mm_map(MM_WINDOW, 0x310000ull << PAGE_SHIFT, PTE_RW);
    uint8_t *const low = mm_alloc(1);

    gfns[0] = mm_gfn(low);
    op(XENMEM_decrease_reservation, 1, 0);
    gfns[0] = 0x310000;
    check_eq("populate above RAM", op(XENMEM_populate_physmap, 1, 0), 1);
    *page = 0x600dcafe;
    check_eq("RAM there", *page, 0x600dcafe);
    check_eq("give it back", op(XENMEM_decrease_reservation, 1, 0), 1);
    gfns[0] = mm_gfn(low);
    check_eq("populate below", op(XENMEM_populate_physmap, 1, 0), 1);
}

static void errors(void)
{
    void *hole = mm_map(MM_WINDOW, 0, 0);
    struct xen_memory_reservation r = { .nr_extents = 2,
                                        .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)hole);
    check_eq("unmapped list: none done",
             memory_op(XENMEM_decrease_reservation, &r), 0);
    check_eq("unmapped argument: none done",
             memory_op(XENMEM_decrease_reservation, hole), 0);
    r.domid = 77;
    check("absent domain", memory_op(XENMEM_populate_physmap, &r) <= 0,
          "succeeded");
    /* Xen cuts such a frame number short and changes frame 0 instead. */
    if (!on_xen()) {
        gfns[0] = 1ull << 60;
        check_eq("populate beyond any address",
                 op(XENMEM_populate_physmap, 1, 0), 0);
        check_eq("decrease beyond any address",
                 op(XENMEM_decrease_reservation, 1, 0), 0);
    }
    check_eq("no extents", op(XENMEM_populate_physmap, 0, 0), 0);
    check_eq("unknown memory_op", memory_op(60, hole), -XEN_ENOSYS);
    check("maximum reservation",
          memory_op(XENMEM_maximum_reservation,
                    &(domid_t){ DOMID_SELF }) >= current(), "too small");
    check("maximum gpfn", memory_op(XENMEM_maximum_gpfn,
                                    &(domid_t){ DOMID_SELF }) >= 0x2000,
          "too small");
    check("maximum_ram_page",
          memory_op(XENMEM_maximum_ram_page, NULL) > 0x1000, "too small");
}

TEST(reservation, "decrease_reservation and populate_physmap", 0)
{
    single_pages();
    orders();
    above_ram();
    errors();
}
