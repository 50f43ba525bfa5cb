/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's timer: TSC-deadline mode where there is one, else one-shot
 * counting down.  SDM 3, "APIC Timer".
 *
 * The one-shot counter's rate is measured as a ratio to the time stamp
 * counter over whatever boot does between lapic_init_cpu() and
 * lapic_timer_calibrate(): no time is spent waiting.
 *
 * QEMU's emulation may lose an interrupt that comes during a VMRUN with V_IRQ
 * (docs/testing.md): there the counter goes on periodically until the
 * interrupt has been served, and so brings it, and what else the local APIC
 * holds, a second time.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/lapic_priv.h>
#include <arch/x86/cpu/percpu.h>
#include <core/arch/arch_time.h>
#include <arch/x86/hw/vectors.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/time.h>
#include <core/lib/bits.h>

#define RATIO_SHIFT 32u
/* Shortest sample that gives four digits even with a slow counter. */
#define SAMPLE_MIN_NS (200 * NSEC_PER_USEC)

/* A period too short for the emulator to do anything else. */
#define REPEAT_MIN 2000u

static bool use_deadline RO_AFTER_INIT;
/* Counter steps for one tick of the time stamp counter, 32.32. */
static uint64_t timer_ratio RO_AFTER_INIT;
static uint64_t sample_start;

/* How it counts down. */
static uint32_t lvt_count(void)
{
    return VECTOR_TIMER | (cpu_info.is_tcg ? APIC_LVT_TIMER_PERIODIC
                                           : APIC_LVT_TIMER_ONESHOT);
}

void lapic_timer_served(void)
{
    if (unlikely(cpu_info.is_tcg)) {
        lapic_write(APIC_TIMER_INIT, 0);
    }
}

void lapic_timer_init_cpu(void)
{
    const bool is_boot_cpu = this_cpu_id() == 0;

    if (is_boot_cpu) {
        use_deadline =
            cpu_has(CPU_FEATURE_TSC_DEADLINE) && param.tsc_deadline;
    }
    if (use_deadline) {
        lapic_write(APIC_LVT_TIMER, APIC_LVT_TIMER_DEADLINE | VECTOR_TIMER);
        /* The mode must be set before the deadline can be. */
        asm volatile("mfence" : : : "memory");
        msr_write(MSR_TSC_DEADLINE, 0);
        return;
    }
    lapic_write(APIC_TIMER_DIVIDE, APIC_DIVIDE_1);
    lapic_write(APIC_TIMER_INIT, 0);
    if (is_boot_cpu && !timer_ratio) {
        lapic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
        lapic_write(APIC_TIMER_INIT, UINT32_MAX);
        sample_start = arch_cycles();
        return;
    }
    lapic_write(APIC_LVT_TIMER, lvt_count());
}

void INIT_TEXT lapic_timer_calibrate(void)
{
    uint64_t cycles;
    uint64_t count;

    if (use_deadline) {
        printk(LOG_INFO, "Local APIC timer: TSC deadline\n");
        return;
    }
    do {
        cycles = arch_cycles() - sample_start;
        count = UINT32_MAX - lapic_read(APIC_TIMER_COUNT);
    } while (cycles < muldiv64(SAMPLE_MIN_NS, time_cycles_hz(),
                               NSEC_PER_SEC));
    if (count == 0 || count == UINT32_MAX) {
        panic("the local APIC's timer does not count\n");
    }
    timer_ratio = muldiv64(count, UINT64_C(1) << RATIO_SHIFT, cycles);
    lapic_write(APIC_TIMER_INIT, 0);
    lapic_write(APIC_LVT_TIMER, lvt_count());
    printk(LOG_INFO, "Local APIC timer: %s, %lu kHz\n",
           cpu_info.is_tcg ? "periodic until served" : "one-shot",
           mul64_shift(time_cycles_hz() / 1000, timer_ratio, RATIO_SHIFT));
}

static void timer_set_count(uint64_t deadline)
{
    const uint64_t now = arch_cycles();
    uint64_t count = 1;

    if (deadline > now) {
        count = mul64_shift(deadline - now, timer_ratio, RATIO_SHIFT);
        if (count > UINT32_MAX) {
            count = UINT32_MAX;
        } else if (count == 0) {
            count = 1;
        }
    }
    if (unlikely(cpu_info.is_tcg)) {
        count = max(count, (uint64_t)REPEAT_MIN);
    }
    lapic_write(APIC_TIMER_INIT, (uint32_t)count);
}

void arch_timer_program(nsec_t deadline)
{
    if (deadline == NSEC_NEVER) {
        if (use_deadline) {
            msr_write(MSR_TSC_DEADLINE, 0);
        } else {
            lapic_write(APIC_TIMER_INIT, 0);
        }
        return;
    }
    if (use_deadline) {
        const uint64_t cycles = time_to_cycles(deadline);

        /* Zero would disarm it. */
        msr_write(MSR_TSC_DEADLINE, cycles ? cycles : 1);
    } else {
        timer_set_count(time_to_cycles(deadline));
    }
}
