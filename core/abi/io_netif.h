/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the ring of a guest's network card.
 */
#ifndef CORE_ABI_IO_NETIF_H
#define CORE_ABI_IO_NETIF_H

#include <core/abi/xen.h>

#include <xen/io/netif.h>

#endif
