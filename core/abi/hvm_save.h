/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the record stream of an HVM domain's state.
 */
#ifndef CORE_ABI_HVM_SAVE_H
#define CORE_ABI_HVM_SAVE_H

#include <core/abi/xen.h>

#include <xen/hvm/save.h>

#endif
