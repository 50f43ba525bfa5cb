/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sampling and the list of rows. See bench.h.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

volatile uint64_t bench_irq_tsc;
void (*volatile bench_irq_body)(void);

extern const uint8_t bench_irq_stub[];

static uint64_t bench_rdtsc_cost;

static uint64_t median(uint64_t *v, unsigned int n)
{
    for (unsigned int i = 1; i < n; i++) {
        const uint64_t x = v[i];
        unsigned int j = i;

        for (; j > 0 && v[j - 1] > x; j--) {
            v[j] = v[j - 1];
        }
        v[j] = x;
    }
    return v[n / 2];
}

static void calibrate(void)
{
    uint64_t v[BENCH_SAMPLES];

    for (unsigned int i = 0; i < BENCH_SAMPLES; i++) {
        const uint64_t begin = rdtsc();

        v[i] = rdtsc() - begin;
    }
    bench_rdtsc_cost = median(v, BENCH_SAMPLES);
    kprintf("BENCH rdtsc %lu %lu %lu\n", bench_rdtsc_cost, v[0],
            v[BENCH_SAMPLES - 1]);
}

uint64_t bench_span(uint64_t begin, uint64_t end)
{
    const uint64_t span = end - begin;

    return span > bench_rdtsc_cost ? span - bench_rdtsc_cost : 0;
}

/* A known number of instructions: shows that a tick is an instruction. */
static uint64_t sample_million(void)
{
    uint64_t n = 500000;
    const uint64_t begin = rdtsc();

    asm volatile("1: dec %0; jnz 1b" : "+r"(n));
    return bench_span(begin, rdtsc());
}

/* Command line row=ID: that one alone, for tests/bench/profile.py. */
static bool is_wanted(const char *id)
{
    static const char key[] = "row=";
    const size_t len = strlen(id);

    for (const char *p = shared_cmdline; *p; p++) {
        if (strncmp(p, key, sizeof(key) - 1) == 0) {
            p += sizeof(key) - 1;
            return strncmp(p, id, len) == 0 &&
                   (p[len] == ' ' || p[len] == '\0');
        }
    }
    return true;
}

void bench_row(const char *id, uint64_t (*sample)(void))
{
    uint64_t v[BENCH_SAMPLES];

    if (!is_wanted(id)) {
        return;
    }
    sample();
    for (unsigned int i = 0; i < BENCH_SAMPLES; i++) {
        v[i] = sample();
    }
    /* The first argument is evaluated in its own statement: it sorts. */
    const uint64_t mid = median(v, BENCH_SAMPLES);

    kprintf("BENCH %s %lu %lu %lu\n", id, mid, v[0], v[BENCH_SAMPLES - 1]);
}

void bench_missing(const char *id, const char *why)
{
    kprintf("BENCH %s none %s\n", id, why);
}

uint64_t bench_loop(void (*op)(void), unsigned int n)
{
    const uint64_t begin = rdtsc();

    for (unsigned int i = 0; i < n; i++) {
        op();
    }
    return bench_span(begin, rdtsc()) / n;
}

void bench_irq_install(unsigned int vec, void (*body)(void))
{
    bench_irq_body = body;
    trap_set_gate(vec, bench_irq_stub);
}

TEST(boot, "Time of hand-off, and memory kept from domains", 0)
{
    bench_boot();
    CHECK("all rows ran", true);
}

TEST(bench_pair, "Rows of two domains alone", 0)
{
    calibrate();
    bench_children();
    CHECK("all rows ran", true);
}

/* Two vCPUs: on one CPU they take turns, on two the other one idles. */
TEST(bench_busy, "Rows of the scheduler alone, on one CPU", 0)
{
    calibrate();
    bench_calls();
    bench_switches();
    CHECK("all rows ran", true);
}

TEST(bench_idle, "Wake to running on a CPU that idles, on two CPUs", 0)
{
    calibrate();
    bench_wake_idle();
    CHECK("all rows ran", true);
}

TEST(bench, "Instruction counts of the operations of targets.md", 0)
{
    /* Let the hypervisor's boot-time work (scrubbing, output) end. */
    shared_delay_ns(200000000);
    calibrate();
    bench_row("million", sample_million);
    bench_exits();
    bench_apic();
    bench_events();
    bench_memory();
    bench_grants();
    bench_vcpus();
    bench_children();
    CHECK("all rows ran", true);
}
