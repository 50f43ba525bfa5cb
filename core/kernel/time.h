/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System time: nanoseconds since boot, monotonic on each CPU and, as far as
 * the counters of the machine agree, between them.  And wall-clock time.
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

/* The counter when this CPU's system time is @ns; for hardware deadlines. */
static inline uint64_t time_to_cycles(nsec_t ns)
{
    return time_scale_inverse(&this_cpu()->time, ns);
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
 * at begin.  Other boot work goes in between; for references whose mask is
 * short (PIT) at most mask / 2.  Both are no-ops with a rate known by CPUID
 * (time_calibrate_known()).
 */
void time_calibrate_begin(const struct time_reference *ref);
void time_calibrate_end(void);
void time_calibrate_known(uint64_t hz);

/* Before the first guest runs: use the longer distance to do better. */
void time_calibrate_refine(void);

/*
 * Boot, on another CPU: follow CPU 0's time.  @skew is the counter of this
 * CPU less that of CPU 0 at the same moment, 0 if they agree.
 */
void time_cpu_init(int64_t skew);

/* Wait without sleeping; boot and panic only. */
void time_busy_wait(nsec_t ns);

/* --- wall clock --- */

/* The wall clock at system time 0: nanoseconds since 1970, UTC. */
uint64_t time_wallclock_base(void);
/* Boot: it is now @secs since 1970.  Or XENPF_settime. */
void time_wallclock_set(uint64_t secs, uint32_t nsecs, nsec_t at);
/* Called when the above changes; for the domains' shared info.  One hook. */
void time_wallclock_set_hook(void (*hook)(void));

/* Seconds since 1970 of a date, UTC.  month 1..12, year from 1970. */
uint64_t time_from_date(unsigned int year, unsigned int month,
                        unsigned int day, unsigned int hour,
                        unsigned int min, unsigned int sec);

/* Debug key: the clocks of all CPUs. */
void time_dump(void);

#endif /* CORE_KERNEL_TIME_H */
