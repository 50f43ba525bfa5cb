/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: physdev_op.
 */
#ifndef CORE_ABI_PHYSDEV_H
#define CORE_ABI_PHYSDEV_H

#include <core/abi/xen.h>

#include <xen/physdev.h>

#endif
