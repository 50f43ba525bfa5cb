/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sysctl tells of the machine: physinfo, CPUs, topology, nodes, memory,
 * the scheduler; buffers too small, absent and unmapped.
 * Public header "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct xen_sysctl op;

static int64_t call(uint32_t cmd)
{
    return sysctl(&op, cmd);
}

static uint64_t free_pages(void)
{
    memset(&op, 0, sizeof(op));
    return call(XEN_SYSCTL_physinfo) ? 0 : op.u.physinfo.free_pages;
}

static void physinfo(void)
{
    const struct xen_sysctl_physinfo *p = &op.u.physinfo;

    memset(&op, 0x5a, sizeof(op));
    check_eq("physinfo", call(XEN_SYSCTL_physinfo), 0);
    check("CPUs", p->nr_cpus >= 1 && p->nr_cpus <= p->max_cpu_id + 1,
          "%u of %u", p->nr_cpus, p->max_cpu_id);
    check("threads and cores", p->threads_per_core >= 1 &&
          p->cores_per_socket >= 1, "%u %u", p->threads_per_core,
          p->cores_per_socket);
    check("nodes", p->nr_nodes == 1 && p->max_node_id < 64, "%u %u",
          p->nr_nodes, p->max_node_id);
    check("frequency", p->cpu_khz > 10000, "%u", p->cpu_khz);
    check_eq("HVM, HAP, grant versions", p->capabilities &
             (XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
              XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2),
             XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
             XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2);
    check("no unknown capabilities",
          !(p->capabilities & ~(2 * XEN_SYSCTL_PHYSCAP_MAX - 1)), "%x",
          p->capabilities);
    check("memory", p->total_pages > 200000 && p->total_pages < 300000 &&
          p->free_pages > 1000 && p->free_pages < p->total_pages,
          "%lu of %lu", p->free_pages, p->total_pages);
    check("highest frame", p->max_mfn + 1 >= p->total_pages, "%lx",
          p->max_mfn);
    check_eq("nothing claimed", p->outstanding_pages, 0);
    check("x86 features", p->hw_cap[0] != 0, "none");
}

/* Free memory falls by what a domain gets and is back when it has gone. */
static void accounting(void)
{
    struct child c;
    uint64_t before;
    uint64_t with;

    /* The first one makes tables of our own map, which stay. */
    check_eq("create", child_create(&c, NULL), 0);
    CHECK("it goes", child_destroy(&c));
    child_relax(50000000);
    before = free_pages();
    check_eq("create another", child_create(&c, NULL), 0);
    with = free_pages();
    check("a domain takes its pages", before - with >= CHILD_PAGES, "%lu",
          before - with);
    check_eq("eight more", child_populate(&c, 0x100, 8), 8);
    check("are eight fewer", with - free_pages() >= 8 &&
          with - free_pages() <= 12, "%lu", with - free_pages());
    CHECK("it goes", child_destroy(&c));
    for (unsigned int i = 0; i < 100 && free_pages() != before; i++) {
        child_relax(10000000);
    }
    check_eq("nothing is lost", free_pages(), before);
}

static void cpus(void)
{
    static struct xen_sysctl_cpuinfo info[8];
    static struct xen_sysctl_cputopo topo[8];
    uint32_t n;

    memset(&op, 0, sizeof(op));
    op.u.getcpuinfo.max_cpus = 8;
    set_xen_guest_handle(op.u.getcpuinfo.info, info);
    check_eq("getcpuinfo", call(XEN_SYSCTL_getcpuinfo), 0);
    n = op.u.getcpuinfo.nr_cpus;
    check("CPUs", n >= 1 && n <= 8, "%u", n);
    op.u.getcpuinfo.max_cpus = 0;
    check_eq("for none", call(XEN_SYSCTL_getcpuinfo), 0);
    check_eq("none", op.u.getcpuinfo.nr_cpus, 0);
    op.u.getcpuinfo.max_cpus = 8;
    set_xen_guest_handle(op.u.getcpuinfo.info,
                         (xen_sysctl_cpuinfo_t *)MM_WINDOW);
    check_eq("to nowhere", call(XEN_SYSCTL_getcpuinfo), -XEN_EFAULT);
    memset(&op, 0, sizeof(op));
    check_eq("size of cputopoinfo", call(XEN_SYSCTL_cputopoinfo), 0);
    check("CPUs", op.u.cputopoinfo.num_cpus >= n, "%u",
          op.u.cputopoinfo.num_cpus);
    op.u.cputopoinfo.num_cpus = 8;
    set_xen_guest_handle(op.u.cputopoinfo.cputopo, topo);
    check_eq("cputopoinfo", call(XEN_SYSCTL_cputopoinfo), 0);
    check_eq("CPU 0 is on node 0", topo[0].node, 0);
    check("core and socket, or that nobody knows",
          (topo[0].core < 64 || topo[0].core == XEN_INVALID_CORE_ID) &&
          topo[0].socket < 64, "%u %u", topo[0].core, topo[0].socket);
    set_xen_guest_handle(op.u.cputopoinfo.cputopo,
                         (xen_sysctl_cputopo_t *)MM_WINDOW);
    op.u.cputopoinfo.num_cpus = 1;
    check_eq("to nowhere", call(XEN_SYSCTL_cputopoinfo), -XEN_EFAULT);
}

static void nodes(void)
{
    static struct xen_sysctl_meminfo mem[64];
    static uint32_t distance[64 * 64];

    memset(&op, 0, sizeof(op));
    check_eq("size of numainfo", call(XEN_SYSCTL_numainfo), 0);
    check_eq("one node", op.u.numainfo.num_nodes, 1);
    op.u.numainfo.num_nodes = 1;
    set_xen_guest_handle(op.u.numainfo.meminfo, mem);
    set_xen_guest_handle(op.u.numainfo.distance, distance);
    check_eq("numainfo", call(XEN_SYSCTL_numainfo), 0);
    check("memory", mem[0].memsize > mem[0].memfree &&
          mem[0].memfree > 1 << 20, "%lx %lx", mem[0].memsize,
          mem[0].memfree);
    check_eq("distance to itself", distance[0], 10);
    set_xen_guest_handle(op.u.numainfo.meminfo,
                         (xen_sysctl_meminfo_t *)MM_WINDOW);
    check_eq("to nowhere", call(XEN_SYSCTL_numainfo), -XEN_EFAULT);
    memset(&op, 0, sizeof(op));
    op.u.availheap.node = -1;
    check_eq("availheap", call(XEN_SYSCTL_availheap), 0);
    check("bytes", op.u.availheap.avail_bytes > 1 << 20, "%lu",
          op.u.availheap.avail_bytes);
    /* Hospes does not count by width of address: PV needs it, PVH does not. */
    op.u.availheap.min_bitwidth = 40;
    check_eq("availheap above 40 bits", call(XEN_SYSCTL_availheap),
             on_xen() ? 0 : -XEN_EOPNOTSUPP);
    op.u.availheap.min_bitwidth = 0;
    op.u.availheap.node = 77;
    check("availheap of a node that is not there",
          call(XEN_SYSCTL_availheap) != 0 ||
          op.u.availheap.avail_bytes == 0, "%lu",
          op.u.availheap.avail_bytes);
}

static void devices(void)
{
    struct physdev_pci_device dev[2] = { { 0, 0, 0 }, { 7, 9, 9 } };
    uint32_t node[2] = { 77, 77 };

    memset(&op, 0, sizeof(op));
    op.u.pcitopoinfo.num_devs = 2;
    set_xen_guest_handle(op.u.pcitopoinfo.devs, dev);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, node);
    check_eq("pcitopoinfo", call(XEN_SYSCTL_pcitopoinfo), 0);
    check("the host bridge is on no other node", node[0] == 0 ||
          node[0] == XEN_INVALID_NODE_ID || node[0] == XEN_INVALID_DEV,
          "%x", node[0]);
    check_eq("what is not there", node[1], XEN_INVALID_DEV);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, (uint32_t *)MM_WINDOW);
    op.u.pcitopoinfo.num_devs = 2;
    check_eq("to nowhere", call(XEN_SYSCTL_pcitopoinfo), -XEN_EFAULT);
}

static void keys(void)
{
    char key[] = "~";

    memset(&op, 0, sizeof(op));
    op.u.debug_keys.nr_keys = 1;
    set_xen_guest_handle(op.u.debug_keys.keys, key);
    check_eq("a debug key without meaning", call(XEN_SYSCTL_debug_keys), 0);
    set_xen_guest_handle(op.u.debug_keys.keys, (char *)MM_WINDOW);
    check_eq("from nowhere", call(XEN_SYSCTL_debug_keys), -XEN_EFAULT);
    op.u.debug_keys.nr_keys = 0;
    check_eq("none", call(XEN_SYSCTL_debug_keys), 0);
    memset(&op, 0, sizeof(op));
    check_eq("get_cpu_levelling_caps",
             call(XEN_SYSCTL_get_cpu_levelling_caps), 0);
}

TEST(sysctl_info, "sysctl: what is told of the machine", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    physinfo();
    accounting();
    cpus();
    nodes();
    devices();
    keys();
}
