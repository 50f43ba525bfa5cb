/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the grant table, the domain granting to itself.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/x86.h>

#include <xen/grant_table.h>

#define REF      8u
#define PAGES    64u
#define MAP_GFN  0x300010ull

static struct grant_entry_v1 *table;
static uint32_t map_ref = REF;
static uint8_t *page_to;
static unsigned int copy_len;
static uint32_t handle;
static unsigned int failures;
static domid_t own_domid;

static uint64_t sample_copy(void)
{
    struct gnttab_copy op = {
        .source = { .u.ref = REF, .domid = DOMID_SELF },
        .dest = { .u.gmfn = mm_gfn(page_to), .domid = DOMID_SELF },
        .len = (uint16_t)copy_len,
        .flags = GNTCOPY_source_gref,
    };
    uint64_t begin;
    uint64_t end;

    begin = rdtsc();
    grant_op(GNTTABOP_copy, &op, 1);
    end = rdtsc();
    failures += op.status != GNTST_okay;
    return bench_span(begin, end);
}

/* Each time another page: real Xen 4.17 forgets the frame number of a page
 * that its owner mapped and unmapped, and then refuses to map it again. */
static uint64_t map(void)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = MAP_GFN << PAGE_SHIFT,
        .flags = GNTMAP_host_map,
        .ref = map_ref++,
        .dom = own_domid,
    };
    uint64_t begin;
    uint64_t end;

    begin = rdtsc();
    grant_op(GNTTABOP_map_grant_ref, &op, 1);
    end = rdtsc();
    handle = op.handle;
    failures += op.status != GNTST_okay;
    return bench_span(begin, end);
}

static uint64_t unmap(void)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = MAP_GFN << PAGE_SHIFT,
        .handle = handle,
    };
    uint64_t begin;
    uint64_t end;

    begin = rdtsc();
    grant_op(GNTTABOP_unmap_grant_ref, &op, 1);
    end = rdtsc();
    failures += op.status != GNTST_okay;
    return bench_span(begin, end);
}

static uint64_t sample_map(void)
{
    const uint64_t cost = map();

    unmap();
    return cost;
}

static uint64_t sample_unmap(void)
{
    map();
    return unmap();
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

void bench_grants(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
    };

    table = mm_alloc(1);
    xatp.gpfn = mm_gfn(table);
    own_domid = shared_domid();
    page_to = mm_alloc(1);
    if (memory_op(XENMEM_add_to_physmap, &xatp)) {
        bench_missing("grant_copy_4096", "no grant table");
        return;
    }
    for (uint32_t ref = REF; ref < REF + PAGES; ref++) {
        table[ref].frame = (uint32_t)mm_gfn(mm_alloc(1));
        table[ref].domid = own_domid;
        barrier();
        table[ref].flags = GTF_permit_access;
    }
    copy_len = 4096;
    row("grant_copy_4096", sample_copy);
    copy_len = 64;
    row("grant_copy_64", sample_copy);
    row("grant_map", sample_map);
    row("grant_unmap", sample_unmap);
}
