/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: memory_op.
 */
#ifndef CORE_ABI_MEMORY_H
#define CORE_ABI_MEMORY_H

#include <core/abi/xen.h>

#include <xen/memory.h>

#endif
