/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: dm_op, for device models, and the ioreq page.
 */
#ifndef CORE_ABI_DM_OP_H
#define CORE_ABI_DM_OP_H

#include <core/abi/xen.h>

#include <xen/hvm/dm_op.h>
#include <xen/hvm/ioreq.h>

#endif
