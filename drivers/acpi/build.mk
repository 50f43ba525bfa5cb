# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/acpi/acpi.o drivers/acpi/acpi_tables.o \
         drivers/acpi/acpi_madt.o drivers/acpi/acpi_fadt.o \
         drivers/acpi/acpi_hpet.o drivers/acpi/acpi_mcfg.o \
         drivers/acpi/acpi_srat.o drivers/acpi/acpi_dmar.o \
         drivers/acpi/acpi_ivrs.o drivers/acpi/acpi_power.o
