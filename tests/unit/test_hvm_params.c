/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM parameters: who may, which values; and the rest of hvm_op, the version
 * and the machine, called as a guest does.
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
 * Links: core/hypercall/hvm_op.c core/hypercall/hvm_params.c
 * Links: core/hypercall/xen_version.c core/hypercall/platform_op.c
 * Links: core/hypercall/physdev_op.c core/hypercall/console_io.c
 * Links: core/hypercall/layout.c
 */
#include <string.h>

#include <core/abi/physdev.h>
#include <core/abi/platform.h>
#include <core/abi/sched.h>
#include <core/abi/version.h>
#include <core/console/console.h>
#include <core/domain/wallclock.h>
#include <core/hypercall/hvm_params.h>
#include <core/hypercall/hypercall.h>
#include <core/hypercall/physdev_op.h>
#include <core/hypercall/xen_version.h>
#include <core/kernel/version.h>
#include <core/lib/errno.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_domain.h>
#include <tests/unit/unit.h>

static struct domain *dom0;
static struct domain *domu;

static uint64_t set_seconds;

const struct version_info version_info = {
    .name = "Hospes", .version = "0", .compiler = "cc", .compile_by = "us",
    .compile_domain = "here", .compile_date = "today",
    .changeset = "0123456789abcdef",
};

void wallclock_set(uint64_t seconds, uint32_t nanoseconds, nsec_t at)
{
    set_seconds = seconds;
}

static unsigned int clock_updates;

void wallclock_update(struct domain *d)
{
    clock_updates++;
}

void arch_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id)
{
    *apic_id = cpu * 2;
    *acpi_id = cpu;
}

static void setup(void)
{
    fake_domains_init();
    dom0 = fake_domain_add(0, 1);
    domu = fake_domain_add(1, 2);
}

static int set(struct domain *caller, domid_t domid, uint32_t index,
               uint64_t value)
{
    struct xen_hvm_param p = { .domid = domid, .index = index,
                               .value = value };

    return (int)fake_hypercall(caller->vcpu[0], hcall_hvm_op, NULL,
                               HVMOP_set_param, (uintptr_t)&p, 0);
}

static int64_t get(struct domain *caller, domid_t domid, uint32_t index)
{
    struct xen_hvm_param p = { .domid = domid, .index = index };
    const int64_t rc = fake_hypercall(caller->vcpu[0], hcall_hvm_op, NULL,
                                      HVMOP_get_param, (uintptr_t)&p, 0);

    return rc != 0 ? rc : (int64_t)p.value;
}

static const uint32_t deprecated[] = { 4, 13, 20, 21, 22, 23, 24, 25, 26, 30 };
static const uint32_t guest_get[] = { 0, 1, 2, 15, 17, 18, 19, 34, 35, 36,
                                      37 };
static const uint32_t guest_set[] = { 0, 2, 15, 18, 34, 36 };

static bool has(const uint32_t *list, size_t n, uint32_t index)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == index) {
            return true;
        }
    }
    return false;
}

TEST(policy)
{
    setup();
    for (uint32_t i = 0; i < 60; i++) {
        const bool is_none =
            i >= HVM_NR_PARAMS || has(deprecated, ARRAY_SIZE(deprecated), i);

        CHECK_EQ(get(dom0, 1, i) == -EINVAL, is_none);
        CHECK_EQ(get(domu, DOMID_SELF, i),
                 is_none ? -EINVAL
                 : has(guest_get, ARRAY_SIZE(guest_get), i) ? 0 : -EPERM);
        CHECK_EQ(get(domu, 0, i), i >= HVM_NR_PARAMS ? -EINVAL : -EPERM);
        CHECK_EQ(set(domu, 0, i, 0), i >= HVM_NR_PARAMS ? -EINVAL : -EPERM);
        if (is_none) {
            CHECK_EQ(set(dom0, 1, i, 0), -EINVAL);
        } else if (has(guest_set, ARRAY_SIZE(guest_set), i)) {
            CHECK_EQ(set(domu, DOMID_SELF, i,
                         i == HVM_PARAM_VM86_TSS ? 0 : 8), 0);
        } else if (i != HVM_PARAM_VM86_TSS_SIZED &&
                   i != HVM_PARAM_ACPI_IOPORTS_LOCATION) {
            CHECK_EQ(set(domu, DOMID_SELF, i, 1), -EPERM);
        }
    }
    CHECK_EQ(set(dom0, 6, 0, 0), -ESRCH);
}

TEST(values)
{
    setup();
    CHECK_EQ(set(dom0, 1, HVM_PARAM_TRIPLE_FAULT_REASON, 9), -EINVAL);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_TRIPLE_FAULT_REASON, 0), 0);
    CHECK_EQ(get(dom0, 1, HVM_PARAM_TRIPLE_FAULT_REASON), 0);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_IOREQ_PFN, 7), 0);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_IOREQ_PFN, 7), 0);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_IOREQ_PFN, 8), -EEXIST);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_TIMER_MODE, 4), -EINVAL);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_TIMER_MODE, 1), 0);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_ALTP2M, 0), 0);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_ALTP2M, 1), -EINVAL);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_VIRIDIAN, 1), -EINVAL);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_NR_IOREQ_SERVER_PAGES, 0), -EINVAL);
    CHECK_EQ(set(domu, 1, HVM_PARAM_X87_FIP_WIDTH, 5), -EINVAL);
    CHECK_EQ(set(domu, 1, HVM_PARAM_X87_FIP_WIDTH, 4), 0);
    CHECK_EQ(set(domu, 1, HVM_PARAM_ACPI_IOPORTS_LOCATION, 1), -ENODEV);
    CHECK_EQ(set(domu, 1, HVM_PARAM_VM86_TSS, 1ull << 32), -EINVAL);
    CHECK_EQ(set(domu, 1, HVM_PARAM_VM86_TSS, 0x1000), 0);
    CHECK_EQ(get(domu, 1, HVM_PARAM_VM86_TSS), 0x1000);
    CHECK_EQ(get(domu, 1, HVM_PARAM_VM86_TSS_SIZED), 128ull << 32 | 0x1000);
    CHECK_EQ(set(dom0, 1, HVM_PARAM_STORE_EVTCHN, 3), 0);
    CHECK_EQ(get(domu, DOMID_SELF, HVM_PARAM_STORE_EVTCHN), 3);
}

TEST(callback_raises_again)
{
    setup();
    const unsigned int updates = clock_updates;

    domu->vcpu[1]->info->evtchn_upcall_pending = 1;
    CHECK_EQ(set(domu, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ,
                 2ull << 56 | 0xf3), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[1]), 1);
    CHECK(!domu->is_32bit);
    CHECK_EQ(clock_updates, updates + 1);
}

static int64_t hvm_op(struct domain *d, unsigned int cmd, void *arg)
{
    return fake_hypercall(d->vcpu[0], hcall_hvm_op, NULL, cmd,
                          (uintptr_t)arg, 0);
}

TEST(hvm_ops)
{
    struct xen_hvm_evtchn_upcall_vector u = { .vcpu = 1, .vector = 0xf };
    struct xen_hvm_pagetable_dying p = { .domid = DOMID_SELF };
    struct xen_hvm_get_mem_type m = { .domid = DOMID_SELF, .pfn = 3 };
    struct xen_hvm_get_time t;

    setup();
    CHECK_EQ(hvm_op(domu, HVMOP_set_evtchn_upcall_vector, &u), -EINVAL);
    u.vector = 0xf3;
    CHECK_EQ(hvm_op(domu, HVMOP_set_evtchn_upcall_vector, &u), 0);
    u.vcpu = 2;
    CHECK_EQ(hvm_op(domu, HVMOP_set_evtchn_upcall_vector, &u), -ENOENT);
    CHECK_EQ(hvm_op(domu, HVMOP_pagetable_dying, &p), -EINVAL);
    p.domid = 7;
    CHECK_EQ(hvm_op(domu, HVMOP_pagetable_dying, &p), -ESRCH);
    CHECK_EQ(hvm_op(domu, HVMOP_get_mem_type, &m), 0);
    CHECK_EQ(m.mem_type, HVMMEM_mmio_dm);
    fake_ram(domu, 3);
    CHECK_EQ(hvm_op(domu, HVMOP_get_mem_type, &m), 0);
    CHECK_EQ(m.mem_type, HVMMEM_ram_rw);
    CHECK_EQ(hvm_op(domu, HVMOP_get_time, &t), 0);
    CHECK_EQ(hvm_op(domu, 99, &t), -ENOSYS);
    CHECK_EQ(hvm_op(domu, HVMOP_get_param, NULL), -EFAULT);
}

static int64_t version(struct domain *d, unsigned int cmd, void *arg)
{
    return fake_hypercall(d->vcpu[0], hcall_xen_version, NULL, cmd,
                          (uintptr_t)arg, 0);
}

TEST(versions)
{
    struct xen_feature_info f = { .submap_idx = 0 };
    struct { uint32_t len; uint8_t buf[20]; } id = { .len = 20 };
    xen_capabilities_info_t caps;
    xen_extraversion_t extra;
    xen_domain_handle_t handle;

    setup();
    CHECK_EQ(version(domu, XENVER_version, NULL), 0x00040011);
    CHECK_EQ(version(domu, XENVER_get_features, &f), 0);
    CHECK_EQ(f.submap, 0x00012305);
    dom0->is_direct_mapped = true;
    CHECK_EQ(version(dom0, XENVER_get_features, &f), 0);
    CHECK_EQ(f.submap, 0x00022b05);
    f.submap_idx = 1;
    CHECK_EQ(version(domu, XENVER_get_features, &f), -EINVAL);
    CHECK_EQ(version(domu, XENVER_capabilities, caps), 0);
    CHECK(strncmp(caps, "hvm-3.0-x86_32 ", 15) == 0);
    CHECK_EQ(version(domu, XENVER_extraversion, extra), 0);
    CHECK(strlen(extra) < sizeof(extra));
    CHECK_EQ(version(domu, XENVER_pagesize, NULL), 4096);
    CHECK_EQ(version(domu, XENVER_pagesize, &f), -EINVAL);
    CHECK_EQ(version(domu, XENVER_build_id, NULL), -EPERM);
    CHECK_EQ(version(dom0, XENVER_build_id, NULL), 20);
    CHECK_EQ(version(dom0, XENVER_build_id, &id), 20);
    id.len = 19;
    CHECK_EQ(version(dom0, XENVER_build_id, &id), -ENOBUFS);
    id.len = 0;
    CHECK_EQ(version(dom0, XENVER_build_id, &id), -EINVAL);
    CHECK_EQ(version(domu, XENVER_guest_handle, handle), 0);
    xen_version_set_cmdline("dom0_mem=1G");
    CHECK_EQ(version(dom0, XENVER_commandline, caps), 0);
    CHECK_STR(caps, "dom0_mem=1G");
    CHECK_EQ(version(domu, XENVER_commandline, caps), 0);
    CHECK_STR(caps, "<denied>");
    CHECK_EQ(version(domu, 77, NULL), -ENOSYS);
}

static int64_t platform(struct xen_platform_op *op)
{
    return fake_hypercall(dom0->vcpu[0], hcall_platform_op, NULL,
                          (uintptr_t)op, 0, 0);
}

TEST(platform_ops)
{
    struct xen_platform_op op = { .cmd = XENPF_get_cpuinfo };

    setup();
    CHECK_EQ(platform(NULL), -EFAULT);
    CHECK_EQ(platform(&op), -EACCES);
    op.interface_version = XENPF_INTERFACE_VERSION;
    CHECK_EQ(platform(&op), 0);
    CHECK_EQ(op.u.pcpu_info.max_present, 0);
    CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
    op.u.pcpu_info.xen_cpuid = 1;
    CHECK_EQ(platform(&op), 0);
    CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    op.cmd = XENPF_settime64;
    op.u.settime64.secs = 1000;
    op.u.settime64.nsecs = 5;
    op.u.settime64.mbz = 1;
    CHECK_EQ(platform(&op), -EINVAL);
    op.u.settime64.mbz = 0;
    CHECK_EQ(platform(&op), 0);
    CHECK_EQ(set_seconds, 1000);
    op.u.settime64.nsecs = 1000000000;
    CHECK_EQ(platform(&op), -EINVAL);
    op.cmd = XENPF_firmware_info;
    CHECK_EQ(platform(&op), -ENOSYS);
}

static int64_t physdev(struct domain *d, unsigned int cmd, void *arg)
{
    return fake_hypercall(d->vcpu[0], hcall_physdev_op, NULL, cmd,
                          (uintptr_t)arg, 0);
}

static uint16_t added;

static int pci_add(struct domain *d, uint16_t seg, uint8_t bus, uint8_t devfn,
                   bool is_virtfn, uint16_t physfn)
{
    added = (uint16_t)(bus << 8 | devfn);
    return 0;
}

static int pci_remove(struct domain *d, uint16_t seg, uint8_t bus,
                      uint8_t devfn)
{
    return -ENODEV;
}

static int pci_mmcfg(struct domain *d, paddr_t base, uint16_t seg,
                     uint8_t start, uint8_t end, bool is_reserved)
{
    return 0;
}

TEST(physdev_ops)
{
    static const struct physdev_pci_ops ops = {
        .add = pci_add, .remove = pci_remove, .mmcfg = pci_mmcfg };
    struct physdev_pci_device_add a = { .bus = 3, .devfn = 8 };
    struct physdev_pci_device r = { .bus = 3 };
    struct physdev_pci_mmcfg_reserved m = { .start_bus = 1 };
    struct physdev_dbgp_op dbgp = { .op = 1 };

    setup();
    physdev_set_pci_ops(NULL);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_device_add, &a), -ENOSYS);
    physdev_set_pci_ops(&ops);
    CHECK_EQ(physdev(domu, PHYSDEVOP_pci_device_add, &a), -ENOSYS);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_device_add, NULL), -EFAULT);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_device_add, &a), 0);
    CHECK_EQ(added, 0x308);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_device_remove, &r), -ENODEV);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_mmcfg_reserved, &m), -EINVAL);
    m.end_bus = 1;
    CHECK_EQ(physdev(dom0, PHYSDEVOP_pci_mmcfg_reserved, &m), 0);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_dbgp_op, &dbgp), 0);
    CHECK_EQ(physdev(dom0, PHYSDEVOP_map_pirq, &dbgp), -ENOSYS);
}

TEST(console)
{
    static char text[3000];
    char in[16];
    unsigned int runs;

    setup();
    memset(text, 'x', sizeof(text));
    fake_printed();
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_console_io, &runs,
                            CONSOLEIO_write, sizeof(text), (uintptr_t)text),
             0);
    CHECK_EQ(runs, 3);
    CHECK_EQ(strlen(fake_printed()), sizeof(text));
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_console_io, NULL,
                            CONSOLEIO_write, 5, 0), -EFAULT);
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_console_io, NULL,
                            CONSOLEIO_read, sizeof(in), (uintptr_t)in), 0);
    CHECK_EQ(fake_hypercall(dom0->vcpu[0], hcall_console_io, NULL, 2, 0, 0),
             -ENOSYS);
}
