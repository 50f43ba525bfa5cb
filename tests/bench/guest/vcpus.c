/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of two vCPUs that share one CPU: start, IPI round trips out of HLT
 * by APIC and by event channel, and a yield that switches.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/x86.h>

#define ROUNDS   16
#define VEC_PING 0xe0

static volatile uint32_t rounds[2];
static volatile bool stop;
static uint32_t ports[2];

static uint64_t sample_start(void)
{
    uint64_t begin;

    smp_prepare(1);
    apic_send(smp_apic_id(1), APIC_DM_INIT | APIC_ICR_ASSERT);
    begin = rdtsc();
    apic_send(smp_apic_id(1), APIC_DM_SIPI | APIC_ICR_ASSERT |
              SMP_TRAMPOLINE >> 12);
    while (!guest_cpu_area[1].online) {
        sched_op(SCHEDOP_yield, NULL);
    }
    return bench_span(begin, smp_first_tsc());
}

static void on_ping(struct trap_frame *f)
{
    (void)f;
    rounds[this_cpu()->id]++;
    apic_eoi();
}

/* vCPU 1: answer each ping with one. */
static void echo_apic(void *arg)
{
    uint32_t seen = rounds[1];

    (void)arg;
    while (!stop) {
        while (rounds[1] == seen) {
            sti_hlt_cli();
        }
        seen = rounds[1];
        apic_send(smp_apic_id(0), VEC_PING);
    }
}

static void echo_event(void *arg)
{
    uint32_t seen = evtchn_count[ports[1]];

    (void)arg;
    while (!stop) {
        while (evtchn_count[ports[1]] == seen) {
            sti_hlt_cli();
        }
        seen = evtchn_count[ports[1]];
        evtchn_send(ports[0]);
    }
}

static void round_apic(void)
{
    const uint32_t seen = rounds[0];

    apic_send(smp_apic_id(1), VEC_PING);
    while (rounds[0] == seen) {
        sti_hlt_cli();
    }
}

static void round_event(void)
{
    const uint32_t seen = evtchn_count[ports[0]];

    evtchn_send(ports[1]);
    while (evtchn_count[ports[0]] == seen) {
        sti_hlt_cli();
    }
}

static uint64_t sample_round_apic(void)
{
    return bench_loop(round_apic, ROUNDS);
}

static uint64_t sample_round_event(void)
{
    return bench_loop(round_event, ROUNDS);
}

static void yielder(void *arg)
{
    (void)arg;
    while (!stop) {
        sched_op(SCHEDOP_yield, NULL);
        rounds[1]++;
    }
}

/* Two vCPUs yield to each other: half the time is this vCPU's yield. */
static uint64_t sample_yield_switch(void)
{
    const uint32_t before = rounds[1];
    const uint64_t begin = rdtsc();
    uint32_t other;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        sched_op(SCHEDOP_yield, NULL);
    }
    other = rounds[1] - before;
    return bench_span(begin, rdtsc()) / (ROUNDS + other);
}

static void with_echo(void (*echo)(void *arg), const char *id,
                      uint64_t (*sample)(void), void (*last)(void))
{
    stop = false;
    smp_call(1, echo, NULL);
    shared_delay_ns(1000000);
    sched_op(SCHEDOP_yield, NULL);
    bench_row(id, sample);
    stop = true;
    last();
    smp_wait(1);
}

static void nothing(void)
{
}

void bench_vcpus(void)
{
    if (smp_vcpus() < 2 || !smp_start(1)) {
        bench_missing("ipi_round_apic", "one vCPU only");
        return;
    }
    bench_row("vcpu_start", sample_start);
    trap_irq_handlers[VEC_PING] = on_ping;
    with_echo(echo_apic, "ipi_round_apic", sample_round_apic, round_apic);
    evtchn_init_cpu();
    trap_set_gate(VEC_EVTCHN, NULL);
    ports[0] = (uint32_t)evtchn_bind_ipi(0);
    ports[1] = (uint32_t)evtchn_bind_ipi(1);
    evtchn_unmask_raw(ports[0]);
    evtchn_unmask_raw(ports[1]);
    with_echo(echo_event, "ipi_round_event", sample_round_event,
              round_event);
    with_echo(yielder, "yield_switch", sample_yield_switch, nothing);
}
