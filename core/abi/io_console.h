/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the ring of a guest's console.
 */
#ifndef CORE_ABI_IO_CONSOLE_H
#define CORE_ABI_IO_CONSOLE_H

#include <core/abi/xen.h>

#include <xen/io/console.h>

#endif
