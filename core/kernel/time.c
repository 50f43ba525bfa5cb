/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System time.  The cycle counter is measured once against a slower reference
 * counter during boot; the relation found is the same on all CPUs but for the
 * difference of their counters.
 *
 * Locking: none.  Calibration is over before other CPUs run; afterwards each
 * CPU has its own copy of the scale, which only it changes.
 */
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/time.h>
#include <core/lib/bits.h>
#include <core/sync/barrier.h>

/* The shortest time between the two samples. */
#define CALIBRATE_NS (10 * NSEC_PER_MSEC)
/* Of so many attempts to read both counters at once, the closest is taken. */
#define SAMPLE_TRIES 5u

struct sample {
    uint64_t cycles;
    uint64_t ticks;
    uint64_t width; /* Cycles between which the reference was read */
};

static const struct time_reference *reference;
static struct sample first;
static uint64_t cycles_hz;
static bool is_known;

uint64_t time_cycles_hz(void)
{
    return cycles_hz;
}

static struct sample take_sample(void)
{
    struct sample best = { .width = UINT64_MAX };

    for (unsigned int i = 0; i < SAMPLE_TRIES; i++) {
        const uint64_t before = arch_cycles();
        const uint64_t ticks = reference->read();
        const uint64_t after = arch_cycles();

        if (after - before < best.width) {
            best.width = after - before;
            best.cycles = before + best.width / 2;
            best.ticks = ticks;
        }
    }
    return best;
}

static uint64_t ticks_since_first(uint64_t ticks)
{
    return (ticks - first.ticks) & reference->mask;
}

static void set_rate(uint64_t hz)
{
    time_scale_set_rate(&this_cpu()->time, hz);
    cycles_hz = hz;
}

void time_calibrate_begin(const struct time_reference *ref)
{
    reference = ref;
    first = take_sample();
    if (!cycles_hz) {
        this_cpu()->time.cycles = first.cycles;
    }
}

void time_calibrate_known(uint64_t hz)
{
    this_cpu()->time.cycles = arch_cycles();
    set_rate(hz);
    is_known = true;
}

void time_calibrate_forget(void)
{
    reference = NULL;
    cycles_hz = 0;
    is_known = false;
}

/* The rate between the first sample and one taken now. */
static uint64_t measure(void)
{
    const struct sample last = take_sample();
    const uint64_t ticks = ticks_since_first(last.ticks);

    return ticks ? muldiv64(last.cycles - first.cycles, reference->hz, ticks)
                 : 0;
}

void time_calibrate_end(void)
{
    const uint64_t target =
        reference ? muldiv64(CALIBRATE_NS, reference->hz, NSEC_PER_SEC) : 0;
    uint64_t hz;

    if (is_known) {
        return;
    }
    if (!reference) {
        panic("No PIT, HPET or ACPI timer to measure the TSC against\n");
    }
    /* One that wraps within a second may have done so since. */
    if (reference->mask < reference->hz) {
        first = take_sample();
    }
    while (ticks_since_first(reference->read()) < target) {
        cpu_relax();
    }
    hz = measure();
    if (hz < NSEC_PER_SEC / 1000000) {
        panic("The TSC does not count against the %s\n", reference->name);
    }
    set_rate(hz);
    pr_info("TSC at %lu.%03lu MHz by %s\n", hz / 1000000,
            hz / 1000 % 1000, reference->name);
}

void time_cpu_init(int64_t skew)
{
    struct time_scale *const s = &this_cpu()->time;

    *s = cpu_of(0)->time;
    s->cycles += (uint64_t)skew;
}

void time_busy_wait(nsec_t ns)
{
    const struct time_scale *const s = &this_cpu()->time;
    /* Before calibration assume a fast counter: waits rather too long. */
    const uint64_t cycles =
        cycles_hz ? time_scale_cycles(s, ns) : ns * 4;
    const uint64_t start = arch_cycles();

    while (arch_cycles() - start < cycles) {
        cpu_relax();
    }
}

uint64_t time_from_date(unsigned int year, unsigned int month,
                        unsigned int day, unsigned int hour,
                        unsigned int min, unsigned int sec)
{
    /* Years begin in March here, so that the leap day is the last one. */
    const uint64_t y = month <= 2 ? year - 1 : year;
    const uint64_t m = month <= 2 ? month + 9 : month - 3;
    const uint64_t days = 365 * y + y / 4 - y / 100 + y / 400 +
                          (153 * m + 2) / 5 + day - 1 - 719468;

    return ((days * 24 + hour) * 60 + min) * 60 + sec;
}

void time_dump(void)
{
    unsigned int cpu;

    printk_raw("system time %lu ns, counter %lu Hz%s%s\n", time_now(),
               cycles_hz, reference ? ", reference " : "",
               reference ? reference->name : "");
    for_each_online_cpu (cpu) {
        const struct time_scale *const s = &cpu_of(cpu)->time;

        printk_raw("CPU %u: %lu ns at %#lx, mul %#x shift %d\n", cpu, s->ns,
                   s->cycles, s->mul, s->shift);
    }
}
