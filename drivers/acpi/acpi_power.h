/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turning the machine off and resetting it by ACPI means.
 * Manual: ACPI 6.4, "PM1 Control Registers", "Reset Register", "\_Sx (System
 * States)".
 */
#ifndef DRIVERS_ACPI_ACPI_POWER_H
#define DRIVERS_ACPI_ACPI_POWER_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* Sleep type values of a system state, for the two PM1 control registers. */
struct acpi_sleep_type {
    uint8_t a;
    uint8_t b;
};

/*
 * Find the \_S5 package in the @len bytes of AML at @aml without interpreting
 * them.  False if there is none or it is not a package of small integers.
 * Pure.
 */
bool acpi_s5_find(const uint8_t *aml, size_t len,
                  struct acpi_sleep_type *type);

/* Boot: find the sleep type in the DSDT and the SSDTs.  After acpi_init(). */
void acpi_power_init(void);

/* True if acpi_power_off() has what it needs. */
bool acpi_power_can_off(void);

/*
 * Enter S5.  Returns only if it is impossible or the machine did not react.
 * Other CPUs are stopped; interrupts are off.
 */
void acpi_power_off(void);

/* Write the reset register; returns if there is none or nothing happened. */
void acpi_power_reset(void);

#endif /* DRIVERS_ACPI_ACPI_POWER_H */
