/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes out: histograms of delays, sums, and one JSON file.
 */
#include <lab/sim.h>

#include <core/abi/vcpu.h>
#include <core/domain/vcpu.h>
#include <core/lib/bits.h>

#include <stdio.h>
#include <stdlib.h>

static unsigned int bucket_of(uint64_t value)
{
    unsigned int high;

    if (value < HIST_STEPS) {
        return (unsigned int)value;
    }
    high = 63u - (unsigned int)__builtin_clzll(value);
    /* 32 steps in [2^high, 2^(high + 1)). */
    return (high - 4) * HIST_STEPS +
           (unsigned int)(value >> (high - 5)) - HIST_STEPS;
}

/* The largest value of a bucket. */
static uint64_t bucket_top(unsigned int bucket)
{
    const unsigned int high = bucket / HIST_STEPS + 4;

    if (bucket < HIST_STEPS) {
        return bucket;
    }
    return ((uint64_t)(bucket % HIST_STEPS + HIST_STEPS + 1) << (high - 5)) -
           1;
}

void hist_add(struct hist *h, uint64_t value)
{
    if (!h->bucket) {
        h->bucket = calloc(HIST_BUCKETS, sizeof(*h->bucket));
    }
    h->count++;
    h->sum += value;
    h->max = max(h->max, value);
    h->bucket[bucket_of(value)]++;
}

void hist_merge(struct hist *into, const struct hist *h)
{
    if (h->count == 0) {
        return;
    }
    if (!into->bucket) {
        into->bucket = calloc(HIST_BUCKETS, sizeof(*into->bucket));
    }
    into->count += h->count;
    into->sum += h->sum;
    into->max = max(into->max, h->max);
    for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
        into->bucket[i] += h->bucket[i];
    }
}

uint64_t hist_quantile(const struct hist *h, double share)
{
    const double wanted = (double)h->count * share;
    uint64_t seen = 0;

    for (unsigned int i = 0; h->bucket && i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen && (double)seen >= wanted) {
            return min(bucket_top(i), h->max);
        }
    }
    return 0;
}

void report_count(void)
{
    sim.sum.idle_waits += (uint64_t)min(sim.idle_cpus, sim.waiting) *
                          (sim.now - sim.counted);
    sim.counted = sim.now;
}

void report_state(struct sim_vcpu *s, int old, int state)
{
    const nsec_t length = sim.now - s->v.runstate.state_entry_time;

    report_count();
    if (old == RUNSTATE_runnable) {
        sim.waiting--;
        if (state == RUNSTATE_running) {
            if (s->is_woken) {
                hist_add(&s->g->delay, length);
            }
            hist_add(&s->g->wait_any, length);
        }
    }
    if (state == RUNSTATE_runnable) {
        sim.waiting++;
        s->is_woken = s->is_woken && old != RUNSTATE_running;
    }
    if (state == RUNSTATE_running) {
        s->is_woken = false;
    }
}

static void write_hist(FILE *f, const char *name, const struct hist *h)
{
    (void)fprintf(f, "\"%s\": {\"count\": %llu, \"mean\": %.1f, "
                  "\"p50\": %llu, \"p99\": %llu, \"p999\": %llu, "
                  "\"max\": %llu, \"cdf\": [", name,
                  (unsigned long long)h->count,
                  h->count ? (double)h->sum / (double)h->count : 0.0,
                  (unsigned long long)hist_quantile(h, 0.5),
                  (unsigned long long)hist_quantile(h, 0.99),
                  (unsigned long long)hist_quantile(h, 0.999),
                  (unsigned long long)h->max);

    const char *comma = "";

    for (unsigned int i = 0; h->bucket && i < HIST_BUCKETS; i++) {
        if (h->bucket[i]) {
            (void)fprintf(f, "%s[%llu, %u]", comma,
                          (unsigned long long)min(bucket_top(i), h->max),
                          h->bucket[i]);
            comma = ", ";
        }
    }
    (void)fprintf(f, "]}");
}

static uint64_t time_in(const struct vcpu *v, int state)
{
    return v->runstate.time[state] +
           (v->runstate.state == state
                ? sim.now - v->runstate.state_entry_time : 0);
}

static void write_guest(FILE *f, const struct sim_guest *g)
{
    struct vcpu *v;
    const char *comma = "";

    (void)fprintf(f, "    {\"name\": \"%s\", \"domain\": %u, \"vcpus\": %u, "
                  "\"pool\": %u, \"jobs\": %llu, \"misses\": %llu, "
                  "\"migrations\": %llu,\n     \"cpu_ns\": [", g->name,
                  g->d.id, g->vcpus, g->d.pool->id,
                  (unsigned long long)g->jobs, (unsigned long long)g->misses,
                  (unsigned long long)g->migrations);
    for_each_vcpu(&g->d, v) {
        (void)fprintf(f, "%s%llu", comma,
                      (unsigned long long)time_in(v, RUNSTATE_running));
        comma = ", ";
    }
    (void)fprintf(f, "],\n     \"work_ns\": [");
    comma = "";
    for_each_vcpu(&g->d, v) {
        (void)fprintf(f, "%s%llu", comma,
                      (unsigned long long)sim_vcpu_of(v)->done_work);
        comma = ", ";
    }
    (void)fprintf(f, "],\n     ");
    write_hist(f, "delay", &g->delay);
    (void)fprintf(f, ",\n     ");
    write_hist(f, "wait", &g->wait_any);
    (void)fprintf(f, ",\n     ");
    write_hist(f, "response", &g->response);
    (void)fprintf(f, "}");
}

static void write_cpus(FILE *f)
{
    uint64_t busy = 0;
    uint64_t lost = 0;

    for (unsigned int i = 0; i < sim.nr_cpus; i++) {
        busy += sim.cpu[i].busy;
        lost += sim.cpu[i].lost;
    }
    (void)fprintf(f, "  \"cpus\": %u, \"busy_ns\": %llu, "
                  "\"overhead_ns\": %llu,\n", sim.nr_cpus,
                  (unsigned long long)busy, (unsigned long long)lost);
}

/* Nothing where nothing was counted. */
static void write_steps(FILE *f, const char *name, const struct sim_steps *s)
{
    if (s->sum) {
        (void)fprintf(f, "\"%s\": {\"calls\": %llu, \"mean\": %.2f, "
                      "\"max\": %llu},\n  ", name,
                      (unsigned long long)s->calls,
                      (double)s->sum / (double)s->calls,
                      (unsigned long long)s->max);
    }
}

void report_write(const char *path)
{
    FILE *f = path ? fopen(path, "w") : stdout;

    if (!f) {
        sim_die("cannot write %s", path);
    }
    for (unsigned int i = 0; i < sim.nr_guests; i++) {
        hist_merge(&sim.delay, &sim.guest[i]->delay);
    }
    (void)fprintf(f, "{\n  \"seed\": %llu, \"duration_ns\": %llu,\n",
                  (unsigned long long)sim.seed, (unsigned long long)sim.end);
    write_cpus(f);
    (void)fprintf(f, "  \"events\": %llu, \"decisions\": %llu, "
                  "\"switches\": %llu, \"migrations\": %llu, "
                  "\"ipis\": %llu,\n",
                  (unsigned long long)sim.sum.events,
                  (unsigned long long)sim.sum.decisions,
                  (unsigned long long)sim.sum.switches,
                  (unsigned long long)sim.sum.migrations,
                  (unsigned long long)sim.sum.ipis);
    (void)fprintf(f, "  \"idle_while_runnable_ns\": %llu, "
                  "\"trace_records\": %llu, \"trace_hash\": \"%016llx\",\n  ",
                  (unsigned long long)sim.sum.idle_waits,
                  (unsigned long long)sim.sum.trace_records,
                  (unsigned long long)sim.sum.trace_hash);
    write_steps(f, "steps_of_decision", &sim.sum.decision);
    write_steps(f, "steps_of_wake", &sim.sum.wake);
    write_hist(f, "delay", &sim.delay);
    (void)fprintf(f, ",\n  \"guests\": [\n");
    for (unsigned int i = 0; i < sim.nr_guests; i++) {
        write_guest(f, sim.guest[i]);
        (void)fprintf(f, i + 1 < sim.nr_guests ? ",\n" : "\n");
    }
    (void)fprintf(f, "  ]\n}\n");
    if (path && fclose(f) != 0) {
        sim_die("cannot write %s", path);
    }
}
