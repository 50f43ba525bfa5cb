/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the local APIC in x2APIC mode: registers, self-IPI, timer.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/x86.h>

#define LOOPS      64
#define VEC        0xd0
#define DIVIDE_1   0xbu
#define SLEEP_TICKS 50000u

/* TSC ticks of PERIOD_UNIT ticks of the APIC timer. */
#define PERIOD_UNIT 10u
static uint64_t apic_timer_period;

static void op_tpr(void)
{
    rdmsr(APIC_MSR(APIC_TPR));
}

static void op_eoi(void)
{
    wrmsr(APIC_MSR(APIC_EOI), 0);
}

static void op_timer(void)
{
    wrmsr(APIC_MSR(APIC_TMICT), 100000000u);
}

static uint64_t sample_tpr(void)
{
    return bench_loop(op_tpr, LOOPS);
}

static uint64_t sample_eoi(void)
{
    return bench_loop(op_eoi, LOOPS);
}

static uint64_t sample_timer(void)
{
    return bench_loop(op_timer, LOOPS);
}

static void body_eoi(void)
{
    apic_eoi();
}

static uint64_t sample_self_ipi(void)
{
    uint64_t begin;

    irq_enable();
    begin = rdtsc();
    wrmsr(APIC_MSR(APIC_SELF_IPI), VEC);
    irq_disable();
    return bench_span(begin, bench_irq_tsc);
}

/* How late the handler starts after the moment the timer was set for; the
 * timer counts from the write, whose end is taken as its time. An emulated
 * RDTSC delays both samples alike: nothing is to be taken off. */
static uint64_t sample_timer_hlt(void)
{
    uint64_t begin;
    uint64_t due;

    bench_irq_tsc = 0;
    wrmsr(APIC_MSR(APIC_TMICT), SLEEP_TICKS);
    begin = rdtsc();
    while (!bench_irq_tsc) {
        sti_hlt_cli();
    }
    due = begin + apic_timer_period * SLEEP_TICKS / PERIOD_UNIT;
    return bench_irq_tsc > due ? bench_irq_tsc - due : 0;
}

/* From the timer's own count; the TSC may be the slower one. */
static void measure_period(void)
{
    uint64_t begin;
    uint64_t ticks;

    wrmsr(APIC_MSR(APIC_TMICT), 100000000u);
    begin = rdtsc();
    ticks = 100000000u - rdmsr(APIC_MSR(APIC_TMCCT));
    shared_delay_ns(10000000);
    ticks = 100000000u - rdmsr(APIC_MSR(APIC_TMCCT)) - ticks;
    apic_timer_period =
        ((rdtsc() - begin) * PERIOD_UNIT + ticks / 2) / ticks;
}

void bench_apic(void)
{
    if (apic_get_mode() != APIC_X2APIC) {
        bench_missing("x2apic_tpr", "no x2APIC");
        return;
    }
    bench_row("x2apic_tpr", sample_tpr);
    bench_row("x2apic_eoi", sample_eoi);
    bench_irq_install(VEC, body_eoi);
    bench_row("self_ipi", sample_self_ipi);
    apic_write(APIC_TDCR, DIVIDE_1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VEC);
    bench_row("apic_timer", sample_timer);
    measure_period();
    apic_write(APIC_TMICT, 0);
    apic_write(APIC_LVT_TIMER, VEC);
    bench_row("timer_hlt", sample_timer_hlt);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
}
