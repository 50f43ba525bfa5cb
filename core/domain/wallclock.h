/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wall clock: the UTC time at system time 0, kept in every shared_info.
 * Locking: one lock of its own, a leaf.
 */
#ifndef CORE_DOMAIN_WALLCLOCK_H
#define CORE_DOMAIN_WALLCLOCK_H

#include <core/domain/domain.h>

/*
 * It was @seconds and @nanoseconds after 1970 at system time @at: show it to
 * all domains.  Boot, and XENPF_settime.
 */
void wallclock_set(uint64_t seconds, uint32_t nanoseconds, nsec_t at);

/* Seconds since 1970 now, for consoles and the RTC. */
uint64_t wallclock_now(uint32_t *nanoseconds);

/* Fill wc_* of d->shared_info; wallclock_offset_s added. */
void wallclock_update(struct domain *d);

#endif /* CORE_DOMAIN_WALLCLOCK_H */
