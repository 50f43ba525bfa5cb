/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A linear relation between a counter and nanoseconds, in the form of the
 * ABI's pvclock: ns + (((cycles - base) << shift) * mul >> 32), a negative
 * shift to the right.  Here the shift comes last: it loses no bits, and is
 * one instruction whatever its sign.  Pure.
 */
#ifndef CORE_KERNEL_TIME_SCALE_H
#define CORE_KERNEL_TIME_SCALE_H

#include <core/lib/types.h>

struct time_scale {
    uint64_t cycles; /* Counter at @ns                              */
    nsec_t ns;       /* System time at @cycles                      */
    uint32_t mul;    /* 32-bit fraction                             */
    int8_t shift;    /* Of the difference, before it is multiplied  */
    uint64_t inverse; /* Cycles in a nanosecond, 32-bit fraction    */
};

/* Set mul and shift for a counter of @hz (1 kHz .. 1 THz). */
void time_scale_set_rate(struct time_scale *s, uint64_t hz);

/* Nanoseconds that @delta cycles take. */
static inline nsec_t time_scale_delta(const struct time_scale *s,
                                      uint64_t delta)
{
    /* Within 12 .. 41, see time_scale_set_rate(); the compiler is told. */
    const unsigned int right = (32u - (unsigned int)s->shift) % 64;

    return (nsec_t)(((unsigned __int128)delta * s->mul) >> right);
}

/* System time when the counter shows @cycles. */
static inline nsec_t time_scale_at(const struct time_scale *s,
                                   uint64_t cycles)
{
    return s->ns + time_scale_delta(s, cycles - s->cycles);
}

/*
 * Cycles that @ns take, rounded up.  The relative error of both directions is
 * 2^-31, so use them for short distances.
 */
static inline uint64_t time_scale_cycles(const struct time_scale *s, nsec_t ns)
{
    return (uint64_t)(((unsigned __int128)ns * s->inverse) >> 32) + 1;
}

#endif /* CORE_KERNEL_TIME_SCALE_H */
