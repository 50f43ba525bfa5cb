/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another domain's reservation: populate of each order, decrease, limits,
 * counts, its memory map and the highest of its frames.
 * Public header "memory.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define N 200u

static struct child c;
static xen_pfn_t list[N];

static int64_t reserve(unsigned int cmd, uint16_t domid, unsigned int n,
                       unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .extent_order = order,
        .domid = domid,
    };

    set_xen_guest_handle(r.extent_start, list);
    return memory_op(cmd, &r);
}

static int64_t populate(uint64_t gfn, unsigned int n, unsigned int order)
{
    for (unsigned int i = 0; i < n && i < N; i++) {
        list[i] = gfn + ((uint64_t)i << order);
    }
    return reserve(XENMEM_populate_physmap, c.domid, n, order);
}

static uint64_t pages(void)
{
    struct xen_domctl_getdomaininfo info;

    return child_info(c.domid, &info) ? info.tot_pages : ~0ull;
}

static int64_t about(unsigned int cmd)
{
    return memory_op(cmd, &(domid_t){ c.domid });
}

static void orders(void)
{
    uint64_t extra;

    check_eq("maximum_gpfn of nothing", about(XENMEM_maximum_gpfn), 0);
    check_eq("200 pages", populate(0x100, N, 0), N);
    check_eq("are counted", pages(), N);
    check_eq("current_reservation", about(XENMEM_current_reservation), N);
    check_eq("maximum_gpfn", about(XENMEM_maximum_gpfn), 0x100 + N - 1);
    check_eq("an extent of order 9", populate(0x400, 1, 9), 1);
    check_eq("is counted", pages(), N + 512);
    check_eq("two of order 4", populate(0x800, 2, 4), 2);
    check_eq("are counted", pages(), N + 544);
    check_eq("again where pages are", populate(0x100, 1, 0), 1);
    /* Xen keeps the old page, with no address, until the domain's end. */
    extra = pages() - (N + 544);
    check_eq("what was there is freed", extra, on_xen());
    check_eq("an extent that is not aligned", populate(0xa01, 1, 2), 1);
    check_eq("is counted", pages() - extra, N + 548);
    check_eq("decrease", reserve(XENMEM_decrease_reservation, c.domid, 1, 2),
             1);
    check_eq("is counted", pages() - extra, N + 544);
    list[0] = 0x400;
    check_eq("decrease in the middle of an extent",
             reserve(XENMEM_decrease_reservation, c.domid, 1, 0), 1);
    check_eq("is counted", pages() - extra, N + 543);
    /* Hospes gives 2 MiB at most; the tools then ask for less. */
    check_eq("order 10", populate(0x1000, 1, 10), on_xen());
    check_eq("or two of order 9", populate(0x1000, 2 * !on_xen(), 9),
             2 * !on_xen());
    check("order 19 is too large", populate(0x100000, 1, 19) <= 0,
          "succeeds");
    check("order 63", populate(0x100000, 1, 63) <= 0, "succeeds");
    check("order -1", populate(0x100000, 1, ~0u) <= 0, "succeeds");
    check_eq("nothing is counted", pages() - extra, N + 543 + 1024);
}

static void limits(void)
{
    struct xen_domctl op = { 0 };
    const uint64_t have = pages();

    op.u.max_mem.max_memkb = (have + 10) * 4;
    check_eq("ten more are allowed",
             domctl(&op, XEN_DOMCTL_max_mem, c.domid), 0);
    check_eq("maximum_reservation", about(XENMEM_maximum_reservation),
             (int64_t)have + 10);
    check_eq("twenty asked for", populate(0x2000, 20, 0), 10);
    check_eq("ten are given", pages(), have + 10);
    check("and not one more", populate(0x3000, 1, 0) <= 0, "one");
}

static void refusals(void)
{
    list[0] = 0x4000;
    check("an absent domain",
          reserve(XENMEM_populate_physmap, 0x7001, 1, 0) <= 0, "succeeds");
    check("increase of another domain's",
          reserve(XENMEM_increase_reservation, 0x7001, 1, 0) <= 0,
          "succeeds");
    check_eq("current_reservation of nobody",
             memory_op(XENMEM_current_reservation, &(domid_t){ 0x7001 }),
             -XEN_ESRCH);
    check_eq("maximum_gpfn of nobody",
             memory_op(XENMEM_maximum_gpfn, &(domid_t){ 0x7001 }),
             -XEN_ESRCH);
    check_eq("current_reservation of an unmapped argument",
             memory_op(XENMEM_current_reservation, (void *)MM_WINDOW),
             -XEN_EFAULT);
    check_eq("order of nothing", populate(0x4000, 0, 0), 0);
}

static int64_t set_map(uint16_t domid, void *buf, unsigned int n)
{
    struct xen_foreign_memory_map m = { .domid = domid };

    m.map.nr_entries = n;
    set_xen_guest_handle(m.map.buffer, buf);
    return memory_op(XENMEM_set_memory_map, &m);
}

static void memory_maps(void)
{
    static struct {
        uint64_t addr;
        uint64_t size;
        uint32_t type;
    } __attribute__((packed)) e820[2000] = {
        { 0, 0x100000, 1 }, { 0x100000, 0x100000, 2 },
    };

    check_eq("set_memory_map", set_map(c.domid, e820, 2), 0);
    check_eq("another one", set_map(c.domid, e820, 1), 0);
    check_eq("of nobody", set_map(0x7001, e820, 2), -XEN_ESRCH);
    check_eq("too long a one", set_map(c.domid, e820, 2000), -XEN_EINVAL);
    check_eq("from nowhere", set_map(c.domid, (void *)MM_WINDOW, 2),
             -XEN_EFAULT);
}

static void pod(void)
{
    struct xen_pod_target t = { .domid = c.domid, .target_pages = 8 };

    check_eq("get_pod_target", memory_op(XENMEM_get_pod_target, &t), 0);
    check_eq("pages", t.tot_pages, pages());
    check_eq("no populate on demand", t.pod_entries + t.pod_cache_pages, 0);
    t.target_pages = t.tot_pages;
    check_eq("set_pod_target", memory_op(XENMEM_set_pod_target, &t), 0);
    t.domid = 0x7001;
    check_eq("of nobody", memory_op(XENMEM_set_pod_target, &t), -XEN_ESRCH);
    check_eq("get_sharing_freed_pages",
             memory_op(XENMEM_get_sharing_freed_pages, NULL), 0);
    check_eq("get_sharing_shared_pages",
             memory_op(XENMEM_get_sharing_shared_pages, NULL), 0);
}

TEST(memory_populate, "Another domain's reservation", TEST_DOM0)
{
    struct xen_domctl op = { 0 };

    mm_map(MM_WINDOW, 0, 0);
    check_eq("create", child_create_bare(&c, NULL), 0);
    op.u.max_vcpus.max = 1;
    domctl(&op, XEN_DOMCTL_max_vcpus, c.domid);
    check("before max_mem there is nothing", populate(0x100, 1, 0) <= 0,
          "one page");
    op.u.max_mem.max_memkb = 16384;
    check_eq("max_mem", domctl(&op, XEN_DOMCTL_max_mem, c.domid), 0);
    orders();
    limits();
    refusals();
    memory_maps();
    pod();
    CHECK("it goes", child_destroy(&c));
}
