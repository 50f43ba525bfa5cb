/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations that no other test is about: swapping grants, assists, pinning,
 * types of memory, time, device memory that is reserved, exchange, and the
 * rest of platform_op and physdev_op.
 * Public headers.
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>
#include <xen/platform.h>

/* Xen keeps the number of its own continuation to itself. */
#define EVTCHNOP_RESET_CONT 14

static void grants(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .gpfn = 0x370000,
    };
    struct xen_remove_from_physmap rem = { .domid = DOMID_SELF,
                                           .gpfn = 0x370000 };
    struct gnttab_swap_grant_ref swap = { .ref_a = 30, .ref_b = 31 };
    struct gnttab_set_version v1 = { .version = 1 };
    volatile struct grant_entry_v1 *table;

    grant_op(GNTTABOP_set_version, &v1, 1);
    check_eq("grant frame",
             memory_op(XENMEM_add_to_physmap, &xatp), 0);
    table = mm_map(MM_WINDOW + 0x10000, 0x370000ull << PAGE_SHIFT, PTE_RW);
    table[30] = (struct grant_entry_v1){ GTF_permit_access, 5, 0x111 };
    table[31] = (struct grant_entry_v1){ 0, 6, 0x222 };
    check_eq("swap_grant_ref", grant_op(GNTTABOP_swap_grant_ref, &swap, 1),
             0);
    check_eq("status", swap.status, 0);
    check_eq("swapped", table[30].frame == 0x222 && table[31].frame == 0x111
             && table[31].flags == GTF_permit_access, true);
    swap.ref_b = 1u << 30;
    grant_op(GNTTABOP_swap_grant_ref, &swap, 1);
    check_eq("out of range", swap.status, GNTST_bad_gntref);
    swap.ref_b = 30;
    swap.ref_a = 30;
    grant_op(GNTTABOP_swap_grant_ref, &swap, 1);
    check_eq("with itself", swap.status, 0);
    check_eq("unmapped", grant_op(GNTTABOP_swap_grant_ref,
                                  (void *)MM_WINDOW, 1), -XEN_EFAULT);
    table[31].flags = 0;
    memory_op(XENMEM_remove_from_physmap, &rem);
}

static int64_t assist(unsigned int cmd, unsigned int type)
{
    return hypercall2(__HYPERVISOR_vm_assist, cmd, type);
}

static void assists(void)
{
    check_eq("enable runstate_update_flag",
             assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    check_eq("disable it",
             assist(VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag),
             0);
    check_eq("one of PV", assist(VMASST_CMD_enable,
                                 VMASST_TYPE_4gb_segments), -XEN_EINVAL);
    check_eq("an unknown one", assist(VMASST_CMD_enable, 63), -XEN_EINVAL);
    check_eq("one beyond all", assist(VMASST_CMD_enable, 64), -XEN_EINVAL);
    check_eq("an unknown command", assist(7, 0), -XEN_EINVAL);
}

static void times(void)
{
    struct vcpu_register_time_memory_area area = { 0 };
    struct vcpu_time_info *page = mm_alloc(1);
    struct xen_hvm_get_time gt = { 0 };
    int64_t rc;

    area.addr.v = page;
    rc = vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
    check("register_vcpu_time_memory_area", rc == 0 ||
          rc == -XEN_ENOSYS, "%ld", rc);
    check("is filled", rc || page->tsc_to_system_mul != 0, "no");
    area.addr.v = NULL;
    vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
    check_eq("get_time", hvm_op(HVMOP_get_time, &gt), 0);
    check("now", gt.now > 0, "%lu", gt.now);
    check_eq("to nowhere", hvm_op(HVMOP_get_time, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

static void memory_types(struct child *c)
{
    struct xen_hvm_get_mem_type t = { .domid = c->domid,
                                      .pfn = CHILD_GFN_CODE };

    check_eq("get_mem_type", hvm_op(HVMOP_get_mem_type, &t), 0);
    check_eq("RAM", t.mem_type, HVMMEM_ram_rw);
    t.pfn = 0x5000;
    check_eq("of a hole", hvm_op(HVMOP_get_mem_type, &t), 0);
    check_eq("device memory", t.mem_type, HVMMEM_mmio_dm);
    t.domid = 0x7001;
    check_eq("of nobody", hvm_op(HVMOP_get_mem_type, &t), -XEN_ESRCH);
    t.domid = DOMID_SELF;
    t.pfn = 0x300;
    check_eq("of oneself", hvm_op(HVMOP_get_mem_type, &t), 0);
    check_eq("RAM", t.mem_type, HVMMEM_ram_rw);
}

static void pinning(void)
{
    struct sched_pin_override pin = { .pcpu = 0 };

    check_eq("pin_override", sched_op(SCHEDOP_pin_override, &pin), 0);
    check_eq("twice", sched_op(SCHEDOP_pin_override, &pin), -XEN_EBUSY);
    pin.pcpu = -1;
    check_eq("undone", sched_op(SCHEDOP_pin_override, &pin), 0);
    check_eq("twice", sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL);
    pin.pcpu = 10000;
    check_eq("to no CPU", sched_op(SCHEDOP_pin_override, &pin),
             -XEN_EINVAL);
    check_eq("from nowhere",
             sched_op(SCHEDOP_pin_override, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

static void memory(struct child *c)
{
    struct xen_memory_exchange ex = { 0 };
    struct xen_reserved_device_memory_map rdm = {
        .flags = XENMEM_RDM_ALL,
    };
    struct xen_vnuma_topology_info vn = { .domid = c->domid };
    xen_pfn_t in = 0x300;
    xen_pfn_t out = 0x300;
    int64_t rc;

    ex.in.nr_extents = ex.out.nr_extents = 1;
    ex.in.domid = ex.out.domid = DOMID_SELF;
    set_xen_guest_handle(ex.in.extent_start, &in);
    set_xen_guest_handle(ex.out.extent_start, &out);
    check_eq("exchange is not for who has a physical map",
             memory_op(XENMEM_exchange, &ex), -XEN_EOPNOTSUPP);
    ex.nr_exchanged = 77;
    check_eq("exchange of more than there is",
             memory_op(XENMEM_exchange, &ex), -XEN_EINVAL);
    check_eq("get_vnumainfo", memory_op(XENMEM_get_vnumainfo, &vn),
             -XEN_EOPNOTSUPP);
    rc = memory_op(XENMEM_reserved_device_memory_map, &rdm);
    check("reserved_device_memory_map", rc == 0 || rc == -XEN_ENOBUFS,
          "%ld", rc);
}

static void platform(void)
{
    static struct xen_platform_op op;
    struct physdev_dbgp_op dbgp = { .op = PHYSDEVOP_DBGP_RESET_PREPARE,
                                    .bus = PHYSDEVOP_DBGP_BUS_UNKNOWN };
    int64_t rc;

    memset(&op, 0, sizeof(op));
    op.cmd = XENPF_settime32;
    op.interface_version = XENPF_INTERFACE_VERSION;
    op.u.settime32.secs = 1700000000;
    op.u.settime32.nsecs = 7;
    op.u.settime32.system_time = shared_now_ns();
    check_eq("settime32",
             hypercall2(__HYPERVISOR_platform_op, (uint64_t)&op, 0), 0);
    op.u.settime32.nsecs = 2000000000;
    check_eq("too many nanoseconds",
             hypercall2(__HYPERVISOR_platform_op, (uint64_t)&op, 0),
             on_xen() ? 0 : -XEN_EINVAL);
    rc = physdev_op(PHYSDEVOP_dbgp_op, &dbgp);
    check("dbgp_op", rc == 0 || rc == -XEN_ENOSYS || rc == -XEN_EINVAL,
          "%ld", rc);
    rc = evtchn_op(EVTCHNOP_RESET_CONT, (void *)MM_WINDOW);
    check("reset_cont from nowhere", rc == -XEN_EFAULT || rc == -XEN_ENOSYS,
          "%ld", rc);
}

TEST(other_ops, "Operations that no other test is about", TEST_DOM0)
{
    struct child c;

    mm_map(MM_WINDOW, 0, 0);
    grants();
    assists();
    times();
    pinning();
    platform();
    check_eq("create", child_create(&c, NULL), 0);
    memory_types(&c);
    memory(&c);
    CHECK("it goes", child_destroy(&c));
}
