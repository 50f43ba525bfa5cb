/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of a control domain: domctl and sysctl, with number,
 * version and domain filled in.
 * Public headers "domctl.h", "sysctl.h".
 */
#ifndef TESTS_GUEST_LIB_CONTROL_H
#define TESTS_GUEST_LIB_CONTROL_H

#include <tests/guest/lib/hypercall.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

static inline int64_t domctl(struct xen_domctl *op, uint32_t cmd,
                             uint16_t domid)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return hypercall2(__HYPERVISOR_domctl, (uint64_t)op, 0);
}

/* One that needs a domain only. */
static inline int64_t domctl_plain(uint32_t cmd, uint16_t domid)
{
    struct xen_domctl op = { 0 };

    return domctl(&op, cmd, domid);
}

static inline int64_t sysctl(struct xen_sysctl *op, uint32_t cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall2(__HYPERVISOR_sysctl, (uint64_t)op, 0);
}

#endif
