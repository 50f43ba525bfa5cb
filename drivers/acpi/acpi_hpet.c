/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the HPET table.  Pure; written at boot by one CPU: no locks.
 * Manual: IA-PC HPET Specification, "The ACPI HPET Description Table".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_hpet.h>

struct acpi_hpet_table {
    struct acpi_header header;
    uint32_t block_id;
    struct acpi_gas address;
    uint8_t number;
    uint16_t min_tick;
    uint8_t flags;
} __packed;

static_assert(sizeof(struct acpi_hpet_table) == 56, "hpet");

int acpi_hpet_parse(const struct acpi_header *table, struct acpi_hpet *hpet)
{
    struct acpi_hpet_table t;

    memset(hpet, 0, sizeof(*hpet));
    if (table->length < sizeof(t)) {
        printk(LOG_WARN, "ACPI: HPET is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    memcpy(&t, table, sizeof(t));
    if (t.address.space_id != ACPI_SPACE_MEMORY || t.address.address == 0) {
        printk(LOG_WARN, "ACPI: HPET has no memory address, skipped\n");
        return -EINVAL;
    }
    hpet->is_present = true;
    hpet->number = t.number;
    hpet->min_tick = t.min_tick;
    hpet->block_id = t.block_id;
    hpet->addr = t.address.address;
    return 0;
}
