/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Fixed ACPI Description Table: power management registers, reset
 * register, where the DSDT is.
 * Manual: ACPI 6.4, "Fixed ACPI Description Table (FADT)".
 */
#ifndef DRIVERS_ACPI_ACPI_FADT_H
#define DRIVERS_ACPI_ACPI_FADT_H

#include <drivers/acpi/acpi_tables.h>

struct acpi_fadt {
    bool is_present;
    bool is_hw_reduced;      /* No fixed registers                           */
    bool has_8042;
    bool has_reset;
    uint8_t pm_timer_bits;   /* 24 or 32; 0: there is none                   */
    uint16_t pm_timer_port;  /* Valid if pm_timer_bits                       */
    uint16_t sci_gsi;
    uint16_t pm1a_evt_port;  /* 0: none                                      */
    uint16_t pm1a_cnt_port;
    uint16_t pm1b_cnt_port;
    uint16_t smi_cmd_port;   /* 0: always in ACPI mode                       */
    uint8_t acpi_enable;
    uint8_t century_index;   /* In CMOS memory; 0: none                      */
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    paddr_t dsdt;
    paddr_t facs;
};

extern struct acpi_fadt acpi_fadt;

/* Read @table into @fadt.  0, -EINVAL if it is too short to be of use. */
int __must_check acpi_fadt_parse(const struct acpi_header *table,
                                 struct acpi_fadt *fadt);

#endif /* DRIVERS_ACPI_ACPI_FADT_H */
