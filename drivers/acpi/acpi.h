/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI as the rest of the hypervisor uses it: one call at boot reads every
 * static table, the results lie in the acpi_* variables.
 */
#ifndef DRIVERS_ACPI_ACPI_H
#define DRIVERS_ACPI_ACPI_H

#include <drivers/acpi/acpi_fadt.h>
#include <drivers/acpi/acpi_hpet.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/acpi/acpi_madt.h>
#include <drivers/acpi/acpi_mcfg.h>
#include <drivers/acpi/acpi_srat.h>
#include <drivers/acpi/acpi_tables.h>

/*
 * Read all tables.  @rsdp: @len bytes of the root pointer as the boot loader
 * handed it over; NULL: look for it in BIOS memory.  Tables that are broken
 * are named in the log and treated as absent.  0; -ENODEV if there is no
 * ACPI, or no usable MADT: the caller panics with the text of
 * acpi_boot_advice.
 */
int __must_check acpi_init(const void *rsdp, size_t len, acpi_map_fn *map);

/* What the user can do when acpi_init() fails. */
extern const char acpi_boot_advice[];

#endif /* DRIVERS_ACPI_ACPI_H */
