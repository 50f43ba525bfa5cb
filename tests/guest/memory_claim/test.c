/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim_pages: what is claimed is kept for the domain, counted as
 * outstanding, used up by populating and given back by 0 or by its end.
 * Public header "memory.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

static struct child c;

static int64_t claim(uint16_t domid, uint64_t n)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .domid = domid,
    };

    return memory_op(XENMEM_claim_pages, &r);
}

static uint64_t outstanding(void)
{
    struct xen_sysctl op = { 0 };

    sysctl(&op, XEN_SYSCTL_physinfo);
    return op.u.physinfo.outstanding_pages;
}

static uint64_t free_pages(void)
{
    struct xen_sysctl op = { 0 };

    sysctl(&op, XEN_SYSCTL_physinfo);
    return op.u.physinfo.free_pages;
}

static uint64_t claimed(void)
{
    struct xen_domctl_getdomaininfo info;

    return child_info(c.domid, &info) ? info.outstanding_pages : ~0ull;
}

static void claims(void)
{
    struct xen_memory_reservation r = { .nr_extents = 1,
                                        .domid = c.domid };

    check_eq("claim 200 pages", claim(c.domid, 200), 0);
    check_eq("all but those it has", claimed(), 200 - CHILD_PAGES);
    check_eq("outstanding in all", outstanding(), 200 - CHILD_PAGES);
    check_eq("another claim", claim(c.domid, 300), -XEN_EINVAL);
    check_eq("populate", child_populate(&c, 0x100, 8), 8);
    check_eq("uses it up", claimed(), 192 - CHILD_PAGES);
    check_eq("give it back", claim(c.domid, 0), 0);
    check_eq("none", claimed(), 0);
    check_eq("outstanding in all", outstanding(), 0);
    check_eq("claim fewer than it has", claim(c.domid, 8), -XEN_EINVAL);
    check_eq("claim more than its limit", claim(c.domid, 1u << 16),
             -XEN_EINVAL);
    check_eq("claim of an absent domain", claim(0x7001, 10), -XEN_EINVAL);
    r.extent_order = 1;
    check_eq("claim of an order", memory_op(XENMEM_claim_pages, &r),
             -XEN_EINVAL);
    r.extent_order = 0;
    r.mem_flags = 1;
    check_eq("claim with flags", memory_op(XENMEM_claim_pages, &r),
             -XEN_EINVAL);
    check_eq("unmapped argument",
             memory_op(XENMEM_claim_pages, (void *)MM_WINDOW), -XEN_EFAULT);
}

static void too_much(void)
{
    struct xen_domctl op = { 0 };

    op.u.max_mem.max_memkb = UINT64_MAX >> 1;
    domctl(&op, XEN_DOMCTL_max_mem, c.domid);
    check_eq("claim more than there is", claim(c.domid, 1u << 30),
             -XEN_ENOMEM);
    check_eq("claim much", claim(c.domid, free_pages() - 1024), 0);
    check_eq("claim by oneself of nothing", claim(0, 0), 0);
}

TEST(memory_claim, "claim_pages", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    check_eq("create", child_create(&c, NULL), 0);
    claims();
    too_much();
    CHECK("it goes", child_destroy(&c));
    check_eq("its claim with it", outstanding(), 0);
}
