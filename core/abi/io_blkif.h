/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: the ring of a guest's disk.
 */
#ifndef CORE_ABI_IO_BLKIF_H
#define CORE_ABI_IO_BLKIF_H

#include <core/abi/xen.h>

#include <xen/io/blkif.h>
#include <xen/io/protocols.h>

#endif
