/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: basic types, hypercall numbers, shared_info, vcpu_info.
 */
#ifndef CORE_ABI_XEN_H
#define CORE_ABI_XEN_H

#include <core/abi/abi.h>

#include <xen/xen.h>

#endif
