/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of two vCPUs that share one CPU: start, IPI round trips out of HLT
 * by APIC and by event channel, a yield that switches, and a wake-up of one
 * that the other has to give way to. With two CPUs, the same wake-up where
 * the CPU idles.
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
/*
 * More than the time that Xen's policies let a vCPU run undisturbed, and each
 * time some more: a slice that ends a multiple of it later meets no sample.
 */
#define WAKE_APART_NS 2000000u
#define WAKE_DRIFT_NS 71000u

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

/* vCPU 1: asleep but for the interrupt that is timed. */
static void sleeper(void *arg)
{
    (void)arg;
    while (!stop) {
        sti_hlt_cli();
    }
}

static void wake_sleeper(void)
{
    evtchn_send(ports[1]);
}

/* On vCPU 1, with the time of arrival taken. */
static void on_wake(void)
{
    volatile struct vcpu_info *vi = shared_vcpu_info(1);

    vi->evtchn_upcall_pending = 0;
    vi->evtchn_pending_sel = 0;
    evtchn_clear_pending(ports[1]);
    apic_eoi();
}

/*
 * From before the hypercall that wakes until the first instruction of the
 * handler. The sleeper has saved credit, and this vCPU has had its time.
 */
static uint64_t sample_wake(void)
{
    static unsigned int n;
    uint64_t begin;

    shared_delay_ns(WAKE_APART_NS + n++ % BENCH_SAMPLES * WAKE_DRIFT_NS);
    bench_irq_tsc = 0;
    begin = rdtsc();
    wake_sleeper();
    while (!bench_irq_tsc) {
        cpu_relax();
    }
    return bench_span(begin, bench_irq_tsc);
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

static bool start_second(const char *id)
{
    if (smp_vcpus() < 2 || !smp_start(1)) {
        bench_missing(id, "one vCPU only");
        return false;
    }
    return true;
}

static void bind_ports(void)
{
    evtchn_init_cpu();
    trap_set_gate(VEC_EVTCHN, NULL);
    for (unsigned int i = 0; i < 2; i++) {
        ports[i] = (uint32_t)evtchn_bind_ipi(i);
        evtchn_unmask_raw(ports[i]);
    }
}

static void wake_row(const char *id)
{
    bench_irq_install(VEC_EVTCHN, on_wake);
    with_echo(sleeper, id, sample_wake, wake_sleeper);
    trap_set_gate(VEC_EVTCHN, NULL);
}

static void switch_rows(void)
{
    with_echo(yielder, "yield_switch", sample_yield_switch, nothing);
    wake_row("wake_busy");
}

void bench_switches(void)
{
    if (start_second("yield_switch")) {
        bind_ports();
        switch_rows();
    }
}

void bench_wake_idle(void)
{
    if (start_second("wake_idle")) {
        bind_ports();
        wake_row("wake_idle");
    }
}

void bench_vcpus(void)
{
    if (!start_second("ipi_round_apic")) {
        return;
    }
    bench_row("vcpu_start", sample_start);
    trap_irq_handlers[VEC_PING] = on_ping;
    with_echo(echo_apic, "ipi_round_apic", sample_round_apic, round_apic);
    bind_ports();
    with_echo(echo_event, "ipi_round_event", sample_round_event,
              round_event);
    switch_rows();
}
