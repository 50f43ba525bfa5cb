/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that find out how fast time passes and what time it is.
 */
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/tsc.h>
#include <boot/boot_steps.h>
#include <core/console/printk.h>
#include <core/domain/wallclock.h>
#include <core/kernel/time.h>
#include <drivers/acpi/acpi_fadt.h>
#include <drivers/timer/reference.h>
#include <drivers/timer/rtc.h>

void INIT_TEXT boot_time_begin(void)
{
    const struct time_reference *ref = reference_find();

    if (ref) {
        time_calibrate_begin(ref);
    }
    tsc_init();
}

void INIT_TEXT boot_time_end(void)
{
    time_calibrate_end();
    lapic_timer_calibrate();
}

void INIT_TEXT boot_wallclock(void)
{
    uint64_t seconds;
    nsec_t at;

    if (rtc_read(acpi_fadt.century_index, &seconds, &at)) {
        printk(LOG_WARN, "no CMOS clock: it is 1970 until the control domain "
               "knows better\n");
        return;
    }
    wallclock_set(seconds, 0, at);
}
