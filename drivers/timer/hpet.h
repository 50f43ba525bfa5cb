/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The high precision event timer as a reference for calibration.  Its
 * comparators are left alone: the control domain may have them.
 * Manual: IA-PC HPET Specification, "Register Overview".
 */
#ifndef DRIVERS_TIMER_HPET_H
#define DRIVERS_TIMER_HPET_H

#include <core/kernel/time.h>

struct acpi_hpet;

/* Map it and let it count; NULL if there is none or it does not count. */
const struct time_reference *hpet_init(const struct acpi_hpet *table);

#endif /* DRIVERS_TIMER_HPET_H */
