/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The APIC timer: one-shot, periodic, masked, divided, stopped, and TSC
 * deadline where CPUID offers it.
 * Intel SDM, "APIC Timer".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define VEC      0x75
#define MS       1000000ull
#define DIV_1    0xbu
#define DIV_16   0x3u
#define ECX1_DEADLINE (1u << 24)

/* Timer ticks of one millisecond at a divisor of 1, measured. */
static uint32_t ticks_ms;

/* Ticks in a millisecond at this divisor; the emulator may be held up
 * between any two instructions, hence the long while. */
static uint32_t rate(uint32_t divisor)
{
    uint64_t begin;
    uint32_t before;
    uint32_t ticks;

    apic_write(APIC_TDCR, divisor);
    apic_write(APIC_TMICT, 0xffffffff);
    begin = shared_now_ns();
    before = apic_read(APIC_TMCCT);
    shared_delay_ns(40 * MS);
    ticks = before - apic_read(APIC_TMCCT);
    return (uint32_t)(ticks * MS / (shared_now_ns() - begin));
}

static void measure(void)
{
    uint32_t slow;

    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VEC);
    ticks_ms = rate(DIV_1);
    check("it counts down", ticks_ms > 1000, "%u in 1 ms", ticks_ms);
    slow = rate(DIV_16);
    check("sixteen times slower with divisor 16",
          slow < ticks_ms / 4 && slow > ticks_ms / 64, "%u, was %u", slow,
          ticks_ms);
    apic_write(APIC_TDCR, DIV_1);
    apic_write(APIC_TMICT, 0);
    check_eq("count 0 stops it", apic_read(APIC_TMCCT), 0);
}

/* Sleep until the timer's interrupt has come so often. */
static void sleep_until(uint32_t count)
{
    while (trap_irq_count[VEC] < count) {
        sti_hlt_cli();
    }
}

static void one_shot(void)
{
    uint64_t begin;

    trap_irq_count[VEC] = 0;
    apic_write(APIC_LVT_TIMER, VEC);
    begin = shared_now_ns();
    apic_write(APIC_TMICT, 3 * ticks_ms);
    sleep_until(1);
    check_eq("one-shot fires", trap_irq_count[VEC], 1);
    check("not early", shared_now_ns() - begin > 2 * MS, "%lu ns",
          shared_now_ns() - begin);
    check_eq("count is 0 then", apic_read(APIC_TMCCT), 0);
    shared_delay_ns(5 * MS);
    irq_window();
    check_eq("only once", trap_irq_count[VEC], 1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VEC);
    apic_write(APIC_TMICT, ticks_ms);
    shared_delay_ns(3 * MS);
    apic_write(APIC_LVT_TIMER, VEC);
    irq_window();
    check_eq("masked when it expires: nothing", trap_irq_count[VEC], 1);
}

static void periodic(void)
{
    uint64_t begin;
    uint64_t end;

    trap_irq_count[VEC] = 0;
    apic_write(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | VEC);
    begin = shared_now_ns();
    apic_write(APIC_TMICT, ticks_ms);
    end = begin + 500 * MS;
    while (trap_irq_count[VEC] < 5 && shared_now_ns() < end) {
        irq_window();
    }
    CHECK("periodic fires again and again", trap_irq_count[VEC] >= 5);
    check("not too fast", shared_now_ns() - begin > 3 * MS, "%lu ns",
          shared_now_ns() - begin);
    CHECK("count runs within the period",
          apic_read(APIC_TMCCT) <= ticks_ms);
    apic_write(APIC_TMICT, 0);
    irq_window();
    trap_irq_count[VEC] = 0;
    shared_delay_ns(5 * MS);
    irq_window();
    check_eq("stopped", trap_irq_count[VEC], 0);
}

static void deadline(void)
{
    uint64_t val;
    uint64_t at;

    if (!(cpuid(1, 0).ecx & ECX1_DEADLINE)) {
        check_fault("no TSC deadline: no such MSR",
                    rdmsr_safe(MSR_TSC_DEADLINE, &val),
                    /* Xen has the MSR without saying so in CPUID. */
                    on_xen() ? 0 : FAULT_GP);
        return;
    }
    trap_irq_count[VEC] = 0;
    apic_write(APIC_LVT_TIMER, APIC_TIMER_DEADLINE | VEC);
    at = rdtsc() + shared_ns_to_tsc(3 * MS);
    wrmsr(MSR_TSC_DEADLINE, at);
    check_eq("deadline reads back", (int64_t)rdmsr(MSR_TSC_DEADLINE),
             (int64_t)at);
    sleep_until(1);
    check_eq("deadline fires", trap_irq_count[VEC], 1);
    CHECK("not early", rdtsc() >= at);
    check_eq("and reads 0 then", (int64_t)rdmsr(MSR_TSC_DEADLINE), 0);
    wrmsr(MSR_TSC_DEADLINE, 1);
    irq_window();
    check_eq("a deadline in the past fires at once", trap_irq_count[VEC],
             2);
    apic_write(APIC_TMICT, ticks_ms);
    check_eq("no count in this mode", apic_read(APIC_TMCCT), 0);
    wrmsr(MSR_TSC_DEADLINE, rdtsc() + shared_ns_to_tsc(2 * MS));
    wrmsr(MSR_TSC_DEADLINE, 0);
    shared_delay_ns(5 * MS);
    irq_window();
    check_eq("0 disarms", trap_irq_count[VEC], 2);
}

TEST(apic_timer, "The APIC timer", 0)
{
    measure();
    one_shot();
    periodic();
    deadline();
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_TMICT, 0);
}
