/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversion between a counter and nanoseconds.  Pure.
 */
#include <core/kernel/time_scale.h>
#include <core/lib/bits.h>
#include <core/lib/util.h>

void time_scale_set_rate(struct time_scale *s, uint64_t hz)
{
    uint64_t per_sec = hz;
    int shift = 0;

    /* Bring the rate into (1, 2] GHz, so that mul uses all its bits. */
    while (per_sec > 2 * NSEC_PER_SEC) {
        per_sec >>= 1;
        shift--;
    }
    while (per_sec <= NSEC_PER_SEC) {
        per_sec <<= 1;
        shift++;
    }
    s->mul = (uint32_t)muldiv64(NSEC_PER_SEC, UINT64_C(1) << 32, per_sec);
    s->shift = (int8_t)shift;
    s->inverse = muldiv64(hz, UINT64_C(1) << 32, NSEC_PER_SEC);
}
