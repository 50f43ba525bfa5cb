/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that floods with grants, for tests of the toolstack: flood=forever.
 * Its table grows to the limit; each round offers one page to dom0 by every
 * entry, copies through entries good and bad, maps entries of its own until
 * it may have no more, and takes all of it back. Without the word a few
 * rounds, as a test.
 * Public header "grant_table.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/grant_table.h>

#define TABLE_GFN 0x366000ull
#define VIEW_GFN  0x367000ull
#define TABLE_VA  (MM_WINDOW + 0x500000)
#define PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
/* Those below belong to the daemons. */
#define FIRST     8u
#define FRAMES    64u
#define MAPS      1024u
#define COPIES    128u
#define ROUNDS    2u

static volatile struct grant_entry_v1 *table;
static struct gnttab_copy copies[COPIES];
static struct gnttab_unmap_grant_ref unmaps[MAPS];

/* Map the whole table, which makes it grow; returns its entries. */
static uint32_t grow(void)
{
    struct gnttab_set_version v1 = { .version = 1 };
    uint32_t n = 0;

    grant_op(GNTTABOP_set_version, &v1, 1);
    for (; n < FRAMES; n++) {
        struct xen_add_to_physmap xatp = {
            .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
            .idx = n, .gpfn = TABLE_GFN + n,
        };

        if (memory_op(XENMEM_add_to_physmap, &xatp)) {
            break;
        }
        mm_map(TABLE_VA + n * PAGE_SIZE, (TABLE_GFN + n) << PAGE_SHIFT,
               PTE_RW);
    }
    table = (volatile struct grant_entry_v1 *)TABLE_VA;
    return n * PER_FRAME;
}

static void fill(uint32_t entries, const void *page, domid_t dom,
                 uint16_t flags)
{
    for (uint32_t ref = FIRST; ref < entries; ref++) {
        table[ref].frame = (uint32_t)mm_gfn(page);
        table[ref].domid = dom;
        barrier();
        table[ref].flags = flags;
    }
}

/* One call, half of its references beyond the table; how many succeed. */
static unsigned int copy_all(uint32_t entries, const void *to)
{
    unsigned int good = 0;

    for (uint32_t i = 0; i < COPIES; i++) {
        copies[i] = (struct gnttab_copy){
            .source = { .domid = DOMID_SELF,
                        .u.ref = i % 2 ? entries + i : FIRST + i },
            .dest = { .domid = DOMID_SELF, .u.gmfn = mm_gfn(to) },
            .len = PAGE_SIZE, .flags = GNTCOPY_source_gref,
        };
    }
    if (grant_op(GNTTABOP_copy, copies, COPIES)) {
        return 0;
    }
    for (uint32_t i = 0; i < COPIES; i++) {
        good += copies[i].status == GNTST_okay;
    }
    return good;
}

/* Mappings of its own pages that a domain gets; all are undone. */
static unsigned int map_all(void)
{
    unsigned int n = 0;

    for (; n < MAPS; n++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = (VIEW_GFN + n) << PAGE_SHIFT,
            .flags = GNTMAP_host_map, .ref = FIRST + n,
            .dom = shared_domid(),
        };

        if (grant_op(GNTTABOP_map_grant_ref, &op, 1) || op.status) {
            break;
        }
        unmaps[n] = (struct gnttab_unmap_grant_ref){
            .host_addr = op.host_addr, .handle = op.handle,
        };
    }
    grant_op(GNTTABOP_unmap_grant_ref, unmaps, n);
    for (unsigned int i = 0; i < n; i++) {
        check_quiet("unmapped", unmaps[i].status == GNTST_okay, "%u: %d", i,
                    unmaps[i].status);
    }
    return n;
}

TEST(flood_grants, "Take, use and offer all grants there are", 0)
{
    char text[8];
    const bool for_ever = test_option("flood", text, sizeof(text));
    const uint32_t entries = grow();
    void *const page = mm_alloc(1);
    void *const to = mm_alloc(1);

    if (!check("the table grows", entries > COPIES + FIRST, "%u", entries)) {
        return;
    }
    for (unsigned int i = 0; i < ROUNDS || for_ever; i++) {
        fill(entries, page, 0, GTF_permit_access);
        fill(entries, page, shared_domid(), GTF_permit_access);
        const unsigned int good = copy_all(entries, to);

        if (!check_quiet("the good half is copied", good == COPIES / 2, "%u",
                         good)) {
            break;
        }
        /* Xen moves the page to the first place it is mapped at. */
        if (!on_xen()) {
            const unsigned int n = map_all();

            check_quiet("mapped", n > 0, "%u", n);
        }
        fill(entries, page, 0, 0);
    }
}
