/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the wire protocol of xenstore and its ring, and
 * the states of devices.
 */
#ifndef CORE_ABI_IO_XS_H
#define CORE_ABI_IO_XS_H

#include <core/abi/xen.h>

#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>

#endif
