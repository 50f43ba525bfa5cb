/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the control domain on the machine: <xen/sysctl.h>.
 *
 * A handler gets a copy of the guest's structure and returns 0 or -errno;
 * -ERESTART to be called again with the same.  The structure is copied back
 * on success.  One domctl or sysctl runs at a time.
 */
#ifndef CORE_HYPERCALL_SYSCTL_H
#define CORE_HYPERCALL_SYSCTL_H

#include <core/abi/sysctl.h>
#include <core/lib/compiler.h>

typedef int sysctl_fn(struct xen_sysctl *op);

#define SYSCTL(name) sysctl_fn sysctl_##name;
#define SYSCTL_REFUSED(name, errno)
#include <core/hypercall/sysctl.def>
#undef SYSCTL
#undef SYSCTL_REFUSED

#endif /* CORE_HYPERCALL_SYSCTL_H */
