/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: hvm_op, HVM params, start contexts of vCPUs, memory map
 * types.
 */
#ifndef CORE_ABI_HVM_H
#define CORE_ABI_HVM_H

#include <core/abi/xen.h>

#include <xen/hvm/e820.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/params.h>

#endif
