/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU counters of what happens; counters.def has the list.  One
 * increment each, in all builds.
 */
#ifndef CORE_TRACE_COUNTER_H
#define CORE_TRACE_COUNTER_H

#include <core/kernel/cpu.h>

#define counter_inc(name) (this_cpu()->counters[COUNTER_##name]++)

/* Debug key c: those that are not zero, by CPU. */
void counter_dump(void);

#endif /* CORE_TRACE_COUNTER_H */
