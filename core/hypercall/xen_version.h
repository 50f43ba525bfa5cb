/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the hypercall xen_version tells, for those who set it or need it too.
 */
#ifndef CORE_HYPERCALL_XEN_VERSION_H
#define CORE_HYPERCALL_XEN_VERSION_H

#include <core/lib/types.h>

struct domain;

/* Boot: the hypervisor's command line, for XENVER_commandline. */
void xen_version_set_cmdline(const char *text);

/* XENFEAT_* bits of submap 0 for @d. */
uint32_t xen_version_features(const struct domain *d);

#endif /* CORE_HYPERCALL_XEN_VERSION_H */
