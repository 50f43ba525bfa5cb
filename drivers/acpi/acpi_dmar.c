/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the DMAR table: remapping units and reserved memory regions.
 * Pure; written at boot by one CPU: no locks.
 * Manual: VT-d specification, "DMA Remapping Reporting Structure".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_iommu.h>

enum dmar_type { DMAR_DRHD = 0, DMAR_RMRR = 1 };

struct dmar_table {
    struct acpi_header header;
    uint8_t addr_width;      /* Less one                                     */
    uint8_t flags;
    uint8_t rsvd_38[10];
} __packed;

struct dmar_drhd {
    uint16_t type;
    uint16_t length;
    uint8_t flags;
    uint8_t size;
    uint16_t segment;
    uint64_t address;
} __packed;

struct dmar_rmrr {
    uint16_t type;
    uint16_t length;
    uint16_t rsvd_4;
    uint16_t segment;
    uint64_t base;
    uint64_t limit;          /* Last byte                                    */
} __packed;

static_assert(sizeof(struct dmar_table) == 48, "dmar");
static_assert(sizeof(struct dmar_drhd) == 16, "dmar drhd");
static_assert(sizeof(struct dmar_rmrr) == 24, "dmar rmrr");

#define DMAR_INTR_REMAP BIT32(0)
#define DRHD_INCLUDE_ALL BIT32(0)

static void parse_drhd(struct acpi_iommu *iommu, const uint8_t *p)
{
    struct acpi_iommu_unit unit = { 0 };
    struct dmar_drhd d;

    memcpy(&d, p, sizeof(d));
    unit.addr = d.address;
    unit.segment = d.segment;
    unit.covers_all = (d.flags & DRHD_INCLUDE_ALL) != 0;
    acpi_iommu_add_unit(iommu, &unit);
}

static void parse_rmrr(struct acpi_iommu *iommu, const uint8_t *p)
{
    struct dmar_rmrr r;

    memcpy(&r, p, sizeof(r));
    if (r.limit <= r.base || r.limit == UINT64_MAX) {
        printk(LOG_WARN, "ACPI: DMAR region %#lx to %#lx skipped\n",
               (unsigned long)r.base, (unsigned long)r.limit);
        return;
    }
    acpi_iommu_add_reserved(iommu, r.segment, r.base, r.limit + 1);
}

int acpi_dmar_parse(const struct acpi_header *table, struct acpi_iommu *iommu)
{
    const uint8_t *p = NULL;
    struct dmar_table t;

    if (table->length < sizeof(t)) {
        printk(LOG_WARN, "ACPI: DMAR is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    memcpy(&t, table, sizeof(t));
    iommu->addr_width = (uint8_t)(t.addr_width + 1u);
    iommu->has_intr_remap = (t.flags & DMAR_INTR_REMAP) != 0;
    while ((p = acpi_subtable16_next(table, sizeof(t), p)) != NULL) {
        uint16_t head[2];

        memcpy(head, p, sizeof(head));
        if (head[0] == DMAR_DRHD && head[1] >= sizeof(struct dmar_drhd)) {
            parse_drhd(iommu, p);
        } else if (head[0] == DMAR_RMRR &&
                   head[1] >= sizeof(struct dmar_rmrr)) {
            parse_rmrr(iommu, p);
        }
    }
    return 0;
}
