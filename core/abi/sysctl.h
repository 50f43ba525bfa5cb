/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: control of the whole machine, for the control domain.
 */
#ifndef CORE_ABI_SYSCTL_H
#define CORE_ABI_SYSCTL_H

#include <core/abi/xen.h>

#include <xen/sysctl.h>

#endif
