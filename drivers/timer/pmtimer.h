/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI power management timer as a reference for calibration.
 * Manual: ACPI 6.4, "Power Management Timer".
 */
#ifndef DRIVERS_TIMER_PMTIMER_H
#define DRIVERS_TIMER_PMTIMER_H

#include <core/kernel/time.h>

struct acpi_fadt;

/* NULL if the machine has none or it does not count. */
const struct time_reference *pmtimer_init(const struct acpi_fadt *fadt);

#endif /* DRIVERS_TIMER_PMTIMER_H */
