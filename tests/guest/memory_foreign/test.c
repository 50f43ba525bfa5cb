/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of another domain in one's own map: single pages and batches, what
 * is refused and how errors are told for each page; XENMEM operations that
 * name another domain.
 * Public header "memory.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define AT    0x350000ull
#define BATCH 8u

static struct child c;
static xen_ulong_t idxs[BATCH];
static xen_pfn_t gpfns[BATCH];
static int errs[BATCH];

static int64_t batch(uint16_t domid, uint16_t space, uint16_t foreign,
                     uint16_t n)
{
    struct xen_add_to_physmap_batch b = {
        .domid = domid,
        .space = space,
        .size = n,
        .u.foreign_domid = foreign,
    };

    set_xen_guest_handle(b.idxs, idxs);
    set_xen_guest_handle(b.gpfns, gpfns);
    set_xen_guest_handle(b.errs, errs);
    return memory_op(XENMEM_add_to_physmap_batch, &b);
}

static int64_t remove(uint64_t gfn)
{
    struct xen_remove_from_physmap xrfp = { .domid = DOMID_SELF,
                                            .gpfn = gfn };

    return memory_op(XENMEM_remove_from_physmap, &xrfp);
}

static void fill(uint64_t first)
{
    for (unsigned int i = 0; i < BATCH; i++) {
        idxs[i] = first + i;
        gpfns[i] = AT + i;
        errs[i] = 0x5a5a;
    }
}

static void shared(void)
{
    volatile uint32_t *a = child_map(&c, CHILD_GFN_SCRATCH, NULL);
    volatile uint32_t *b;

    if (!check("a page maps", a != NULL, "refused")) {
        return;
    }
    a[1] = 0x1234abcd;
    fill(CHILD_GFN_SCRATCH);
    check_eq("a batch that has it, too",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, c.domid, BATCH), 0);
    for (unsigned int i = 0; i < BATCH; i++) {
        check_quiet("no error", errs[i] == 0, "%d at %u", errs[i], i);
    }
    b = mm_map(MM_WINDOW, AT << PAGE_SHIFT, PTE_RW);
    check_eq("the same page", b[1], 0x1234abcd);
    b[2] = 0x77;
    check_eq("both ways", a[2], 0x77);
    check_eq("remove one", remove(AT), 0);
    check_eq("remove it again", remove(AT), -XEN_ENOENT);
    CHECK("it is gone", b[1] != 0x1234abcd);
    check_eq("the other stays", a[1], 0x1234abcd);
    for (unsigned int i = 1; i < BATCH; i++) {
        check_quiet("remove", remove(AT + i) == 0, "fails");
    }
    check_eq("unmap", child_unmap(&c, CHILD_GFN_SCRATCH), 0);
    mm_map(MM_WINDOW, 0, 0);
}

static void per_page(void)
{
    /* Where we have read when nothing was there, too. */
    fill(CHILD_GFN_SCRATCH);
    idxs[1] = 0x5000;
    idxs[3] = 1ull << 40;
    check_eq("a batch with holes",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, c.domid, 5), 0);
    check_eq("first", errs[0], 0);
    check("the hole", errs[1] < 0, "%d", errs[1]);
    check_eq("behind it", errs[2], 0);
    check("beyond any address", errs[3] < 0, "%d", errs[3]);
    check_eq("last", errs[4], 0);
    check_eq("nothing further", errs[5], 0x5a5a);
    check_eq("remove", remove(AT), 0);
    check("nothing is at the hole's place", remove(AT + 1) < 0, "mapped");
    check_eq("remove", remove(AT + 2), 0);
    check_eq("remove", remove(AT + 4), 0);
}

static void refusals(void)
{
    struct xen_add_to_physmap one = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn_foreign,
        .idx = CHILD_GFN_SCRATCH,
        .gpfn = AT,
    };

    fill(CHILD_GFN_SCRATCH);
    check_eq("a batch of none",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, c.domid, 0), 0);
    check_eq("an absent domain",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0x7001, 1), 0);
    check_eq("is told of the page", errs[0], -XEN_ESRCH);
    check_eq("one's own memory",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, 1), 0);
    check_eq("is told of the page", errs[0], -XEN_EPERM);
    check("a single foreign page has no call of its own",
          memory_op(XENMEM_add_to_physmap, &one) < 0, "succeeds");
    check("an unknown space",
          batch(DOMID_SELF, 77, c.domid, 1) < 0 || errs[0] < 0, "succeeds");
    gpfns[0] = 1ull << 50;
    check("at no address",
          batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, c.domid, 1) < 0 ||
          errs[0] < 0, "succeeds");
    fill(0x5000);
    check_eq("into a domain that is not there",
             batch(0x7001, XENMAPSPACE_gmfn_foreign, c.domid, 1),
             -XEN_ESRCH);
}

static void pointers(void)
{
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn_foreign,
        .size = 1,
        .u.foreign_domid = c.domid,
    };

    fill(CHILD_GFN_SCRATCH);
    set_xen_guest_handle(b.idxs, (xen_ulong_t *)MM_WINDOW);
    set_xen_guest_handle(b.gpfns, gpfns);
    set_xen_guest_handle(b.errs, errs);
    check_eq("unmapped indices", memory_op(XENMEM_add_to_physmap_batch, &b),
             -XEN_EFAULT);
    set_xen_guest_handle(b.idxs, idxs);
    set_xen_guest_handle(b.errs, (int *)MM_WINDOW);
    check_eq("unmapped errors", memory_op(XENMEM_add_to_physmap_batch, &b),
             -XEN_EFAULT);
    remove(AT);
    check_eq("unmapped argument",
             memory_op(XENMEM_add_to_physmap_batch, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

/* A page of ours that is in the way is given up, as with any new mapping. */
static void over_ram(void)
{
    uint32_t *page = mm_alloc(1);
    struct xen_memory_reservation res = { .nr_extents = 1,
                                          .domid = DOMID_SELF };
    const int64_t before = memory_op(XENMEM_current_reservation,
                                     &(domid_t){ DOMID_SELF });
    xen_pfn_t gfn = mm_gfn(page);

    fill(CHILD_GFN_SCRATCH);
    gpfns[0] = gfn;
    check_eq("over RAM of our own",
             batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, c.domid, 1), 0);
    check_eq("no error", errs[0], 0);
    check_eq("we have one page fewer",
             memory_op(XENMEM_current_reservation, &(domid_t){ DOMID_SELF }),
             before - 1);
    check_eq("remove", remove(gfn), 0);
    set_xen_guest_handle(res.extent_start, &gfn);
    check_eq("RAM in its place",
             memory_op(XENMEM_populate_physmap, &res), 1);
}

TEST(memory_foreign, "Memory of another domain", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    check_eq("create", child_create(&c, NULL), 0);
    shared();
    per_page();
    refusals();
    pointers();
    over_ram();
    CHECK("it goes", child_destroy(&c));
}
