/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sysctls that describe the machine: memory, processors, nodes.
 */
#include <core/hypercall/sysctl.h>

#include <core/arch/arch_cpu.h>
#include <core/domain/domain_pages.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/hypercall.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <drivers/pci/pci.h>

#define DISTANCE_LOCAL 10u
#define DISTANCE_REMOTE 20u

static unsigned int node_count(void)
{
    unsigned int n = 1;
    unsigned int cpu;

    for_each_online_cpu(cpu) {
        n = max(n, cpu_of(cpu)->node + 1u);
    }
    return n;
}

/* CPUs that share the core, and the package, of the first one; it counts. */
static void count_like_first(unsigned int *threads, unsigned int *in_package)
{
    uint32_t core_0;
    uint32_t package_0;
    unsigned int cpu;

    *threads = 1;
    *in_package = 1;
    arch_cpu_place(0, &core_0, &package_0);
    for_each_online_cpu(cpu) {
        uint32_t core;
        uint32_t package;

        if (cpu == 0) {
            continue;
        }
        arch_cpu_place(cpu, &core, &package);
        *in_package += package == package_0;
        *threads += package == package_0 && core == core_0;
    }
}

int sysctl_physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *p = &op->u.physinfo;
    const unsigned int nodes = node_count();
    unsigned int threads;
    unsigned int in_package;

    count_like_first(&threads, &in_package);
    *p = (struct xen_sysctl_physinfo){
        .threads_per_core = threads,
        .cores_per_socket = in_package / threads,
        .nr_cpus = bitmap_weight(cpu_online, CPU_MAX),
        .max_cpu_id = cpu_count - 1,
        .nr_nodes = nodes,
        .max_node_id = nodes - 1,
        .cpu_khz = (uint32_t)(time_cycles_hz() / 1000),
        .capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
                        XEN_SYSCTL_PHYSCAP_gnttab_v1 |
                        XEN_SYSCTL_PHYSCAP_gnttab_v2,
        .total_pages = page_total_count(PAGE_ANY_NODE),
        .free_pages = page_free_count(PAGE_ANY_NODE),
        .outstanding_pages = domain_claimed_total(),
        .max_mfn = page_count - 1,
    };
    static_assert(sizeof(p->hw_cap) ==
                      ARCH_CPU_FEATURE_WORDS * sizeof(uint32_t),
                  "as many words as Xen shows");
    arch_cpu_features(p->hw_cap);
    return 0;
}

int sysctl_availheap(struct xen_sysctl *op)
{
    struct xen_sysctl_availheap *a = &op->u.availheap;

    /* The allocator does not count by address width. */
    if (a->min_bitwidth || a->max_bitwidth) {
        return -EOPNOTSUPP;
    }
    if (a->node != -1 && (a->node < 0 || (uint32_t)a->node >= node_count())) {
        return -EINVAL;
    }
    a->avail_bytes = (uint64_t)page_free_count(
        a->node == -1 ? PAGE_ANY_NODE : (unsigned int)a->node) << PAGE_SHIFT;
    return 0;
}

int sysctl_cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    const uint32_t n = min(t->num_cpus, cpu_count);

    if (handle_is_null(t->cputopo)) {
        t->num_cpus = cpu_count;
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct xen_sysctl_cputopo c = {
            .core = XEN_INVALID_CORE_ID,
            .socket = XEN_INVALID_SOCKET_ID,
            .node = XEN_INVALID_NODE_ID,
        };

        if (cpu_is_online(i)) {
            arch_cpu_place(i, &c.core, &c.socket);
            c.node = cpu_of(i)->node;
        }
        if (handle_write(t->cputopo, i, &c) != 0) {
            return -EFAULT;
        }
    }
    t->num_cpus = n;
    return 0;
}

static int write_distances(const struct xen_sysctl_numainfo *ni,
                           uint32_t from, uint32_t shown, uint32_t nodes)
{
    for (uint32_t to = 0; to < shown; to++) {
        const uint32_t d = from == to ? DISTANCE_LOCAL : DISTANCE_REMOTE;

        if (handle_write(ni->distance, from * nodes + to, &d) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int sysctl_numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *ni = &op->u.numainfo;
    const uint32_t nodes = node_count();
    const uint32_t n = min(ni->num_nodes, nodes);

    if (handle_is_null(ni->meminfo) && handle_is_null(ni->distance)) {
        ni->num_nodes = nodes;
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct xen_sysctl_meminfo m = {
            .memsize = (uint64_t)page_total_count(i) << PAGE_SHIFT,
            .memfree = (uint64_t)page_free_count(i) << PAGE_SHIFT,
        };

        if (!handle_is_null(ni->meminfo) &&
            handle_write(ni->meminfo, i, &m) != 0) {
            return -EFAULT;
        }
        if (!handle_is_null(ni->distance) &&
            write_distances(ni, i, n, nodes) != 0) {
            return -EFAULT;
        }
    }
    ni->num_nodes = n;
    return 0;
}

/* Nodes of devices are not known: only whether there is such a device. */
int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
    const uint32_t n = min(t->num_devs, HCALL_BATCH);

    if (handle_is_null(t->devs) || handle_is_null(t->nodes)) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct physdev_pci_device dev;
        uint32_t node = XEN_INVALID_NODE_ID;

        if (handle_read(&dev, t->devs, i) != 0) {
            return -EFAULT;
        }
        if (!pci_find(PCI_SBDF(dev.seg, dev.bus, 0, dev.devfn))) {
            node = XEN_INVALID_DEV;
        }
        if (handle_write(t->nodes, i, &node) != 0) {
            return -EFAULT;
        }
    }
    /* As on Xen, a caller with more comes again behind these. */
    t->num_devs = n;
    return 0;
}

/* Nobody tells the hypervisor of the machine's power states. */
int sysctl_get_pmstat(struct xen_sysctl *op)
{
    return cpu_is_online(op->u.get_pmstat.cpuid) ? -ENODEV : -EINVAL;
}

int sysctl_pm_op(struct xen_sysctl *op)
{
    /* Frequencies are of a CPU that has some; all else is not there. */
    return !cpu_is_online(op->u.pm_op.cpuid) ||
                   (op->u.pm_op.cmd & PM_PARA_CATEGORY_MASK) == CPUFREQ_PARA
               ? -EINVAL
               : -ENODEV;
}

/* What may be hidden from PV guests by faulting or masking: none are. */
int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    return 0;
}
