/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain without privilege may not do: every domctl and sysctl, the
 * platform, other domains' memory, grants, events and life. Then every
 * hypercall with garbage from it: it may come to harm, nobody else.
 * Public headers.
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>
#include <xen/grant_table.h>
#include <xen/platform.h>

static struct child c;

static bool is_refusal(int64_t rc)
{
    return rc == -XEN_EPERM || rc == -XEN_ENOSYS || rc == -XEN_EOPNOTSUPP ||
           rc == -XEN_EACCES || rc == -XEN_EINVAL;
}

static int64_t control(uint32_t nr, uint32_t cmd, uint32_t version,
                       uint16_t domid)
{
    static struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    op.interface_version = version;
    if (nr == __HYPERVISOR_domctl) {
        op.domain = domid;
    }
    return child_op(&c, nr, 0, &op, sizeof(op));
}

static void controls(void)
{
    unsigned int wrong = 0;

    check_eq("pausedomain of dom0", control(__HYPERVISOR_domctl,
             XEN_DOMCTL_pausedomain, XEN_DOMCTL_INTERFACE_VERSION, 0),
             -XEN_EPERM);
    check_eq("destroydomain of dom0", control(__HYPERVISOR_domctl,
             XEN_DOMCTL_destroydomain, XEN_DOMCTL_INTERFACE_VERSION, 0),
             -XEN_EPERM);
    check_eq("createdomain", control(__HYPERVISOR_domctl,
             XEN_DOMCTL_createdomain, XEN_DOMCTL_INTERFACE_VERSION, 0),
             -XEN_EPERM);
    check_eq("physinfo", control(__HYPERVISOR_sysctl, XEN_SYSCTL_physinfo,
             XEN_SYSCTL_INTERFACE_VERSION, 0), -XEN_EPERM);
    check_eq("readconsole", control(__HYPERVISOR_sysctl,
             XEN_SYSCTL_readconsole, XEN_SYSCTL_INTERFACE_VERSION, 0),
             -XEN_EPERM);
    for (uint32_t cmd = 1; cmd < 90; cmd++) {
        for (unsigned int self = 0; self < 2; self++) {
            const int64_t rc =
                control(__HYPERVISOR_domctl, cmd,
                        XEN_DOMCTL_INTERFACE_VERSION, self ? c.domid : 0);

            if (!is_refusal(rc)) {
                wrong++;
                kprintf("note: domctl %u gives %ld\n", cmd, rc);
            }
        }
    }
    check_eq("no domctl is for it", wrong, 0);
    for (uint32_t cmd = 1; cmd < 32; cmd++) {
        const int64_t rc = control(__HYPERVISOR_sysctl, cmd,
                                   XEN_SYSCTL_INTERFACE_VERSION, 0);

        if (!is_refusal(rc)) {
            wrong++;
            kprintf("note: sysctl %u gives %ld\n", cmd, rc);
        }
    }
    check_eq("no sysctl is", wrong, 0);
    for (uint32_t cmd = 1; cmd < 66; cmd++) {
        const int64_t rc = control(__HYPERVISOR_platform_op, cmd,
                                   XENPF_INTERFACE_VERSION, 0);

        if (!is_refusal(rc)) {
            wrong++;
            kprintf("note: platform_op %u gives %ld\n", cmd, rc);
        }
    }
    check_eq("no platform_op is", wrong, 0);
}

static int64_t mem(unsigned int op, void *arg, unsigned int size)
{
    return child_op(&c, __HYPERVISOR_memory_op, op, arg, size);
}

static void memory(void)
{
    struct xen_memory_reservation res = { .nr_extents = 1, .domid = 0 };
    struct xen_add_to_physmap xatp = { .domid = 0,
                                       .space = XENMAPSPACE_shared_info };
    struct xen_remove_from_physmap rem = { .domid = 0, .gpfn = 1 };
    struct xen_add_to_physmap_batch batch = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 1,
        .u.foreign_domid = 0,
    };
    struct xen_foreign_memory_map map = { .domid = 0 };
    struct xen_mem_acquire_resource r = {
        .domid = 0, .type = XENMEM_resource_grant_table, .nr_frames = 0,
    };
    struct xen_pod_target pod = { .domid = 0 };
    uint64_t *lists = (uint64_t *)(c.snippet + 0xc00);
    const uint64_t gpa = ((uint64_t)CHILD_GFN_SNIPPET << PAGE_SHIFT) + 0xc00;
    int64_t rc;

    lists[0] = 0x100;
    lists[1] = CHILD_GFN_FREE + 4;
    lists[2] = 0x5a5a;
    set_xen_guest_handle(res.extent_start, (xen_pfn_t *)gpa);
    check("populate dom0",
          mem(XENMEM_populate_physmap, &res, sizeof(res)) <= 0, "succeeds");
    check("decrease dom0",
          mem(XENMEM_decrease_reservation, &res, sizeof(res)) <= 0,
          "succeeds");
    check_eq("add_to_physmap of dom0",
             mem(XENMEM_add_to_physmap, &xatp, sizeof(xatp)), -XEN_EPERM);
    check_eq("remove_from_physmap of dom0",
             mem(XENMEM_remove_from_physmap, &rem, sizeof(rem)),
             -XEN_EPERM);
    set_xen_guest_handle(batch.idxs, (xen_ulong_t *)gpa);
    set_xen_guest_handle(batch.gpfns, (xen_pfn_t *)(gpa + 8));
    set_xen_guest_handle(batch.errs, (int *)(gpa + 16));
    rc = mem(XENMEM_add_to_physmap_batch, &batch, sizeof(batch));
    check("map dom0's memory", rc < 0 || (int32_t)lists[2] < 0, "%ld %d",
          rc, (int32_t)lists[2]);
    check_eq("set_memory_map of dom0",
             mem(XENMEM_set_memory_map, &map, sizeof(map)), -XEN_EPERM);
    rc = mem(XENMEM_acquire_resource, &r, sizeof(r));
    check("acquire dom0's grant table", rc == -XEN_EPERM ||
          rc == -XEN_EACCES, "%ld", rc);
    check_eq("set_pod_target of dom0",
             mem(XENMEM_set_pod_target, &pod, sizeof(pod)), -XEN_EPERM);
    res.nr_extents = 10;
    rc = mem(XENMEM_claim_pages, &res, sizeof(res));
    check("claim_pages", is_refusal(rc), "%ld", rc);
    check_eq("current_reservation of dom0",
             mem(XENMEM_current_reservation, &(domid_t){ 0 },
                 sizeof(domid_t)), -XEN_EPERM);
}

static void others(void)
{
    struct sched_remote_shutdown sr = { .domain_id = 0,
                                        .reason = SHUTDOWN_crash };
    struct gnttab_query_size q = { .dom = 0 };
    struct gnttab_get_version v = { .dom = 0 };
    struct gnttab_setup_table t = { .dom = 0, .nr_frames = 1 };
    struct physdev_pci_device_add add = { .bus = 0 };
    int64_t rc;

    rc = child_op(&c, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &sr,
                  sizeof(sr));
    check_eq("shut dom0 down", rc, -XEN_EPERM);
    child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_query_size, &q,
             sizeof(q));
    check_eq("size of dom0's grant table", q.status,
             GNTST_permission_denied);
    rc = child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_get_version, &v,
                  sizeof(v));
    check("its version", rc < 0 || v.version == 0 ||
          rc == -XEN_EPERM, "%ld %u", rc, v.version);
    child_op(&c, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &t,
             sizeof(t));
    check("its frames", t.status < 0, "%d", t.status);
    rc = child_op(&c, __HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add,
                  &add, sizeof(add));
    check("a PCI device", rc == -XEN_EPERM || rc == -XEN_ENOSYS, "%ld", rc);
    rc = child_hypercall(&c, __HYPERVISOR_console_io, 1, 16,
                         (uint64_t)CHILD_GFN_SNIPPET << PAGE_SHIFT);
    check("the console's input", rc < 0, "%ld", rc);
}

/* Everything but what ends or stops the caller. Xen takes a scheduler's
 * round for each call, so there are fewer. */
static void garbage(void)
{
    const uint64_t ops = on_xen() ? 8 : 40;
    unsigned int calls = 0;
    unsigned int odd = 0;

    for (uint64_t nr = 0; nr < 60; nr++) {
        if (nr == __HYPERVISOR_sched_op || nr == 6) {
            continue;
        }
        for (uint64_t op = 0; op < ops; op++) {
            int64_t rc;

            if (nr == __HYPERVISOR_vcpu_op && op == VCPUOP_down) {
                continue;
            }
            memset((uint8_t *)c.mailbox + 0x800, 0x5a, 0x400);
            rc = child_hypercall(&c, nr, op,
                                 ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT)
                                 + 0x800, 1);
            calls++;
            odd += rc < -4095;
            if (rc == CHILD_SILENT) {
                check("the child answers", false, "call %lu %lu", nr, op);
                return;
            }
        }
    }
    kprintf("note: %u calls\n", calls);
    check_eq("every result is a success or an errno", odd, 0);
}

TEST(child_unprivileged, "A domain without privilege", TEST_DOM0)
{
    if (!child_boot(&c, NULL)) {
        return;
    }
    controls();
    memory();
    others();
    garbage();
    CHECK("it is alive", child_is_alive(&c));
    CHECK("it goes", child_destroy(&c));
}
