/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads every static table once at boot.  Only the MADT is essential; any
 * other may be missing or broken, which costs the feature it describes.
 * Written at boot by one CPU: no locks.
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi.h>

struct acpi_madt acpi_madt;
struct acpi_fadt acpi_fadt;
struct acpi_hpet acpi_hpet;
struct acpi_mcfg acpi_mcfg;
struct acpi_numa acpi_numa;
struct acpi_iommu acpi_iommu;

const char acpi_boot_advice[] =
    "ACPI tables with a sound MADT are needed: enable ACPI in the firmware "
    "setup, update the firmware, or boot without a tool that replaces tables";

void acpi_iommu_add_unit(struct acpi_iommu *iommu,
                         const struct acpi_iommu_unit *unit)
{
    if (iommu->unit_count == ACPI_MAX_IOMMUS) {
        printk(LOG_WARN, "ACPI: more than %u IOMMUs, %#lx skipped\n",
               ACPI_MAX_IOMMUS, unit->addr);
        return;
    }
    iommu->unit[iommu->unit_count++] = *unit;
}

void acpi_iommu_add_reserved(struct acpi_iommu *iommu, uint16_t segment,
                             paddr_t start, paddr_t end)
{
    struct acpi_iommu_reserved *r;

    if (iommu->reserved_count == ACPI_MAX_RESERVED) {
        printk(LOG_WARN, "ACPI: more than %u reserved DMA regions, %#lx "
               "skipped\n", ACPI_MAX_RESERVED, start);
        return;
    }
    r = &iommu->reserved[iommu->reserved_count++];
    r->segment = segment;
    r->start = start;
    r->end = end;
}

/* The parsers say what is wrong; the tables stay marked as absent. */
static void parse_optional(void)
{
    const struct acpi_header *t;
    int rc = 0;

    if ((t = acpi_table_find("FACP", 0)) != NULL) {
        rc |= acpi_fadt_parse(t, &acpi_fadt);
    }
    if ((t = acpi_table_find("HPET", 0)) != NULL) {
        rc |= acpi_hpet_parse(t, &acpi_hpet);
    }
    if ((t = acpi_table_find("MCFG", 0)) != NULL) {
        rc |= acpi_mcfg_parse(t, &acpi_mcfg);
    }
    if ((t = acpi_table_find("SRAT", 0)) != NULL) {
        rc |= acpi_srat_parse(t, &acpi_numa);
    }
    if ((t = acpi_table_find("SLIT", 0)) != NULL) {
        rc |= acpi_slit_parse(t, &acpi_numa);
    }
    if ((t = acpi_table_find("DMAR", 0)) != NULL) {
        rc |= acpi_dmar_parse(t, &acpi_iommu);
    }
    if ((t = acpi_table_find("IVRS", 0)) != NULL) {
        rc |= acpi_ivrs_parse(t, &acpi_iommu);
    }
    if (rc != 0) {
        printk(LOG_WARN, "ACPI: going on without the broken tables\n");
    }
}

int acpi_init(const void *rsdp, size_t len, acpi_map_fn *map)
{
    const struct acpi_header *madt;

    memset(&acpi_madt, 0, sizeof(acpi_madt));
    memset(&acpi_fadt, 0, sizeof(acpi_fadt));
    memset(&acpi_hpet, 0, sizeof(acpi_hpet));
    memset(&acpi_mcfg, 0, sizeof(acpi_mcfg));
    memset(&acpi_numa, 0, sizeof(acpi_numa));
    memset(&acpi_iommu, 0, sizeof(acpi_iommu));
    if (rsdp == NULL) {
        const paddr_t addr = acpi_rsdp_scan(map);

        len = sizeof(struct acpi_rsdp);
        rsdp = addr ? map(addr, len) : NULL;
        if (rsdp == NULL) {
            printk(LOG_ERR, "ACPI: no root pointer (RSDP) found\n");
            return -ENODEV;
        }
    }
    if (acpi_tables_init(rsdp, len, map) != 0) {
        return -ENODEV;
    }
    madt = acpi_table_find("APIC", 0);
    if (madt == NULL) {
        printk(LOG_ERR, "ACPI: no sound MADT among %u tables\n",
               acpi_table_count());
        return -ENODEV;
    }
    if (acpi_madt_parse(madt, &acpi_madt) != 0) {
        return -ENODEV;
    }
    parse_optional();
    printk(LOG_INFO, "ACPI: %u tables, %u CPUs, %u I/O APICs, %u IOMMUs\n",
           acpi_table_count(), acpi_madt.cpu_count, acpi_madt.ioapic_count,
           acpi_iommu.unit_count);
    return 0;
}
