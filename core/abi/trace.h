/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ABI of the event trace: records and rings. */
#ifndef CORE_ABI_TRACE_H
#define CORE_ABI_TRACE_H

#include <core/abi/abi.h>
#include <xen/trace.h>

#endif /* CORE_ABI_TRACE_H */
