/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: event channels, two-level and FIFO.
 */
#ifndef CORE_ABI_EVENT_CHANNEL_H
#define CORE_ABI_EVENT_CHANNEL_H

#include <core/abi/xen.h>

#include <xen/event_channel.h>

#endif
