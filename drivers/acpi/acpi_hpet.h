/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HPET description table.
 * Manual: IA-PC HPET Specification, "The ACPI HPET Description Table".
 */
#ifndef DRIVERS_ACPI_ACPI_HPET_H
#define DRIVERS_ACPI_ACPI_HPET_H

#include <drivers/acpi/acpi_tables.h>

struct acpi_hpet {
    bool is_present;
    uint8_t number;
    uint16_t min_tick;   /* Periodic mode, least count without loss          */
    uint32_t block_id;   /* As the capability register has it                */
    paddr_t addr;
};

extern struct acpi_hpet acpi_hpet;

/* 0, -EINVAL if too short, not memory-mapped or without an address. */
int __must_check acpi_hpet_parse(const struct acpi_header *table,
                                 struct acpi_hpet *hpet);

#endif /* DRIVERS_ACPI_ACPI_HPET_H */
