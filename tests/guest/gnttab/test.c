/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant table on oneself: query, version, setup, copy between own frames
 * and through own references, map and unmap, and every refusal.
 * Public header "grant_table.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>

#define MAP_GFN 0x320000ull
#define REF_RW  20u
#define REF_RO  21u
#define REF_OFF 22u
#define REF_ALIEN 23u

static volatile struct grant_entry_v1 *table;
static uint8_t *from;
static uint8_t *to;

static void query(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    struct gnttab_get_version v = { .dom = DOMID_SELF };
    struct gnttab_set_version set = { .version = 1 };

    check_eq("query_size", grant_op(GNTTABOP_query_size, &q, 1), 0);
    check_eq("query_size status", q.status, GNTST_okay);
    check("frames and their limit",
          q.nr_frames >= 1 && q.max_nr_frames >= q.nr_frames &&
          q.max_nr_frames <= 4096, "%u of %u", q.nr_frames,
          q.max_nr_frames);
    q.dom = 99;
    grant_op(GNTTABOP_query_size, &q, 1);
    check_eq("query_size of an absent domain", q.status, GNTST_bad_domain);
    check_eq("set_version 1", grant_op(GNTTABOP_set_version, &set, 1), 0);
    check_eq("version is 1 now", set.version, 1);
    check_eq("get_version", grant_op(GNTTABOP_get_version, &v, 1), 0);
    check_eq("it is 1", v.version, 1);
    set.version = 3;
    check_eq("set_version 3", grant_op(GNTTABOP_set_version, &set, 1),
             -XEN_EINVAL);
}

static void grant(uint32_t ref, const void *page, domid_t dom,
                  uint16_t flags)
{
    table[ref].frame = (uint32_t)mm_gfn(page);
    table[ref].domid = dom;
    barrier();
    table[ref].flags = flags;
}

static bool setup(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .gpfn = 0x320100,
    };
    const domid_t self = shared_domid();

    table = mm_map(MM_WINDOW + 0x10000, 0x320100ull << PAGE_SHIFT, PTE_RW);
    from = mm_alloc(1);
    to = mm_alloc(1);
    if (!check("grant frame 0 maps",
               memory_op(XENMEM_add_to_physmap, &xatp) == 0, "-")) {
        return false;
    }
    grant(REF_RW, from, self, GTF_permit_access);
    grant(REF_RO, from, self, GTF_permit_access | GTF_readonly);
    grant(REF_OFF, from, self, 0);
    grant(REF_ALIEN, from, 0x7123, GTF_permit_access);
    return true;
}

static int16_t copy(uint32_t ref_from, uint64_t gfn_to, unsigned int off,
                    unsigned int len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = ref_from, .domid = DOMID_SELF, .offset = 0 },
        .dest = { .u.gmfn = gfn_to, .domid = DOMID_SELF,
                  .offset = (uint16_t)off },
        .len = (uint16_t)len,
        .flags = GNTCOPY_source_gref,
    };

    grant_op(GNTTABOP_copy, &op, 1);
    return op.status;
}

static int16_t copy_to_ref(uint32_t ref, unsigned int len)
{
    struct gnttab_copy op = {
        .source = { .u.gmfn = mm_gfn(to), .domid = DOMID_SELF },
        .dest = { .u.ref = ref, .domid = DOMID_SELF },
        .len = (uint16_t)len,
        .flags = GNTCOPY_dest_gref,
    };

    grant_op(GNTTABOP_copy, &op, 1);
    return op.status;
}

static void copies(void)
{
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        from[i] = (uint8_t)(i * 7);
    }
    check_eq("copy from a reference", copy(REF_RW, mm_gfn(to), 0, 4096), 0);
    check_eq("contents", memcmp(from, to, PAGE_SIZE), 0);
    check_eq("flags are back", table[REF_RW].flags, GTF_permit_access);
    memset(to, 0, PAGE_SIZE);
    check_eq("copy 100 bytes to offset 1000",
             copy(REF_RO, mm_gfn(to), 1000, 100), 0);
    check_eq("contents there", memcmp(from, to + 1000, 100), 0);
    CHECK("and nothing beside", !to[999] && !to[1100]);
    to[0] = 0x77;
    check_eq("copy to a reference", copy_to_ref(REF_RW, 1), 0);
    check_eq("byte arrived", from[0], 0x77);
    check_eq("copy to a read-only reference", copy_to_ref(REF_RO, 1),
             GNTST_general_error);
    check_eq("inactive reference", copy(REF_OFF, mm_gfn(to), 0, 8),
             GNTST_general_error);
    check_eq("reference for another domain",
             copy(REF_ALIEN, mm_gfn(to), 0, 8), GNTST_general_error);
    check_eq("reference out of range",
             copy(1u << 30, mm_gfn(to), 0, 8), GNTST_bad_gntref);
    check_eq("across the page's end", copy(REF_RW, mm_gfn(to), 4000, 200),
             GNTST_bad_copy_arg);
    check("to a hole", copy(REF_RW, 0x3a0000, 0, 8) < 0, "succeeded");
}

static void repopulate(xen_pfn_t gfn)
{
    struct xen_memory_reservation res = {
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(res.extent_start, &gfn);
    memory_op(XENMEM_populate_physmap, &res);
}

static void maps(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = MAP_GFN << PAGE_SHIFT,
        .flags = GNTMAP_host_map,
        .ref = REF_RW,
        .dom = shared_domid(),
    };
    struct gnttab_unmap_grant_ref unmap;
    volatile uint8_t *view = mm_map(MM_WINDOW, MAP_GFN << PAGE_SHIFT,
                                    PTE_RW);
    uint32_t val;

    check_eq("map", grant_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    if (!check("map status", map.status == 0, "%d", map.status)) {
        return;
    }
    /* Xen moves the page from its own place to the new one. */
    if (!on_xen()) {
        from[5] = 0x99;
        check_eq("the page shows", view[5], 0x99);
        view[6] = 0x66;
        check_eq("and can be written", from[6], 0x66);
    }
    check_eq("flags say so", table[REF_RW].flags,
             GTF_permit_access | GTF_reading | GTF_writing);
    unmap = (struct gnttab_unmap_grant_ref){
        .host_addr = (MAP_GFN + 1) << PAGE_SHIFT,
        .handle = map.handle,
    };
    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    check("unmap at another address", unmap.status < 0, "succeeded");
    unmap.host_addr = MAP_GFN << PAGE_SHIFT;
    check_eq("unmap", grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
    check_eq("unmap status", unmap.status, 0);
    check_eq("flags are back", table[REF_RW].flags, GTF_permit_access);
    *(uint32_t *)from = 0x31415926;
    read32_safe((void *)(uintptr_t)view, &val);
    CHECK("nothing is left", val != 0x31415926);
    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    check("unmap twice", unmap.status < 0, "succeeded");
    unmap.handle = 0x7fffffff;
    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    check_eq("bad handle", unmap.status, GNTST_bad_handle);
    map.dom = 99;
    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    check_eq("map of an absent domain", map.status, GNTST_bad_domain);
    map.dom = shared_domid();
    map.flags = 0;
    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    check("map without a way to", map.status < 0, "succeeded");
    if (on_xen()) {
        repopulate(mm_gfn(from));
    }
}

static void refusals(void)
{
    struct gnttab_copy op = { 0 };

    mm_map(MM_WINDOW, 0, 0);
    check_eq("unmapped argument",
             grant_op(GNTTABOP_copy, (void *)MM_WINDOW, 1), -XEN_EFAULT);
    check_eq("no operations", grant_op(GNTTABOP_copy, &op, 0), 0);
    check_eq("negative count",
             grant_op(GNTTABOP_copy, &op, 0x80000000u), -XEN_EINVAL);
    check_eq("unknown op", grant_op(50, &op, 1), -XEN_ENOSYS);
    check_eq("transfer is not for PVH",
             grant_op(GNTTABOP_transfer, (void *)MM_WINDOW, 1) < 0, true);
}

TEST(gnttab, "Grant table on oneself", 0)
{
    query();
    if (setup()) {
        copies();
        maps();
    }
    refusals();
}
