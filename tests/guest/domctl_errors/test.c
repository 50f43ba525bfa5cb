/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl and sysctl before they get to an operation: versions, numbers,
 * pointers, domains that are not there or are the caller.
 * Public headers "domctl.h", "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define ABSENT 0x7001

static struct xen_domctl op;

static int64_t raw(uint32_t cmd, uint32_t version, uint16_t domid)
{
    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    op.interface_version = version;
    op.domain = domid;
    return hypercall2(__HYPERVISOR_domctl, (uint64_t)&op, 0);
}

static void of_domctl(void)
{
    static const uint32_t absent[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
        XEN_DOMCTL_unpausedomain, XEN_DOMCTL_setvcpuaffinity,
        XEN_DOMCTL_getvcpuaffinity, XEN_DOMCTL_max_mem,
        XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_max_vcpus,
        XEN_DOMCTL_scheduler_op, XEN_DOMCTL_setdomainhandle,
        XEN_DOMCTL_settimeoffset, XEN_DOMCTL_resumedomain,
    };
    static const uint32_t myself[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
        XEN_DOMCTL_unpausedomain, XEN_DOMCTL_max_vcpus,
        XEN_DOMCTL_resumedomain,
    };

    check_eq("version before", raw(XEN_DOMCTL_getdomaininfo,
             XEN_DOMCTL_INTERFACE_VERSION - 1, 0), -XEN_EACCES);
    check_eq("version behind", raw(XEN_DOMCTL_getdomaininfo,
             XEN_DOMCTL_INTERFACE_VERSION + 1, 0), -XEN_EACCES);
    check_eq("version 0", raw(XEN_DOMCTL_getdomaininfo, 0, 0), -XEN_EACCES);
    check_eq("the right one", raw(XEN_DOMCTL_getdomaininfo,
             XEN_DOMCTL_INTERFACE_VERSION, 0), 0);
    check_eq("no operation", raw(0, XEN_DOMCTL_INTERFACE_VERSION, 0),
             -XEN_ENOSYS);
    check_eq("operation 500", raw(500, XEN_DOMCTL_INTERFACE_VERSION, 0),
             -XEN_ENOSYS);
    check_eq("operation -1", raw(UINT32_MAX, XEN_DOMCTL_INTERFACE_VERSION,
             0), -XEN_ENOSYS);
    for (unsigned int i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
        const int64_t rc = raw(absent[i], XEN_DOMCTL_INTERFACE_VERSION,
                               ABSENT);

        check_quiet("of an absent domain", rc == -XEN_ESRCH,
                    "operation %u gives %ld", absent[i], rc);
    }
    for (unsigned int i = 0; i < sizeof(myself) / sizeof(*myself); i++) {
        const int64_t rc = raw(myself[i], XEN_DOMCTL_INTERFACE_VERSION, 0);

        check_quiet("of oneself", rc == -XEN_EINVAL, "operation %u gives %ld",
                    myself[i], rc);
    }
    check_eq("unmapped argument",
             hypercall2(__HYPERVISOR_domctl, MM_WINDOW, 0), -XEN_EFAULT);
    /* Xen ignores the upper bits and reads address 0. */
    if (!on_xen()) {
        check_eq("argument that is not canonical",
                 hypercall2(__HYPERVISOR_domctl, 0x8000000000000000ull, 0),
                 -XEN_EFAULT);
    }
}

/* The answer cannot be written: the page behind is read-only. */
static void of_copies(void)
{
    struct xen_domctl *page = mm_alloc(1);
    const uint64_t va = MM_WINDOW + PAGE_SIZE;

    page->cmd = XEN_DOMCTL_getdomaininfo;
    page->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    mm_map(va, (uint64_t)page, PTE_P);
    check_eq("answer to a page that is read-only",
             hypercall2(__HYPERVISOR_domctl, va, 0), -XEN_EFAULT);
    /* The structure lies across the end of what is mapped. */
    memcpy((uint8_t *)page + PAGE_SIZE - 16, page, 16);
    mm_map(va, (uint64_t)page, PTE_RW);
    mm_map(va + PAGE_SIZE, 0, 0);
    check_eq("argument that is mapped in part",
             hypercall2(__HYPERVISOR_domctl, va + PAGE_SIZE - 16, 0),
             -XEN_EFAULT);
}

static int64_t raw_sysctl(uint32_t cmd, uint32_t version)
{
    static struct xen_sysctl sys;

    memset(&sys, 0, sizeof(sys));
    sys.cmd = cmd;
    sys.interface_version = version;
    return hypercall2(__HYPERVISOR_sysctl, (uint64_t)&sys, 0);
}

static void of_sysctl(void)
{
    check_eq("sysctl version", raw_sysctl(XEN_SYSCTL_physinfo,
             XEN_SYSCTL_INTERFACE_VERSION - 1), -XEN_EACCES);
    check_eq("the right one", raw_sysctl(XEN_SYSCTL_physinfo,
             XEN_SYSCTL_INTERFACE_VERSION), 0);
    check_eq("no operation", raw_sysctl(0, XEN_SYSCTL_INTERFACE_VERSION),
             -XEN_ENOSYS);
    check_eq("operation 500", raw_sysctl(500, XEN_SYSCTL_INTERFACE_VERSION),
             -XEN_ENOSYS);
    check_eq("operation -1",
             raw_sysctl(UINT32_MAX, XEN_SYSCTL_INTERFACE_VERSION),
             -XEN_ENOSYS);
    check_eq("unmapped argument",
             hypercall2(__HYPERVISOR_sysctl, MM_WINDOW, 0), -XEN_EFAULT);
}

TEST(domctl_errors, "domctl and sysctl: versions, pointers, domains",
     TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    of_domctl();
    of_copies();
    of_sysctl();
}
