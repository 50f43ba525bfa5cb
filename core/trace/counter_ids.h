/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the per-CPU counters of counters.def.  Pure.
 */
#ifndef CORE_TRACE_COUNTER_IDS_H
#define CORE_TRACE_COUNTER_IDS_H

enum counter_id {
#define COUNTER(name, what) COUNTER_##name,
#include <core/trace/counters.def>
#undef COUNTER
    COUNTERS
};

#endif /* CORE_TRACE_COUNTER_IDS_H */
