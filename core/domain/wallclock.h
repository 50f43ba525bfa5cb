/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock: UTC at system time 0, known here and shown in every
 * domain's shared_info.  Locking: one lock of its own.
 */
#ifndef CORE_DOMAIN_WALLCLOCK_H
#define CORE_DOMAIN_WALLCLOCK_H

#include <core/domain/domain.h>

/*
 * It was @seconds and @nanoseconds after 1970 at system time @at: show it to
 * all domains.  Boot (from the RTC), and XENPF_settime.
 */
void wallclock_set(uint64_t seconds, uint32_t nanoseconds, nsec_t at);

/* Fill wc_* of d->shared_info; wallclock_offset_s added. */
void wallclock_update(struct domain *d);

#endif /* CORE_DOMAIN_WALLCLOCK_H */
