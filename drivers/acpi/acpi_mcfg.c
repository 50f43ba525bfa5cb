/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the MCFG table.  Pure; written at boot by one CPU: no locks.
 * Manual: PCI Firmware Specification 3.3, "MCFG Table Description".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_mcfg.h>

struct acpi_mcfg_entry {
    uint64_t address;
    uint16_t segment;
    uint8_t first_bus;
    uint8_t last_bus;
    uint32_t rsvd_12;
} __packed;

static_assert(sizeof(struct acpi_mcfg_entry) == 16, "mcfg entry");

#define MCFG_ENTRIES (sizeof(struct acpi_header) + 8u)
#define ECAM_BUS_ALIGN MIB(1)

int acpi_mcfg_parse(const struct acpi_header *table, struct acpi_mcfg *mcfg)
{
    const uint8_t *const base = (const uint8_t *)table;

    memset(mcfg, 0, sizeof(*mcfg));
    if (table->length < MCFG_ENTRIES) {
        printk(LOG_WARN, "ACPI: MCFG is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    for (size_t off = MCFG_ENTRIES;
         table->length - off >= sizeof(struct acpi_mcfg_entry);
         off += sizeof(struct acpi_mcfg_entry)) {
        struct acpi_ecam *const e = &mcfg->ecam[mcfg->count];
        struct acpi_mcfg_entry t;

        memcpy(&t, base + off, sizeof(t));
        if (t.address == 0 || !is_aligned(t.address, ECAM_BUS_ALIGN) ||
            t.first_bus > t.last_bus || mcfg->count == ACPI_MAX_ECAM) {
            printk(LOG_WARN, "ACPI: MCFG window at %#lx, segment %u, buses "
                   "%u to %u skipped\n", (unsigned long)t.address, t.segment,
                   t.first_bus, t.last_bus);
            continue;
        }
        e->addr = t.address;
        e->segment = t.segment;
        e->first_bus = t.first_bus;
        e->last_bus = t.last_bus;
        mcfg->count++;
    }
    return 0;
}
