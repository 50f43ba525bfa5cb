/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: control of one domain, for the control domain.
 */
#ifndef CORE_ABI_DOMCTL_H
#define CORE_ABI_DOMCTL_H

#include <core/abi/xen.h>

#include <xen/domctl.h>

#endif
