/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The best counter there is to measure the TSC against.
 */
#ifndef DRIVERS_TIMER_REFERENCE_H
#define DRIVERS_TIMER_REFERENCE_H

struct time_reference;

/* HPET, ACPI PM timer or PIT, in this order; NULL if none counts. */
const struct time_reference *reference_find(void);

#endif /* DRIVERS_TIMER_REFERENCE_H */
