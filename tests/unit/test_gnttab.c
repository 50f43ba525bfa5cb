/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: both versions, mapping, copying, revocation, the death of
 * either side, random operations.
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
 * Links: core/hypercall/grant_table_op.c
 * Links: core/hypercall/layout.c
 */
#include <string.h>

#include <core/domain/physmap.h>
#include <core/gnttab/gnttab.h>
#include <core/lib/errno.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_domain.h>
#include <tests/unit/unit.h>

/* Where the domains have things; host mappings go where nothing is. */
#define TABLE_GFN 0x400u
#define STATUS_GFN 0x440u
#define MAP_GFN 0x800u
#define RAM_GFN 0x10u

static struct domain *dom0;
static struct domain *domu;

static void setup(void)
{
    fake_domains_init();
    dom0 = fake_domain_add(0, 1);
    domu = fake_domain_add(1, 1);
    CHECK_EQ(gnttab_map_frame(domu, 0, false, GFN(TABLE_GFN)), 0);
    for (unsigned int i = 0; i < 8; i++) {
        memset(fake_ram(domu, RAM_GFN + i), 'A' + (int)i, PAGE_SIZE);
    }
}

static int64_t op(struct domain *d, unsigned int cmd, void *arg,
                  unsigned int count)
{
    return fake_hypercall(d->vcpu[0], hcall_grant_table_op, NULL, cmd,
                          (uintptr_t)arg, count);
}

static struct grant_entry_v1 *entry(uint32_t ref)
{
    return (struct grant_entry_v1 *)fake_see(domu, TABLE_GFN) + ref;
}

static union grant_entry_v2 *entry2(uint32_t ref)
{
    return (union grant_entry_v2 *)fake_see(domu, TABLE_GFN) + ref;
}

static grant_status_t *status2(uint32_t ref)
{
    return (grant_status_t *)fake_see(domu, STATUS_GFN) + ref;
}

static void grant(uint32_t ref, domid_t to, uint32_t frame, uint16_t flags)
{
    *entry(ref) = (struct grant_entry_v1){
        .domid = to, .frame = frame, .flags = GTF_permit_access | flags };
}

static void grant2(uint32_t ref, domid_t to, uint32_t frame, uint16_t flags)
{
    entry2(ref)->full_page.frame = frame;
    entry2(ref)->hdr.domid = to;
    entry2(ref)->hdr.flags = GTF_permit_access | flags;
}

/* The status; the handle through @handle. */
static int map(struct domain *d, domid_t from, uint32_t ref, uint64_t gfn,
               bool is_write, uint32_t *handle)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = gfn << PAGE_SHIFT, .ref = ref, .dom = from,
        .flags = GNTMAP_host_map | (is_write ? 0 : GNTMAP_readonly) };

    CHECK_EQ(op(d, GNTTABOP_map_grant_ref, &m, 1), 0);
    *handle = m.handle;
    return m.status;
}

static int unmap(struct domain *d, uint64_t gfn, uint32_t handle)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = gfn << PAGE_SHIFT,
                                        .handle = handle };

    CHECK_EQ(op(d, GNTTABOP_unmap_grant_ref, &u, 1), 0);
    return u.status;
}

static struct gnttab_copy copy_of(uint32_t ref, uint16_t at, uint64_t gfn,
                                  uint16_t to, uint16_t len)
{
    const struct gnttab_copy c = {
        .source = { .u.ref = ref, .domid = 1, .offset = at },
        .dest = { .u.gmfn = gfn, .domid = DOMID_SELF, .offset = to },
        .len = len, .flags = GNTCOPY_source_gref };

    return c;
}

static int copy(struct domain *d, struct gnttab_copy c)
{
    CHECK_EQ(op(d, GNTTABOP_copy, &c, 1), 0);
    return c.status;
}

TEST(map_and_unmap)
{
    uint32_t h;
    uint32_t h2;

    setup();
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_okay);
    CHECK(fake_see(dom0, MAP_GFN) == fake_see(domu, RAM_GFN));
    CHECK_EQ(p2m_lookup(dom0, GFN(MAP_GFN)).type, P2M_GRANT_RW);
    CHECK_EQ(entry(8)->flags,
             GTF_permit_access | GTF_reading | GTF_writing);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN + 1, false, &h2), GNTST_okay);
    CHECK_EQ(p2m_lookup(dom0, GFN(MAP_GFN + 1)).type, P2M_GRANT_RO);
    CHECK(h != h2);
    CHECK_EQ(domu->refs, 3);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
    CHECK_EQ(entry(8)->flags, GTF_permit_access | GTF_reading);
    CHECK(fake_see(dom0, MAP_GFN) == NULL);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_bad_handle);
    CHECK_EQ(unmap(dom0, MAP_GFN, h2), GNTST_general_error);
    CHECK_EQ(unmap(dom0, 0, h2), GNTST_okay); /* Unmaps nothing. */
    CHECK_EQ(unmap(dom0, MAP_GFN + 1, h2), GNTST_okay);
    CHECK_EQ(entry(8)->flags, GTF_permit_access);
    CHECK_EQ(domu->refs, 1);
    CHECK_EQ(unmap(dom0, MAP_GFN, 12345678), GNTST_bad_handle);
}

TEST(map_errors)
{
    struct gnttab_map_grant_ref m = { .host_addr = MAP_GFN << PAGE_SHIFT,
                                      .ref = 8, .dom = 1 };
    uint32_t h;

    setup();
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_general_error);
    CHECK_EQ(map(dom0, 1, 512, MAP_GFN, true, &h), GNTST_bad_gntref);
    CHECK_EQ(map(dom0, 6, 8, MAP_GFN, true, &h), GNTST_bad_domain);
    CHECK_EQ(map(dom0, DOMID_SELF, 8, MAP_GFN, true, &h), GNTST_bad_domain);
    CHECK_EQ(op(dom0, GNTTABOP_map_grant_ref, &m, 1), 0);
    CHECK_EQ(m.status, GNTST_bad_gntref);
    m.flags = GNTMAP_host_map | GNTMAP_device_map;
    CHECK_EQ(op(dom0, GNTTABOP_map_grant_ref, &m, 1), 0);
    CHECK_EQ(m.status, GNTST_general_error);
    grant(8, 3, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_general_error);
    grant(8, 0, RAM_GFN, GTF_readonly);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_general_error);
    CHECK_EQ(entry(8)->flags, GTF_permit_access | GTF_readonly);
    grant(8, 0, 0x999, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_bad_page);
    CHECK_EQ(entry(8)->flags, GTF_permit_access);
    grant(8, 0, TABLE_GFN, 0); /* A page of the hypervisor's. */
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_bad_page);
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, FAKE_GFNS, true, &h), GNTST_general_error);
    CHECK_EQ(entry(8)->flags, GTF_permit_access);
    CHECK_EQ(domu->refs, 1);
    CHECK_EQ(op(dom0, GNTTABOP_map_grant_ref, NULL, 1), -EFAULT);
    CHECK_EQ(op(dom0, GNTTABOP_map_grant_ref, &m, ~0u), -EINVAL);
    CHECK_EQ(op(dom0, GNTTABOP_transfer, &m, 1), -ENOSYS);
    CHECK_EQ(op(dom0, GNTTABOP_unmap_and_replace, &m, 1), -ENOSYS);
}

/* What the mapping covers is not the grantee's RAM any more. */
TEST(map_over_ram_and_guard)
{
    const uint32_t before = (setup(), dom0->tot_pages);
    uint32_t h;
    uint32_t h2;

    fake_ram(dom0, 5);
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, 5, true, &h), GNTST_okay);
    CHECK_EQ(dom0->tot_pages, before);
    /* A grant goes by unmapping only. */
    CHECK_EQ(physmap_remove(dom0, GFN(5)), -ENXIO);
    CHECK_EQ(map(dom0, 1, 8, 5, true, &h2), GNTST_general_error);
    CHECK_EQ(unmap(dom0, 5, h), GNTST_okay);
    CHECK_EQ(entry(8)->flags, GTF_permit_access);
}

/* The granter changes its mind while the page is used. */
TEST(revocation)
{
    uint32_t h;
    uint32_t h2;

    setup();
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, false, &h), GNTST_okay);
    void *const page = fake_see(dom0, MAP_GFN);

    /* Another frame: a reader more gets the old, a writer nothing. */
    entry(8)->frame = RAM_GFN + 1;
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN + 1, false, &h2), GNTST_okay);
    CHECK(fake_see(dom0, MAP_GFN + 1) == page);
    CHECK_EQ(unmap(dom0, MAP_GFN + 1, h2), GNTST_okay);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN + 1, true, &h2), GNTST_general_error);
    CHECK_EQ(entry(8)->flags, GTF_permit_access | GTF_reading);

    /* It balloons the page out: the mapping still has it, alone. */
    const unsigned long free_before = fake_free_pages();

    CHECK_EQ(physmap_remove(domu, GFN(RAM_GFN)), 0);
    CHECK_EQ(fake_free_pages(), free_before);
    CHECK_EQ(*(char *)page, 'A');
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
    CHECK_EQ(fake_free_pages(), free_before + 1);
    CHECK_EQ(entry(8)->flags, GTF_permit_access);
}

TEST(granter_dies)
{
    const unsigned long before = (setup(), fake_free_pages());
    uint32_t h;

    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_okay);
    fake_domain_kill(domu);
    CHECK(!fake_domain_reap(domu));
    CHECK_EQ(*(char *)fake_see(dom0, MAP_GFN), 'A');
    CHECK_EQ(map(dom0, 1, 9, MAP_GFN + 1, true, &h), GNTST_bad_domain);
    CHECK_EQ(unmap(dom0, MAP_GFN, 0), GNTST_okay);
    CHECK(fake_domain_reap(domu));
    /* What stays is the mapper's list of handles. */
    CHECK(fake_free_pages() >= before + 7);
}

TEST(mapper_dies)
{
    uint32_t h;

    setup();
    struct domain *const other = fake_domain_add(2, 1);

    for (uint32_t i = 0; i < 8; i++) {
        grant(8 + i, 2, RAM_GFN + i, 0);
        CHECK_EQ(map(other, 1, 8 + i, MAP_GFN + i, i % 2, &h), GNTST_okay);
    }
    CHECK_EQ(domu->refs, 9);
    fake_domain_kill(other);
    CHECK_EQ(domu->refs, 1);
    CHECK(fake_domain_reap(other));
    for (uint32_t i = 0; i < 8; i++) {
        CHECK_EQ(entry(8 + i)->flags, GTF_permit_access);
    }
}

TEST(copies)
{
    char *mine;
    struct gnttab_copy c;

    setup();
    mine = fake_ram(dom0, 3);
    grant(8, 0, RAM_GFN + 2, GTF_readonly);
    grant(9, 0, RAM_GFN + 3, 0);
    CHECK_EQ(copy(dom0, copy_of(8, 0, 3, 0, 4096)), GNTST_okay);
    CHECK(mine[0] == 'C' && mine[4095] == 'C');
    CHECK_EQ(copy(dom0, copy_of(9, 4000, 3, 100, 96)), GNTST_okay);
    CHECK(mine[99] == 'C' && mine[100] == 'D' && mine[195] == 'D' &&
          mine[196] == 'C');
    CHECK_EQ(entry(8)->flags, GTF_permit_access | GTF_readonly);
    CHECK_EQ(copy(dom0, copy_of(8, 1, 3, 0, 4096)), GNTST_bad_copy_arg);
    CHECK_EQ(copy(dom0, copy_of(8, 0, 3, 65535, 2)), GNTST_bad_copy_arg);
    CHECK_EQ(copy(dom0, copy_of(8, 0, 999, 0, 1)), GNTST_bad_page);
    CHECK_EQ(copy(dom0, copy_of(10, 0, 3, 0, 1)), GNTST_general_error);
    CHECK_EQ(copy(dom0, copy_of(~0u, 0, 3, 0, 1)), GNTST_bad_gntref);
    c = copy_of(8, 0, 3, 0, 1);
    c.source.domid = 5;
    CHECK_EQ(copy(dom0, c), GNTST_bad_domain);
    c = copy_of(8, 0, 3, 0, 1);
    c.dest.domid = 1;
    CHECK_EQ(copy(dom0, c), GNTST_permission_denied);

    /* Into a grant: 9 may be written, 8 not. */
    c = (struct gnttab_copy){
        .source = { .u.gmfn = 3, .domid = DOMID_SELF },
        .dest = { .u.ref = 9, .domid = 1, .offset = 8 },
        .len = 4, .flags = GNTCOPY_dest_gref };
    CHECK_EQ(copy(dom0, c), GNTST_okay);
    CHECK_EQ(((char *)fake_see(domu, RAM_GFN + 3))[8], 'C');
    CHECK_EQ(entry(9)->flags, GTF_permit_access);
    c.dest.u.ref = 8;
    CHECK_EQ(copy(dom0, c), GNTST_general_error);
    CHECK_EQ(entry(8)->flags, GTF_permit_access | GTF_readonly);
    CHECK_EQ(page_of(p2m_lookup(domu, GFN(RAM_GFN + 2)).mfn)->count, 1);
}

TEST(many_at_once)
{
    static struct gnttab_copy c[200];
    static struct gnttab_map_grant_ref m[100];
    static struct gnttab_unmap_grant_ref u[100];
    unsigned int runs;

    setup();
    fake_ram(dom0, 3);
    for (unsigned int i = 0; i < 200; i++) {
        grant(8 + i, 0, RAM_GFN + i % 8, 0);
        c[i] = copy_of(8 + i, 0, 3, (uint16_t)i, 1);
        c[i].status = 99;
    }
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_grant_table_op, &runs,
                            GNTTABOP_copy, (uintptr_t)c, 200), 0);
    CHECK_EQ(runs, 4);
    for (unsigned int i = 0; i < 200; i++) {
        CHECK_EQ(c[i].status, GNTST_okay);
        CHECK_EQ(((char *)fake_see(dom0, 3))[i], 'A' + i % 8);
    }
    for (unsigned int i = 0; i < 100; i++) {
        m[i].host_addr = (uint64_t)(MAP_GFN + i) << PAGE_SHIFT;
        m[i].ref = 8 + i;
        m[i].dom = 1;
        m[i].flags = GNTMAP_host_map;
    }
    CHECK_EQ(op(dom0, GNTTABOP_map_grant_ref, m, 100), 0);
    for (unsigned int i = 0; i < 100; i++) {
        CHECK_EQ(m[i].status, GNTST_okay);
        u[i].host_addr = m[i].host_addr;
        u[i].handle = m[i].handle;
    }
    u[50].handle = u[49].handle;
    CHECK_EQ(op(dom0, GNTTABOP_unmap_grant_ref, u, 100), 0);
    CHECK_EQ(u[50].status, GNTST_bad_handle);
    CHECK_EQ(u[99].status, GNTST_okay);
    CHECK_EQ(domu->refs, 2);
    CHECK_EQ(unmap(dom0, MAP_GFN + 50, m[50].handle), GNTST_okay);
}

TEST(sizes)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    xen_pfn_t frames[65];
    struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 2 };
    struct page *pg;

    setup();
    CHECK_EQ(op(domu, GNTTABOP_query_size, &q, 1), 0);
    CHECK_EQ(q.status, GNTST_okay);
    CHECK_EQ(q.nr_frames, 1);
    CHECK_EQ(q.max_nr_frames, 64);
    CHECK_EQ(op(domu, GNTTABOP_query_size, &q, 2), -EINVAL);
    q.dom = 0;
    CHECK_EQ(op(domu, GNTTABOP_query_size, &q, 1), 0);
    CHECK_EQ(q.status, GNTST_permission_denied);
    CHECK_EQ(gnttab_map_frame(domu, 64, false, GFN(9)), -EINVAL);
    CHECK_EQ(gnttab_map_frame(domu, 63, false, GFN(9)), 0);
    CHECK_EQ(gnttab_map_frame(domu, 0, true, GFN(9)), -EINVAL);
    q.dom = 1;
    CHECK_EQ(op(dom0, GNTTABOP_query_size, &q, 1), 0);
    CHECK_EQ(q.nr_frames, 64);
    set_xen_guest_handle(s.frame_list, frames);
    CHECK_EQ(op(domu, GNTTABOP_setup_table, &s, 1), 0);
    CHECK_EQ(s.status, GNTST_okay);
    CHECK_EQ(frames[0], TABLE_GFN);
    CHECK_EQ(frames[1], ~0ul);
    s.nr_frames = 65;
    CHECK_EQ(op(domu, GNTTABOP_setup_table, &s, 1), 0);
    CHECK_EQ(s.status, GNTST_general_error);
    /* A frame has one place. */
    CHECK_EQ(gnttab_map_frame(domu, 0, false, GFN(TABLE_GFN + 1)), 0);
    CHECK(fake_see(domu, TABLE_GFN) == NULL);
    CHECK_EQ(gnttab_get_frame(domu, 0, false, &pg), 0);
    CHECK(page_va(pg) == fake_see(domu, TABLE_GFN + 1));
    page_put(pg);
}

TEST(version_2)
{
    struct gnttab_set_version v = { .version = 3 };
    uint32_t h;

    setup();
    CHECK_EQ(op(domu, GNTTABOP_set_version, &v, 1), -EINVAL);
    CHECK_EQ(v.version, 1);
    grant(1, 0, RAM_GFN + 7, 0);
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &h), GNTST_okay);
    v.version = 2;
    CHECK_EQ(op(domu, GNTTABOP_set_version, &v, 1), -EBUSY);
    CHECK_EQ(v.version, 1);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
    CHECK_EQ(map(dom0, 1, 1, MAP_GFN, false, &h), GNTST_okay);
    v.version = 2;
    CHECK_EQ(op(domu, GNTTABOP_set_version, &v, 1), 0);
    CHECK_EQ(gnttab_map_frame(domu, 0, true, GFN(STATUS_GFN)), 0);

    /* The reserved entries live on, with their users. */
    CHECK_EQ(entry2(1)->full_page.frame, RAM_GFN + 7);
    CHECK_EQ(*status2(1), GTF_reading);
    CHECK_EQ(entry2(8)->hdr.flags, 0);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
    CHECK_EQ(*status2(1), 0);

    grant2(9, 0, RAM_GFN + 1, 0);
    CHECK_EQ(map(dom0, 1, 9, MAP_GFN, true, &h), GNTST_okay);
    CHECK_EQ(entry2(9)->hdr.flags, GTF_permit_access);
    CHECK_EQ(*status2(9), GTF_reading | GTF_writing);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
    CHECK_EQ(*status2(9), 0);
    CHECK_EQ(map(dom0, 1, 256, MAP_GFN, true, &h), GNTST_bad_gntref);

    /* Part of a page: copied inside its bounds, never mapped. */
    grant2(10, 0, RAM_GFN + 2, GTF_sub_page);
    entry2(10)->sub_page.page_off = 100;
    entry2(10)->sub_page.length = 50;
    char *const mine = fake_ram(dom0, 3);

    CHECK_EQ(map(dom0, 1, 10, MAP_GFN, true, &h), GNTST_general_error);
    CHECK_EQ(copy(dom0, copy_of(10, 100, 3, 0, 50)), GNTST_okay);
    CHECK_EQ(mine[49], 'C');
    CHECK_EQ(copy(dom0, copy_of(10, 99, 3, 0, 50)), GNTST_general_error);
    CHECK_EQ(copy(dom0, copy_of(10, 100, 3, 0, 51)), GNTST_general_error);
    CHECK_EQ(*status2(10), 0);
    grant2(10, 0, 0, 0);
    entry2(10)->hdr.flags = GTF_transitive;
    CHECK_EQ(copy(dom0, copy_of(10, 0, 3, 0, 1)), GNTST_general_error);

    /* Back: the status frame leaves the map. */
    v.version = 1;
    CHECK_EQ(op(domu, GNTTABOP_set_version, &v, 1), 0);
    CHECK(fake_see(domu, STATUS_GFN) == NULL);
    CHECK_EQ(entry(1)->frame, RAM_GFN + 7);
}

TEST(swap)
{
    struct gnttab_swap_grant_ref s = { .ref_a = 8, .ref_b = 9 };
    uint32_t h;

    setup();
    grant(8, 0, RAM_GFN, 0);
    grant(9, 0, RAM_GFN + 1, 0);
    CHECK_EQ(op(domu, GNTTABOP_swap_grant_ref, &s, 1), 0);
    CHECK_EQ(s.status, GNTST_okay);
    CHECK_EQ(entry(8)->frame, RAM_GFN + 1);
    CHECK_EQ(map(dom0, 1, 9, MAP_GFN, true, &h), GNTST_okay);
    CHECK_EQ(op(domu, GNTTABOP_swap_grant_ref, &s, 1), 0);
    CHECK_EQ(s.status, GNTST_eagain);
    s.ref_b = 512;
    CHECK_EQ(op(domu, GNTTABOP_swap_grant_ref, &s, 1), 0);
    CHECK_EQ(s.status, GNTST_bad_gntref);
    CHECK_EQ(unmap(dom0, MAP_GFN, h), GNTST_okay);
}

TEST(many_handles)
{
    const unsigned int n = 600;
    uint32_t first;
    uint32_t h;

    setup();
    grant(8, 0, RAM_GFN, 0);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, true, &first), GNTST_okay);
    for (unsigned int i = 1; i < n; i++) {
        REQUIRE(map(dom0, 1, 8, MAP_GFN + i, true, &h) == GNTST_okay);
    }
    CHECK(h >= 512);
    CHECK_EQ(unmap(dom0, MAP_GFN, first), GNTST_okay);
    CHECK_EQ(map(dom0, 1, 8, MAP_GFN, false, &h), GNTST_okay);
    CHECK_EQ(h, first);
}

#define RANDOM_REFS 32u
#define RANDOM_MAPS 64u

static struct random_map {
    bool is_mapped;
    bool is_write;
    uint32_t ref;
    uint32_t handle;
} maps[RANDOM_MAPS];

static void random_grant(uint32_t ref)
{
    /* A guest that writes into its table whenever it likes. */
    if (unit_random() % 4 == 0) {
        entry(ref)->flags = 0;
    } else {
        grant(ref, (domid_t)(unit_random() % 8 == 0),
              RAM_GFN + unit_random() % 10,
              unit_random() % 3 == 0 ? GTF_readonly : 0);
    }
}

static void random_map(uint32_t ref, unsigned int slot)
{
    struct random_map *const m = &maps[slot];

    if (m->is_mapped) {
        CHECK_EQ(unmap(dom0, MAP_GFN + slot, m->handle), GNTST_okay);
        m->is_mapped = false;
        return;
    }
    m->is_write = unit_random() % 2;
    m->ref = ref;
    m->is_mapped = map(dom0, 1, ref, MAP_GFN + slot, m->is_write,
                       &m->handle) == GNTST_okay;
}

TEST(random_operations)
{
    unsigned long before;

    setup();
    fake_ram(dom0, 3);
    memset(maps, 0, sizeof(maps));
    unit_seed(5);
    for (unsigned int i = 0; i < 60000; i++) {
        const uint32_t ref = 8 + unit_random() % RANDOM_REFS;

        switch (unit_random() % 4) {
        case 0:
            random_grant(ref);
            break;
        case 1:
            (void)copy(dom0, copy_of(ref, unit_random() % 5000, 3, 0,
                                     unit_random() % 300));
            break;
        default:
            random_map(ref, unit_random() % RANDOM_MAPS);
            break;
        }
    }
    for (unsigned int i = 0; i < RANDOM_MAPS; i++) {
        if (maps[i].is_mapped) {
            random_map(0, i);
        }
    }
    CHECK_EQ(domu->refs, 1);
    for (unsigned int i = 0; i < 8; i++) {
        CHECK_EQ(page_of(p2m_lookup(domu, GFN(RAM_GFN + i)).mfn)->count, 1);
    }
    for (uint32_t ref = 8; ref < 8 + RANDOM_REFS; ref++) {
        CHECK_EQ(entry(ref)->flags & (GTF_reading | GTF_writing), 0);
    }
    before = fake_free_pages();
    fake_domain_kill(domu);
    CHECK(fake_domain_reap(domu));
    CHECK(fake_free_pages() > before + 8);
}
