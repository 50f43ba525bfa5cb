/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System time: nanoseconds since boot, monotonic on each CPU and, as far as
 * the counters of the machine agree, between them.
 */
#ifndef CORE_KERNEL_TIME_H
#define CORE_KERNEL_TIME_H

#include <core/arch/arch_time.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time_scale.h>

/* Now. */
static inline nsec_t time_now(void)
{
    return time_scale_at(&this_cpu()->time, arch_cycles());
}

/*
 * The counter of this CPU when system time is @ns, never earlier; now, if that
 * is past.  For hardware deadlines.
 */
static inline uint64_t time_to_cycles(nsec_t ns)
{
    const struct time_scale *const s = &this_cpu()->time;
    const uint64_t cycles = arch_cycles();
    const nsec_t now = time_scale_at(s, cycles);

    return ns <= now ? cycles : cycles + time_scale_cycles(s, ns - now);
}

/* Frequency of the counter: Hz, 0 before calibration. */
uint64_t time_cycles_hz(void);

/* A slower, trusted counter to measure the cycles against. */
struct time_reference {
    const char *name;
    uint64_t hz;
    uint64_t mask;           /* Of the counter: it wraps behind this       */
    uint64_t (*read)(void);
};

/*
 * Boot, on CPU 0.  Begin: take a first sample of the reference against the
 * counter.  End: take another, wait until there are at least ten milliseconds
 * between them, compute the rate and start system time at the counter's value
 * at begin.  Other boot work goes in between; a reference that wraps within a
 * second (PIT) gains nothing by it.  Both are no-ops with a rate known by
 * CPUID (time_calibrate_known()).
 */
void time_calibrate_begin(const struct time_reference *ref);
void time_calibrate_end(void);
void time_calibrate_known(uint64_t hz);

/* Unit tests only: as if nothing had been measured. */
void time_calibrate_forget(void);

/*
 * Boot, on another CPU: follow CPU 0's time.  @skew is the counter of this
 * CPU less that of CPU 0 at the same moment, 0 if they agree.
 */
void time_cpu_init(int64_t skew);

/* Wait without sleeping; boot and panic only. */
void time_busy_wait(nsec_t ns);

/* Seconds since 1970 of a date, UTC.  month 1..12, year from 1970. */
uint64_t time_from_date(unsigned int year, unsigned int month,
                        unsigned int day, unsigned int hour,
                        unsigned int min, unsigned int sec);

/* Debug key: the clocks of all CPUs. */
void time_dump(void);

#endif /* CORE_KERNEL_TIME_H */
