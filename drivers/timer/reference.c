/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choice of the reference counter.  After acpi_init().
 */
#include <drivers/acpi/acpi_fadt.h>
#include <drivers/acpi/acpi_hpet.h>
#include <drivers/timer/hpet.h>
#include <drivers/timer/pit.h>
#include <drivers/timer/pmtimer.h>
#include <drivers/timer/reference.h>

const struct time_reference *reference_find(void)
{
    const struct time_reference *ref = hpet_init(&acpi_hpet);

    if (!ref) {
        ref = pmtimer_init(&acpi_fadt);
    }
    return ref ? ref : pit_init();
}
