/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMOS clock: what time it is when the machine starts.
 * Manual: MC146818A data sheet, "Time, Calendar, and Alarm Locations".
 */
#ifndef DRIVERS_TIMER_RTC_H
#define DRIVERS_TIMER_RTC_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/*
 * Seconds since 1970, UTC, and the system time at which they were true.
 * @century_index: of the CMOS byte that holds the century, 0: none.
 * 0, -ENODEV if there is no clock or it shows no date.  Takes up to two
 * milliseconds while the clock updates itself.
 */
int __must_check rtc_read(uint8_t century_index, uint64_t *seconds,
                          nsec_t *at);

/* The pure half: raw registers to seconds; -EINVAL if they are no date. */
struct rtc_raw {
    uint8_t sec;
    uint8_t min;
    uint8_t hour;
    uint8_t day;
    uint8_t month;
    uint8_t year;
    uint8_t century; /* 0: not known                                         */
    uint8_t status_b;
};

int __must_check rtc_to_seconds(const struct rtc_raw *raw, uint64_t *seconds);

#endif /* DRIVERS_TIMER_RTC_H */
