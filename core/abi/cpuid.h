/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the hypervisor's CPUID leaves.
 */
#ifndef CORE_ABI_CPUID_H
#define CORE_ABI_CPUID_H

#include <core/abi/xen.h>

#include <xen/arch-x86/cpuid.h>

#endif
