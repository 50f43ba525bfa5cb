/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: xen_version and the feature flags.
 */
#ifndef CORE_ABI_VERSION_H
#define CORE_ABI_VERSION_H

#include <core/abi/xen.h>

#include <xen/features.h>
#include <xen/version.h>

#endif
