/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dump of the counters.  Other CPUs' are read as they are.
 */
#include <core/console/printk.h>
#include <core/trace/counter.h>

static const char *const what[COUNTERS] = {
#define COUNTER(name, text) [COUNTER_##name] = (text),
#include <core/trace/counters.def>
#undef COUNTER
};

void counter_dump(void)
{
    unsigned int cpu;

    for (unsigned int i = 0; i < COUNTERS; i++) {
        uint64_t sum = 0;

        for_each_online_cpu (cpu) {
            sum += READ_ONCE(cpu_of(cpu)->counters[i]);
        }
        if (sum == 0) {
            continue;
        }
        printk_raw("%12lu  %s:", sum, what[i]);
        for_each_online_cpu (cpu) {
            printk_raw(" %lu", READ_ONCE(cpu_of(cpu)->counters[i]));
        }
        printk_raw("\n");
    }
}
