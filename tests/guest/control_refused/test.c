/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domctls and sysctls that nobody gets: numbers without an operation,
 * operations of PV guests, of other builds and of processors that this is
 * not. Zeroed arguments, on a domain that is there.
 * Public headers "domctl.h", "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

struct refusal {
    uint32_t cmd;
    int error;
    int on_hospes;          /* where it differs, 0 if it does not */
};

static const struct refusal domctls[] = {
    { 6, XEN_ENOSYS, 0 },
    { 7, XEN_ENOSYS, 0 },
    { 8, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_real_mode_area, XEN_ENOSYS, 0 },
    { 30, XEN_ENOSYS, 0 },
    { 31, XEN_ENOSYS, 0 },
    { 32, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_irq_permission, XEN_EPERM, 0 },
    { XEN_DOMCTL_set_address_size, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_get_address_size, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_assign_device, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_test_assign_device, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_deassign_device, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_bind_pt_irq, XEN_EPERM, 0 },
    { XEN_DOMCTL_unbind_pt_irq, XEN_EPERM, 0 },
    { 41, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_set_opt_feature, XEN_ENOSYS, 0 },
    { 49, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_get_device_group, XEN_EOPNOTSUPP, 0 },
    { 51, XEN_ENOSYS, 0 },
    { 52, XEN_ENOSYS, 0 },
    { 53, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_debug_op, XEN_EOPNOTSUPP, 0 },
    { XEN_DOMCTL_vm_event_op, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_mem_sharing_op, XEN_ENOSYS, 0 },
    { 58, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_audit_p2m, XEN_ENOSYS, 0 },
    { 70, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_cacheflush, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_psr_cmt_op, XEN_ENODEV, 0 },
    { 76, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_psr_alloc, XEN_ENODEV, 0 },
    { 80, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_vuart_op, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_vmtrace_op, XEN_EINVAL, 0 },
    { 87, XEN_ENOSYS, 0 },
    { 200, XEN_ENOSYS, 0 },
    /* The debugger's, which Debian's Xen is built without, too. */
    { XEN_DOMCTL_gdbsx_guestmemio, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_gdbsx_pausevcpu, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_gdbsx_unpausevcpu, XEN_ENOSYS, 0 },
    { XEN_DOMCTL_gdbsx_domstatus, XEN_ENOSYS, 0 },
    { UINT32_MAX, XEN_ENOSYS, 0 },
};

static const struct refusal sysctls[] = {
    { 0, XEN_ENOSYS, 0 },
    { XEN_SYSCTL_perfc_op, XEN_ENOSYS, 0 },
    { XEN_SYSCTL_get_pmstat, XEN_ENODEV, 0 },
    /* There is nothing of the kind: Hospes says so for each of these. */
    { XEN_SYSCTL_pm_op, XEN_ENOSYS, XEN_ENODEV },
    { 13, XEN_ENOSYS, 0 },
    { XEN_SYSCTL_page_offline_op, XEN_EINVAL, XEN_EOPNOTSUPP },
    { XEN_SYSCTL_lockprof_op, XEN_ENOSYS, 0 },
    { XEN_SYSCTL_coverage_op, XEN_EOPNOTSUPP, 0 },
    { XEN_SYSCTL_psr_cmt_op, XEN_ENODEV, 0 },
    { XEN_SYSCTL_psr_alloc, XEN_ENODEV, 0 },
    { 24, XEN_ENOSYS, 0 },
    { XEN_SYSCTL_livepatch_op, XEN_EINVAL, XEN_EOPNOTSUPP },
    { 28, XEN_ENOSYS, 0 },
    { 30, XEN_ENOSYS, 0 },
    { 200, XEN_ENOSYS, 0 },
    { UINT32_MAX, XEN_ENOSYS, 0 },
};

static int64_t want(const struct refusal *r)
{
    return -(!on_xen() && r->on_hospes ? r->on_hospes : r->error);
}

TEST(control_refused, "domctl and sysctl: what nobody gets", TEST_DOM0)
{
    static struct xen_domctl op;
    static struct xen_sysctl sys;
    char name[32];
    struct child c;

    check_eq("create", child_create(&c, NULL), 0);
    for (unsigned int i = 0; i < sizeof(domctls) / sizeof(*domctls); i++) {
        memset(&op, 0, sizeof(op));
        ksnprintf(name, sizeof(name), "domctl %u", domctls[i].cmd);
        check_eq(name, domctl(&op, domctls[i].cmd, c.domid),
                 want(&domctls[i]));
    }
    for (unsigned int i = 0; i < sizeof(sysctls) / sizeof(*sysctls); i++) {
        memset(&sys, 0, sizeof(sys));
        ksnprintf(name, sizeof(name), "sysctl %u", sysctls[i].cmd);
        check_eq(name, sysctl(&sys, sysctls[i].cmd), want(&sysctls[i]));
    }
    CHECK("it goes", child_destroy(&c));
}
