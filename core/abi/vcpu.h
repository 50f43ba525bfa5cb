/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: vcpu_op, runstate, vCPU time.
 */
#ifndef CORE_ABI_VCPU_H
#define CORE_ABI_VCPU_H

#include <core/abi/xen.h>

#include <xen/vcpu.h>
#include <xen/nmi.h>

#endif
