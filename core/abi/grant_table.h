/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: grant tables, versions 1 and 2.
 */
#ifndef CORE_ABI_GRANT_TABLE_H
#define CORE_ABI_GRANT_TABLE_H

#include <core/abi/xen.h>

#include <xen/grant_table.h>

#endif
