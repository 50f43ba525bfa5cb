/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmark guest's frame. One tick of the TSC is one instruction in
 * the emulators the benchmarks run in; where the hypervisor emulates RDTSC,
 * the cost of one RDTSC, measured, is taken off every sample.
 * Rows run on vCPU 0 with interrupts off unless they say otherwise.
 */
#ifndef TESTS_BENCH_GUEST_BENCH_H
#define TESTS_BENCH_GUEST_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SAMPLES 15

/* Take samples with sample() and print the median as
 * "BENCH id median min max"; sample returns the cost of one operation. */
void bench_row(const char *id, uint64_t (*sample)(void));

/* A row that could not be measured, with the reason. */
void bench_missing(const char *id, const char *why);

/* Cost of n runs of op(), per run, RDTSC taken off. */
uint64_t bench_loop(void (*op)(void), unsigned int n);

/* end - begin less the cost of one RDTSC, not below 0. */
uint64_t bench_span(uint64_t begin, uint64_t end);

/*
 * Interrupts whose arrival is to be timed: the stub writes the TSC into
 * bench_irq_tsc first of all, then calls the body.
 */
extern volatile uint64_t bench_irq_tsc;
extern void (*volatile bench_irq_body)(void);
void bench_irq_install(unsigned int vec, void (*body)(void));

void bench_calls(void);
void bench_exits(void);
void bench_apic(void);
void bench_events(void);
void bench_memory(void);
void bench_grants(void);
void bench_vcpus(void);
void bench_switches(void);
void bench_wake_idle(void);
void bench_children(void);
void bench_boot(void);

#endif
