/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the CMOS clock.  Boot only, no lock: later its ports are the
 * control domain's.
 * Manual: MC146818A data sheet, "Update Cycle", "Register A", "Register B".
 */
#include <core/arch/arch_io.h>
#include <core/kernel/time.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/timer/rtc.h>

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

enum rtc_reg {
    RTC_SEC = 0,
    RTC_MIN = 2,
    RTC_HOUR = 4,
    RTC_DAY = 7,
    RTC_MONTH = 8,
    RTC_YEAR = 9,
    RTC_STATUS_A = 10,
    RTC_STATUS_B = 11,
};

#define RTC_A_UPDATING BIT32(7)
#define RTC_B_24H BIT32(1)
#define RTC_B_BINARY BIT32(2)
#define RTC_HOUR_PM BIT32(7)
/* An update takes 2 ms; a port read at least half a microsecond. */
#define RTC_TRIES 5000u
#define RTC_READS 5u

static uint8_t cmos_read(uint8_t index)
{
    arch_io_out8(CMOS_INDEX, index);
    return arch_io_in8(CMOS_DATA);
}

static unsigned int from_bcd(unsigned int val, bool is_binary)
{
    return is_binary ? val : (val >> 4) * 10 + (val & 0xf);
}

int rtc_to_seconds(const struct rtc_raw *raw, uint64_t *seconds)
{
    const bool is_binary = raw->status_b & RTC_B_BINARY;
    const unsigned int sec = from_bcd(raw->sec, is_binary);
    const unsigned int minute = from_bcd(raw->min, is_binary);
    const unsigned int day = from_bcd(raw->day, is_binary);
    const unsigned int month = from_bcd(raw->month, is_binary);
    const unsigned int century = from_bcd(raw->century, is_binary);
    unsigned int hour = from_bcd(raw->hour & ~RTC_HOUR_PM, is_binary);
    unsigned int year = from_bcd(raw->year, is_binary);

    if (!(raw->status_b & RTC_B_24H)) {
        hour = hour % 12 + (raw->hour & RTC_HOUR_PM ? 12 : 0);
    }
    if (century >= 19 && century <= 29) {
        year += century * 100;
    } else {
        year += year < 70 ? 2000 : 1900;
    }
    if (sec > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 ||
        month < 1 || month > 12 || year < 1970) {
        return -EINVAL;
    }
    *seconds = time_from_date(year, month, day, hour, minute, sec);
    return 0;
}

/* Wait until no update is going on; false if that never ends. */
static bool wait_for_update(void)
{
    for (unsigned int i = 0; i < RTC_TRIES; i++) {
        if (!(cmos_read(RTC_STATUS_A) & RTC_A_UPDATING)) {
            return true;
        }
    }
    return false;
}

static struct rtc_raw read_raw(uint8_t century_index)
{
    return (struct rtc_raw){
        .sec = cmos_read(RTC_SEC),
        .min = cmos_read(RTC_MIN),
        .hour = cmos_read(RTC_HOUR),
        .day = cmos_read(RTC_DAY),
        .month = cmos_read(RTC_MONTH),
        .year = cmos_read(RTC_YEAR),
        .century = century_index ? cmos_read(century_index) : (uint8_t)0,
        .status_b = cmos_read(RTC_STATUS_B),
    };
}

int rtc_read(uint8_t century_index, uint64_t *seconds, nsec_t *at)
{
    struct rtc_raw raw;
    struct rtc_raw again;

    /* Twice the same: no update began in between. */
    for (unsigned int i = 0; i < RTC_READS; i++) {
        if (!wait_for_update()) {
            return -ENODEV;
        }
        *at = time_now();
        raw = read_raw(century_index);
        again = read_raw(century_index);
        if (memcmp(&raw, &again, sizeof(raw)) == 0) {
            return rtc_to_seconds(&raw, seconds) ? -ENODEV : 0;
        }
    }
    return -ENODEV;
}
