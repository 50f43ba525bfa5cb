/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * add_to_physmap and remove_from_physmap on oneself: shared_info and grant
 * frames over RAM and over nothing, far above RAM, and the errors.
 * Public header "memory.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>

#define FREE_GFN 0x300000ull
#define WINDOW   MM_WINDOW

static int64_t add(unsigned int space, uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = space,
        .idx = idx,
        .gpfn = gfn,
    };

    return memory_op(XENMEM_add_to_physmap, &xatp);
}

static int64_t remove(uint64_t gfn)
{
    struct xen_remove_from_physmap xrfp = {
        .domid = DOMID_SELF,
        .gpfn = gfn,
    };

    return memory_op(XENMEM_remove_from_physmap, &xrfp);
}

static int64_t populate(xen_pfn_t gfn)
{
    struct xen_memory_reservation res = {
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(res.extent_start, &gfn);
    return memory_op(XENMEM_populate_physmap, &res);
}

static void grant_frames(void)
{
    volatile struct grant_entry_v1 *a;
    volatile struct grant_entry_v1 *b;
    uint32_t *page = mm_alloc(1);
    uint32_t val = 0;

    check_eq("grant frame far above RAM",
             add(XENMAPSPACE_grant_table, 0, FREE_GFN), 0);
    a = mm_map(WINDOW, FREE_GFN << PAGE_SHIFT, PTE_RW);
    a[9].frame = 0x1234;
    check_eq("the same frame moves over RAM",
             add(XENMAPSPACE_grant_table, 0, mm_gfn(page)), 0);
    b = (void *)page;
    check_eq("contents moved with it", b[9].frame, 0x1234);
    read32_safe((void *)(uintptr_t)&a[9].frame, &val);
    CHECK("nothing is left at the old place", val != 0x1234);
    b[9].frame = 0;
    check_eq("grant frame 3 on demand",
             add(XENMAPSPACE_grant_table, 3, FREE_GFN + 1), 0);
    check_eq("grant frame beyond the limit",
             add(XENMAPSPACE_grant_table, 1u << 20, FREE_GFN + 2),
             -XEN_EINVAL);
    check_eq("remove a grant frame", remove(FREE_GFN + 1), 0);
    check_eq("and the one over RAM", remove(mm_gfn(page)), 0);
    check_eq("RAM in its place", populate(mm_gfn(page)), 1);
}

static void removal(void)
{
    uint32_t *page = mm_alloc(1);
    const uint64_t gfn = mm_gfn(page);
    int64_t rc;

    page[0] = 0x5a5a5a5a;
    check_eq("remove RAM from the map", remove(gfn), 0);
    CHECK("it is gone", page[0] != 0x5a5a5a5a);
    rc = remove(gfn);
    check("removing it again is no success", rc < 0, "%ld", rc);
    check_eq("populate the hole", populate(gfn), 1);
    page[0] = 0x11223344;
    check_eq("RAM again", page[0], 0x11223344);
}

static void errors(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = 5,
        .space = XENMAPSPACE_shared_info,
        .gpfn = FREE_GFN + 3,
    };

    check_eq("shared_info index 1",
             add(XENMAPSPACE_shared_info, 1, FREE_GFN + 3), -XEN_EINVAL);
    check_eq("another, absent domain",
             memory_op(XENMEM_add_to_physmap, &xatp), -XEN_ESRCH);
    check("unknown space", add(77, 0, FREE_GFN + 3) < 0, "succeeded");
    check_eq("unmapped argument",
             memory_op(XENMEM_add_to_physmap, mm_map(WINDOW, 0, 0)),
             -XEN_EFAULT);
    check("gfn beyond any address width",
          add(XENMAPSPACE_grant_table, 0, 1ull << 50) < 0, "succeeded");
}

TEST(physmap, "add_to_physmap and remove_from_physmap on oneself", 0)
{
    grant_frames();
    removal();
    errors();
}
