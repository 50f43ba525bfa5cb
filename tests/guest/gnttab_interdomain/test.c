/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants between two domains, versions 1 and 2: mapping, copying, what is
 * refused, revocation while mapped, and the end of either side meanwhile.
 * The child's table is filled in by its parent, as the tools do it.
 * Public header "grant_table.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>

#define TABLE_GFN  0x361000ull
#define VIEW_GFN   0x362000ull
#define OWN_TABLE  0x363000ull
#define STATUS_GFN 0x364000ull
#define TABLE_VA   (MM_WINDOW + 0x100000)
#define VIEW_VA    (MM_WINDOW + 0x200000)
#define OWN_VA     (MM_WINDOW + 0x300000)
#define STATUS_VA  (MM_WINDOW + 0x400000)

#define RW    8u
#define RO    9u
#define NONE  10u
#define ALIEN 11u

static struct child c;
static volatile struct grant_entry_v1 *table;
static volatile struct grant_entry_v1 *own;
static uint8_t *page;           /* the child's scratch page */

static int64_t acquire(uint32_t id, uint64_t gfn)
{
    xen_pfn_t at = gfn;
    struct xen_mem_acquire_resource r = {
        .domid = c.domid,
        .type = XENMEM_resource_grant_table,
        .id = id,
        .nr_frames = 1,
    };

    set_xen_guest_handle(r.frame_list, &at);
    return memory_op(XENMEM_acquire_resource, &r);
}

static int64_t remove(uint64_t gfn)
{
    struct xen_remove_from_physmap xrfp = { .domid = DOMID_SELF,
                                            .gpfn = gfn };

    return memory_op(XENMEM_remove_from_physmap, &xrfp);
}

static bool set_up(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .gpfn = OWN_TABLE,
    };
    struct gnttab_set_version v1 = { .version = 1 };

    grant_op(GNTTABOP_set_version, &v1, 1);
    if (!check_eq("the child's table", acquire(0, TABLE_GFN), 0) ||
        !check_eq("our own", memory_op(XENMEM_add_to_physmap, &xatp), 0)) {
        return false;
    }
    table = mm_map(TABLE_VA, TABLE_GFN << PAGE_SHIFT, PTE_RW);
    own = mm_map(OWN_VA, OWN_TABLE << PAGE_SHIFT, PTE_RW);
    page = child_map(&c, CHILD_GFN_SCRATCH, NULL);
    table[RW] = (struct grant_entry_v1){ GTF_permit_access, 0,
                                         CHILD_GFN_SCRATCH };
    table[RO] = (struct grant_entry_v1){
        GTF_permit_access | GTF_readonly, 0, CHILD_GFN_SCRATCH };
    table[NONE] = (struct grant_entry_v1){ 0, 0, CHILD_GFN_SCRATCH };
    table[ALIEN] = (struct grant_entry_v1){ GTF_permit_access, 0x7001,
                                            CHILD_GFN_SCRATCH };
    return check("the child's page", page != NULL, "does not map");
}

static struct gnttab_map_grant_ref map_op;

static int16_t map(uint32_t ref, uint32_t flags, uint64_t gfn)
{
    map_op = (struct gnttab_map_grant_ref){
        .host_addr = gfn << PAGE_SHIFT,
        .flags = flags,
        .ref = ref,
        .dom = c.domid,
    };
    if (grant_op(GNTTABOP_map_grant_ref, &map_op, 1)) {
        return -99;
    }
    return map_op.status;
}

static int16_t unmap(uint32_t handle, uint64_t gfn)
{
    struct gnttab_unmap_grant_ref u = {
        .host_addr = gfn << PAGE_SHIFT, .handle = handle,
    };

    if (grant_op(GNTTABOP_unmap_grant_ref, &u, 1)) {
        return -99;
    }
    return u.status;
}

static void mapping(void)
{
    volatile uint32_t *view = mm_map(VIEW_VA, VIEW_GFN << PAGE_SHIFT,
                                     PTE_RW);
    volatile uint32_t *const seen = (uint32_t *)page;
    uint32_t first;

    check_eq("map", map(RW, GNTMAP_host_map, VIEW_GFN), 0);
    first = map_op.handle;
    seen[3] = 0x11aa22bb;
    check_eq("the child's page shows", view[3], 0x11aa22bb);
    view[4] = 0x55;
    check_eq("and is written", seen[4], 0x55);
    check_eq("flags", table[RW].flags,
             GTF_permit_access | GTF_reading | GTF_writing);
    check_eq("map it again", map(RW, GNTMAP_host_map | GNTMAP_readonly,
                                 VIEW_GFN + 1), 0);
    check("another handle", map_op.handle != first, "%u", map_op.handle);
    check_eq("unmap the first", unmap(first, VIEW_GFN), 0);
    check_eq("flags: reading", table[RW].flags,
             GTF_permit_access | GTF_reading);
    check_eq("unmap the second", unmap(map_op.handle, VIEW_GFN + 1), 0);
    check_eq("flags are back", table[RW].flags, GTF_permit_access);
    check_eq("map for reading", map(RO, GNTMAP_host_map | GNTMAP_readonly,
                                    VIEW_GFN + 2), 0);
    view = mm_map(VIEW_VA, (VIEW_GFN + 2) << PAGE_SHIFT, PTE_RW);
    check_eq("the page shows", view[3], 0x11aa22bb);
    check_eq("flags: reading", table[RO].flags,
             GTF_permit_access | GTF_readonly | GTF_reading);
    check_eq("unmap", unmap(map_op.handle, VIEW_GFN + 2), 0);
    check_eq("unmap again", unmap(map_op.handle, VIEW_GFN + 2),
             GNTST_bad_handle);
    check_eq("unmap of no handle", unmap(0x7fffff, VIEW_GFN + 2),
             GNTST_bad_handle);
}

static void refused_maps(void)
{
    check_eq("map of an entry that is not in use",
             map(NONE, GNTMAP_host_map, VIEW_GFN), GNTST_general_error);
    check_eq("map of an entry for another domain",
             map(ALIEN, GNTMAP_host_map, VIEW_GFN), GNTST_general_error);
    check_eq("map for writing of what is read-only",
             map(RO, GNTMAP_host_map, VIEW_GFN), GNTST_general_error);
    check_eq("map of a reference out of range",
             map(1u << 30, GNTMAP_host_map, VIEW_GFN), GNTST_bad_gntref);
    check_eq("map without a way to", map(RW, 0, VIEW_GFN),
             GNTST_bad_gntref);
    map_op.dom = 0x7001;
    map_op.flags = GNTMAP_host_map;
    grant_op(GNTTABOP_map_grant_ref, &map_op, 1);
    check_eq("map of an absent domain", map_op.status, GNTST_bad_domain);
    table[NONE].frame = 0x5000;
    table[NONE].flags = GTF_permit_access;
    check("map of a hole", map(NONE, GNTMAP_host_map, VIEW_GFN) < 0,
          "succeeds");
    check_eq("flags are back", table[NONE].flags, GTF_permit_access);
    table[NONE].flags = 0;
    check_eq("flags of the others", table[RW].flags, GTF_permit_access);
}

/* What is mapped stays so when the entry is changed. */
static void revocation(void)
{
    volatile uint32_t *view = mm_map(VIEW_VA, VIEW_GFN << PAGE_SHIFT,
                                     PTE_RW);

    check_eq("map", map(RW, GNTMAP_host_map, VIEW_GFN), 0);
    table[RW].flags = GTF_reading | GTF_writing;
    ((uint32_t *)page)[3] = 0x600d600d;
    check_eq("revoked, but mapped", view[3], 0x600d600d);
    check_eq("unmap", unmap(map_op.handle, VIEW_GFN), 0);
    check_eq("flags", table[RW].flags, 0);
    check_eq("map what is revoked", map(RW, GNTMAP_host_map, VIEW_GFN),
             GNTST_general_error);
    table[RW].flags = GTF_permit_access;
}

static int16_t copy(bool from_child, uint32_t ref, const void *mine,
                    unsigned int off, unsigned int len)
{
    struct gnttab_copy op = { .len = (uint16_t)len };
    struct gnttab_copy_ptr *far = from_child ? &op.source : &op.dest;
    struct gnttab_copy_ptr *near = from_child ? &op.dest : &op.source;

    far->u.ref = ref;
    far->domid = c.domid;
    far->offset = (uint16_t)off;
    near->u.gmfn = mm_gfn(mine);
    near->domid = DOMID_SELF;
    op.flags = from_child ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
    if (grant_op(GNTTABOP_copy, &op, 1)) {
        return -99;
    }
    return op.status;
}

static void copying(void)
{
    uint8_t *mine = mm_alloc(1);

    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        page[i] = (uint8_t)(i * 13);
    }
    check_eq("copy from it", copy(true, RW, mine, 0, PAGE_SIZE), 0);
    check_eq("contents", memcmp(mine, page, PAGE_SIZE), 0);
    memset(mine, 0x3c, PAGE_SIZE);
    check_eq("copy to it", copy(false, RW, mine, 100, 50), 0);
    check_eq("arrived", page[100] == 0x3c && page[149] == 0x3c, true);
    check_eq("nothing beside", page[99] == (uint8_t)(99 * 13) &&
             page[150] == (uint8_t)(150 * 13), true);
    check_eq("copy to what is read-only", copy(false, RO, mine, 0, 8),
             GNTST_general_error);
    check_eq("copy from what is", copy(true, RO, mine, 0, 8), 0);
    check_eq("copy of another's", copy(true, ALIEN, mine, 0, 8),
             GNTST_general_error);
    check_eq("across the end", copy(true, RW, mine, 4090, 8),
             GNTST_bad_copy_arg);
    check_eq("flags are back", table[RW].flags, GTF_permit_access);
}

static void transfer(void)
{
    uint8_t *mine = mm_alloc(1);
    struct gnttab_transfer t = {
        .mfn = mm_gfn(mine), .domid = c.domid, .ref = RW,
    };
    const int64_t rc = grant_op(GNTTABOP_transfer, &t, 1);

    check("transfer is refused", rc < 0 || t.status < 0, "%ld %d", rc,
          t.status);
    mine[0] = 0x42;
    check_eq("the page is still ours", mine[0], 0x42);
}

static void flushing(void)
{
    struct gnttab_cache_flush f = {
        .a.ref = RW, .op = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF,
        .length = 64,
    };

    /* Caches are coherent on x86. */
    check_eq("cache_flush is not for x86",
             grant_op(GNTTABOP_cache_flush, &f, 1), -XEN_ENOSYS);
}

/* The child maps and copies a page of ours. */
static void by_child(void)
{
    uint64_t *mine = mm_alloc(1);
    struct gnttab_map_grant_ref m = {
        .host_addr = 0x8000ull << PAGE_SHIFT,
        .flags = GNTMAP_host_map,
        .ref = RW,
        .dom = 0,
    };
    struct gnttab_unmap_grant_ref u = { 0 };

    own[RW] = (struct grant_entry_v1){ GTF_permit_access, c.domid,
                                       (uint32_t)mm_gfn(mine) };
    mine[7] = 0x1122334455667788ull;
    check_eq("the child maps ours",
             child_op(&c, __HYPERVISOR_grant_table_op,
                      GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
    check_eq("status", m.status, 0);
    check_eq("it reads", child_peek(&c, (0x8000ull << PAGE_SHIFT) + 56),
             0x1122334455667788ull);
    child_poke(&c, (0x8000ull << PAGE_SHIFT) + 64, 0x99);
    check_eq("it writes", mine[8], 0x99);
    check_eq("flags", own[RW].flags,
             GTF_permit_access | GTF_reading | GTF_writing);
    u.host_addr = m.host_addr;
    u.handle = m.handle;
    check_eq("it unmaps",
             child_op(&c, __HYPERVISOR_grant_table_op,
                      GNTTABOP_unmap_grant_ref, &u, sizeof(u)), 0);
    check_eq("status", u.status, 0);
    check_eq("flags are back", own[RW].flags, GTF_permit_access);
    own[RW].domid = 0x7001;
    child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m,
             sizeof(m));
    check_eq("it maps what is not for it", m.status, GNTST_general_error);
    own[RW].flags = 0;
}

/* Version 2 in the child: status apart from flags. */
static void version_2(void)
{
    struct gnttab_set_version v = { .version = 2 };
    volatile union grant_entry_v2 *two = (void *)table;
    volatile uint16_t *status;

    remove(TABLE_GFN);
    check_eq("the child chooses version 2",
             child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_set_version,
                      &v, sizeof(v)), 0);
    check_eq("it is", v.version, 2);
    check_eq("the table again", acquire(0, TABLE_GFN), 0);
    check_eq("a status frame", acquire(1, STATUS_GFN), 0);
    status = mm_map(STATUS_VA, STATUS_GFN << PAGE_SHIFT, PTE_RW);
    two[RW].full_page.hdr.domid = 0;
    two[RW].full_page.frame = CHILD_GFN_SCRATCH;
    barrier();
    two[RW].full_page.hdr.flags = GTF_permit_access;
    check_eq("map", map(RW, GNTMAP_host_map, VIEW_GFN), 0);
    check_eq("flags are left alone", two[RW].hdr.flags, GTF_permit_access);
    check_eq("status", status[RW], GTF_reading | GTF_writing);
    check_eq("unmap", unmap(map_op.handle, VIEW_GFN), 0);
    check_eq("status", status[RW], 0);
    two[RO].sub_page.hdr.domid = 0;
    two[RO].sub_page.frame = CHILD_GFN_SCRATCH;
    two[RO].sub_page.page_off = 100;
    two[RO].sub_page.length = 50;
    barrier();
    two[RO].sub_page.hdr.flags = GTF_permit_access | GTF_sub_page;
    check("map of a part", map(RO, GNTMAP_host_map, VIEW_GFN) < 0,
          "succeeds");
    check_eq("remove", remove(STATUS_GFN), 0);
}

static void sub_pages(void)
{
    uint8_t *mine = mm_alloc(1);

    page[110] = 0x5c;
    check_eq("copy inside the part", copy(true, RO, mine, 110, 8), 0);
    check_eq("contents", mine[0], 0x5c);
    check_eq("copy beyond its end", copy(true, RO, mine, 140, 20),
             GNTST_general_error);
    check_eq("copy before it", copy(true, RO, mine, 90, 20),
             GNTST_general_error);
}

/* The child ends while we map its page. */
static void its_death(void)
{
    struct xen_domctl_getdomaininfo info;
    volatile uint32_t *view = mm_map(VIEW_VA, VIEW_GFN << PAGE_SHIFT,
                                     PTE_RW);
    uint32_t handle;

    check_eq("map", map(RW, GNTMAP_host_map, VIEW_GFN), 0);
    handle = map_op.handle;
    ((uint32_t *)page)[9] = 0xfeed;
    remove(TABLE_GFN);
    child_unmap(&c, CHILD_GFN_SCRATCH);
    child_unmap(&c, CHILD_GFN_MAILBOX);
    child_unmap(&c, CHILD_GFN_SNIPPET);
    check_eq("destroy", domctl_plain(XEN_DOMCTL_destroydomain, c.domid), 0);
    child_relax(20000000);
    CHECK("it is dying", child_info(c.domid, &info) &&
          (info.flags & XEN_DOMINF_dying));
    check_eq("its page is there", view[9], 0xfeed);
    /* Xen still maps what a dying domain has granted. */
    if (map(RW, GNTMAP_host_map, VIEW_GFN + 1) == 0) {
        check("no further map of it", on_xen(), "succeeds");
        unmap(map_op.handle, VIEW_GFN + 1);
    }
    check_eq("unmap", unmap(handle, VIEW_GFN), 0);
    CHECK("now it goes", child_wait_gone(c.domid));
    check_eq("unmap of what is gone", unmap(handle, VIEW_GFN),
             GNTST_bad_handle);
}

/* The child ends while it maps ours: the entry is free again. */
static void our_page(void)
{
    uint64_t *mine = mm_alloc(1);
    struct gnttab_map_grant_ref m = {
        .host_addr = 0x8000ull << PAGE_SHIFT,
        .flags = GNTMAP_host_map,
        .ref = RW,
        .dom = 0,
    };

    if (!child_boot(&c, NULL)) {
        return;
    }
    own[RW] = (struct grant_entry_v1){ GTF_permit_access, c.domid,
                                       (uint32_t)mm_gfn(mine) };
    child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m,
             sizeof(m));
    check_eq("the child maps ours", m.status, 0);
    check_eq("flags", own[RW].flags,
             GTF_permit_access | GTF_reading | GTF_writing);
    CHECK("it goes", child_destroy(&c));
    check_eq("flags are back", own[RW].flags, GTF_permit_access);
    own[RW].flags = 0;
    mine[0] = 1;
    check_eq("the page is ours", mine[0], 1);
}

TEST(gnttab_interdomain, "Grants between two domains", TEST_DOM0)
{
    if (!child_boot(&c, NULL)) {
        return;
    }
    if (set_up()) {
        mapping();
        refused_maps();
        revocation();
        copying();
        transfer();
        flushing();
        by_child();
        version_2();
        sub_pages();
        its_death();
        our_page();
        remove(OWN_TABLE);
    }
}
