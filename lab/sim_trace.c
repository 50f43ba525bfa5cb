/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace: what core/sched records by TRACE(), in the form in which
 * xentrace writes it to a file: for each CPU windows of records behind a
 * record that says which CPU and how long.  The hash is over all records in
 * the order in which they were made.
 */
#include <lab/sim.h>

#include <core/trace/trace.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (32u * 1024u)

/* Who runs where; the rest would cost much and tell nothing more. */
uint32_t trace_mask = TRC_SCHED_MIN;

static FILE *file;
static char *window[CPU_MAX];
static uint32_t used[CPU_MAX];

static void flush(unsigned int cpu)
{
    const uint32_t head[3] = {
        TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT, cpu, used[cpu],
    };

    if (used[cpu] &&
        (fwrite(head, sizeof(head), 1, file) != 1 ||
         fwrite(window[cpu], used[cpu], 1, file) != 1)) {
        sim_die("cannot write the trace");
    }
    used[cpu] = 0;
}

static void hash_word(uint64_t x)
{
    uint64_t h = sim.sum.trace_hash ^ x;

    h *= 0x9e3779b97f4a7c15u;
    sim.sum.trace_hash = h ^ h >> 29;
}

void trace_record(uint32_t event, unsigned int words, const uint32_t *data)
{
    const unsigned int cpu = this_cpu_id();
    const uint32_t head = event | words << TRACE_EXTRA_SHIFT |
                          (uint32_t)TRC_HD_CYCLE_FLAG;
    const uint32_t bytes = (3 + words) * (uint32_t)sizeof(uint32_t);

    sim.sum.trace_records++;
    hash_word((uint64_t)head << 32 | cpu);
    hash_word(sim.now);
    for (unsigned int i = 0; i < words; i++) {
        hash_word(data[i]);
    }
    if (!file) {
        return;
    }
    if (!window[cpu]) {
        window[cpu] = malloc(WINDOW);
    }
    if (used[cpu] + bytes > WINDOW) {
        flush(cpu);
    }

    char *at = window[cpu] + used[cpu];

    memcpy(at, &head, 4);
    memcpy(at + 4, &sim.now, 8);
    memcpy(at + 12, data, words * sizeof(uint32_t));
    used[cpu] += bytes;
}

void trace_open(const char *path)
{
    if (path) {
        file = fopen(path, "wb");
        if (!file) {
            sim_die("cannot write %s", path);
        }
    }
}

void trace_close(void)
{
    for (unsigned int cpu = 0; file && cpu < sim.nr_cpus; cpu++) {
        flush(cpu);
    }
    if (file && fclose(file) != 0) {
        sim_die("cannot write the trace");
    }
}
