/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls on memory and on what of the machine a domain may have:
 * getpageframeinfo3, the pool for page tables, hypercall page, permissions
 * for ports, memory and interrupts, mapping of device memory and ports.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct child c;
static struct xen_domctl op;

static void page_types(void)
{
    static xen_pfn_t list[1025];

    memset(&op, 0, sizeof(op));
    list[0] = CHILD_GFN_CODE;
    list[1] = CHILD_GFN_FREE;
    list[2] = 0x5000;
    list[3] = 1ull << 40;
    op.u.getpageframeinfo3.num = 4;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
    check_eq("getpageframeinfo3",
             domctl(&op, XEN_DOMCTL_getpageframeinfo3, c.domid), 0);
    check_eq("a page", list[0], XEN_DOMCTL_PFINFO_NOTAB);
    check_eq("another", list[1], XEN_DOMCTL_PFINFO_NOTAB);
    check_eq("a hole", list[2], XEN_DOMCTL_PFINFO_XTAB);
    check_eq("beyond any address", list[3], XEN_DOMCTL_PFINFO_XTAB);
    op.u.getpageframeinfo3.num = 0;
    check_eq("of none", domctl(&op, XEN_DOMCTL_getpageframeinfo3, c.domid),
             0);
    op.u.getpageframeinfo3.num = 1024;
    check_eq("of 1024", domctl(&op, XEN_DOMCTL_getpageframeinfo3, c.domid),
             0);
    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
    op.u.getpageframeinfo3.num = 1025;
    check_eq("of too many",
             domctl(&op, XEN_DOMCTL_getpageframeinfo3, c.domid), -XEN_E2BIG);
    op.u.getpageframeinfo3.num = 1;
    set_xen_guest_handle(op.u.getpageframeinfo3.array,
                         (xen_pfn_t *)MM_WINDOW);
    check_eq("of an unmapped list",
             domctl(&op, XEN_DOMCTL_getpageframeinfo3, c.domid),
             -XEN_EFAULT);
}

static int64_t pool(uint32_t cmd, uint64_t size)
{
    memset(&op, 0, sizeof(op));
    op.u.paging_mempool.size = size;
    return domctl(&op, cmd, c.domid);
}

static void mempool(void)
{
    check_eq("set_paging_mempool_size",
             pool(XEN_DOMCTL_set_paging_mempool_size, 4u << 20), 0);
    check_eq("get_paging_mempool_size",
             pool(XEN_DOMCTL_get_paging_mempool_size, 0), 0);
    check_eq("what was set", op.u.paging_mempool.size, 4u << 20);
    check_eq("a size that is no multiple of pages",
             pool(XEN_DOMCTL_set_paging_mempool_size, 4097), -XEN_EINVAL);
    check_eq("a size beyond reason",
             pool(XEN_DOMCTL_set_paging_mempool_size, 1ull << 60),
             -XEN_EINVAL);
}

static void hypercall_page(void)
{
    const uint8_t *page;

    memset(&op, 0, sizeof(op));
    op.u.hypercall_init.gmfn = CHILD_GFN_SCRATCH;
    check_eq("hypercall_init",
             domctl(&op, XEN_DOMCTL_hypercall_init, c.domid), 0);
    page = child_map(&c, CHILD_GFN_SCRATCH, NULL);
    CHECK("the page maps", page != NULL);
    if (page) {
        const uint8_t *stub = page + 32 * __HYPERVISOR_xen_version;

        check_eq("a stub: mov $nr, %eax", stub[0] == 0xb8 &&
                 stub[1] == __HYPERVISOR_xen_version, true);
        check_eq("the processor's own instruction",
                 stub[7], hypercall_is_vmmcall ? 0xd9 : 0xc1);
        child_unmap(&c, CHILD_GFN_SCRATCH);
    }
    op.u.hypercall_init.gmfn = 0x5000;
    check_eq("in a hole", domctl(&op, XEN_DOMCTL_hypercall_init, c.domid),
             -XEN_EINVAL);
}

static int64_t ports(uint32_t first, uint32_t n, uint8_t allow)
{
    memset(&op, 0, sizeof(op));
    op.u.ioport_permission.first_port = first;
    op.u.ioport_permission.nr_ports = n;
    op.u.ioport_permission.allow_access = allow;
    return domctl(&op, XEN_DOMCTL_ioport_permission, c.domid);
}

static int64_t memory(uint64_t first, uint64_t n, uint8_t allow)
{
    memset(&op, 0, sizeof(op));
    op.u.iomem_permission.first_mfn = first;
    op.u.iomem_permission.nr_mfns = n;
    op.u.iomem_permission.allow_access = allow;
    return domctl(&op, XEN_DOMCTL_iomem_permission, c.domid);
}

static int64_t irq(uint32_t pirq, uint8_t allow)
{
    memset(&op, 0, sizeof(op));
    op.u.irq_permission.pirq = pirq;
    op.u.irq_permission.allow_access = allow;
    return domctl(&op, XEN_DOMCTL_irq_permission, c.domid);
}

static void permissions(void)
{
    check_eq("allow ports", ports(0x300, 8, 1), 0);
    check_eq("forbid them", ports(0x300, 8, 0), 0);
    check_eq("no ports", ports(0x300, 0, 1), -XEN_EINVAL);
    check_eq("ports beyond the last", ports(0xfffe, 8, 1), -XEN_EINVAL);
    check_eq("ports that wrap around", ports(0xffffffff, 2, 1),
             -XEN_EINVAL);
    check_eq("allow memory", memory(0xfeb00, 1, 1), 0);
    check_eq("forbid it", memory(0xfeb00, 1, 0), 0);
    check_eq("memory that wraps around", memory(~0ull, 2, 1), -XEN_EINVAL);
    check_eq("memory beyond any address", memory(1ull << 50, 1, 1),
             -XEN_EPERM);
    check_eq("an interrupt beyond the last", irq(100000, 1), -XEN_EINVAL);
}

static int64_t map(uint64_t gfn, uint64_t mfn, uint64_t n, uint32_t add)
{
    memset(&op, 0, sizeof(op));
    op.u.memory_mapping.first_gfn = gfn;
    op.u.memory_mapping.first_mfn = mfn;
    op.u.memory_mapping.nr_mfns = n;
    op.u.memory_mapping.add_mapping = add;
    return domctl(&op, XEN_DOMCTL_memory_mapping, c.domid);
}

static void mappings(void)
{
    check_eq("mapping of what the caller has not allowed",
             map(0x4000, 0xfeb00, 1, 1), -XEN_EPERM);
    check_eq("of nothing", map(0x4000, 0xfeb00, 0, 1), -XEN_EINVAL);
    check_eq("that wraps around", map(0x4000, ~0ull, 2, 1), -XEN_EINVAL);
}

TEST(domctl_mem, "domctl: pages, pool, permissions, mappings", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    check_eq("create", child_create(&c, NULL), 0);
    page_types();
    mempool();
    hypercall_page();
    permissions();
    mappings();
    CHECK("it goes", child_destroy(&c));
}
