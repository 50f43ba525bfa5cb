/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MCFG table: windows of memory-mapped PCI configuration space (ECAM).
 * Manual: PCI Firmware Specification 3.3, "MCFG Table Description".
 */
#ifndef DRIVERS_ACPI_ACPI_MCFG_H
#define DRIVERS_ACPI_ACPI_MCFG_H

#include <drivers/acpi/acpi_tables.h>

#define ACPI_MAX_ECAM 16u

struct acpi_ecam {
    paddr_t addr;        /* Of bus 0, even if first_bus is another           */
    uint16_t segment;
    uint8_t first_bus;
    uint8_t last_bus;
};

struct acpi_mcfg {
    unsigned int count;  /* 0: no table                                      */
    struct acpi_ecam ecam[ACPI_MAX_ECAM];
};

extern struct acpi_mcfg acpi_mcfg;

/* 0, -EINVAL if the table is too short; windows that make no sense are
 * named and left out. */
int __must_check acpi_mcfg_parse(const struct acpi_header *table,
                                 struct acpi_mcfg *mcfg);

#endif /* DRIVERS_ACPI_ACPI_MCFG_H */
