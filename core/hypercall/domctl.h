/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the control domain on domains: <xen/domctl.h>.
 *
 * A handler gets a copy of the guest's structure and the domain that it
 * names (NULL for TARGET_NONE), valid until the loop head.  It returns 0 or
 * -errno; -ERESTART to be called again after the loop head with the same
 * structure.  One domctl or sysctl runs at a time; handlers may rely on it.
 * The structure is copied back on success where domctl.def says so.
 */
#ifndef CORE_HYPERCALL_DOMCTL_H
#define CORE_HYPERCALL_DOMCTL_H

#include <core/abi/domctl.h>
#include <core/domain/domain.h>
#include <core/lib/compiler.h>

typedef int domctl_fn(struct domain *d, struct xen_domctl *op);

#define DOMCTL(name, out, target) domctl_fn domctl_##name;
#define DOMCTL_REFUSED(name, errno, target)
#include <core/hypercall/domctl.def>
#undef DOMCTL
#undef DOMCTL_REFUSED

/*
 * Begin and end a domctl or sysctl: false if another CPU has one under way,
 * come back then (-ERESTART).
 */
bool __must_check control_begin(void);
void control_end(void);

/* What the tools want to know of @d. */
void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *i);

#endif /* CORE_HYPERCALL_DOMCTL_H */
