/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: sched_op and the reasons of a shutdown.
 */
#ifndef CORE_ABI_SCHED_H
#define CORE_ABI_SCHED_H

#include <core/abi/xen.h>

#include <xen/sched.h>

#endif
