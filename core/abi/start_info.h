/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: what a PVH guest finds in memory at its entry.
 */
#ifndef CORE_ABI_START_INFO_H
#define CORE_ABI_START_INFO_H

#include <core/abi/xen.h>

#include <xen/arch-x86/hvm/start_info.h>

#endif
