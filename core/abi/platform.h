/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: platform_op.
 */
#ifndef CORE_ABI_PLATFORM_H
#define CORE_ABI_PLATFORM_H

#include <core/abi/xen.h>

#include <xen/platform.h>

#endif
