/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the DMAR table: remapping units with the devices that they serve, and
 * reserved memory regions.  A table that does not add up is marked as broken:
 * a unit with half of its devices would leave the others unprotected.
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

struct dmar_scope {
    uint8_t type;
    uint8_t length;
    uint8_t flags;
    uint8_t rsvd_3;
    uint8_t id;
    uint8_t bus;             /* Pairs of device and function follow          */
} __packed;

static_assert(sizeof(struct dmar_table) == 48, "dmar");
static_assert(sizeof(struct dmar_drhd) == 16, "dmar drhd");
static_assert(sizeof(struct dmar_rmrr) == 24, "dmar rmrr");
static_assert(sizeof(struct dmar_scope) == 6, "dmar scope");

#define DMAR_INTR_REMAP BIT32(0)
#define DRHD_INCLUDE_ALL BIT32(0)
#define DMAR_UNIT_ALIGN 0x1000u
#define DMAR_PCI_DEVS 32u
#define DMAR_PCI_FNS 8u

/* One device scope at @p; false if it cannot be understood or kept. */
static bool parse_scope(struct acpi_iommu *iommu, uint8_t unit,
                        const uint8_t *p, const struct dmar_scope *s)
{
    const size_t pairs = (s->length - sizeof(*s)) / 2u;
    struct acpi_scope *const scope = &iommu->scope[iommu->scope_count];

    /* What is no PCI function is attached by nobody, so stays blocked. */
    if (s->type < ACPI_SCOPE_DEVICE || s->type > ACPI_SCOPE_HPET) {
        return true;
    }
    if (iommu->scope_count == ACPI_MAX_SCOPES || pairs == 0 ||
        pairs > ACPI_SCOPE_DEPTH) {
        return false;
    }
    scope->unit = unit;
    scope->kind = s->type;
    scope->id = s->id;
    scope->bus = s->bus;
    scope->depth = (uint8_t)pairs;
    for (size_t i = 0; i < pairs; i++) {
        const uint8_t dev = p[sizeof(*s) + 2 * i];
        const uint8_t fn = p[sizeof(*s) + 2 * i + 1];

        if (dev >= DMAR_PCI_DEVS || fn >= DMAR_PCI_FNS) {
            return false;
        }
        scope->path[i] = (uint8_t)(dev << 3 | fn);
    }
    iommu->scope_count++;
    return true;
}

/* The scopes in [@p, @end). */
static bool parse_scopes(struct acpi_iommu *iommu, uint8_t unit,
                         const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        struct dmar_scope s;

        if ((size_t)(end - p) < sizeof(s)) {
            return false;
        }
        memcpy(&s, p, sizeof(s));
        if (s.length < sizeof(s) || s.length > (size_t)(end - p) ||
            !parse_scope(iommu, unit, p, &s)) {
            return false;
        }
        p += s.length;
    }
    return true;
}

static bool parse_drhd(struct acpi_iommu *iommu, const uint8_t *p)
{
    struct acpi_iommu_unit unit = { 0 };
    const unsigned int nr = iommu->unit_count;
    struct dmar_drhd d;

    memcpy(&d, p, sizeof(d));
    unit.addr = d.address;
    unit.segment = d.segment;
    unit.covers_all = (d.flags & DRHD_INCLUDE_ALL) != 0;
    acpi_iommu_add_unit(iommu, &unit);
    return d.address != 0 && d.address % DMAR_UNIT_ALIGN == 0 &&
           iommu->unit_count > nr &&
           parse_scopes(iommu, (uint8_t)nr, p + sizeof(d), p + d.length);
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

/* False if the entry makes the table useless. */
static bool parse_entry(struct acpi_iommu *iommu, const uint8_t *p,
                        uint16_t type, uint16_t length)
{
    if (type == DMAR_DRHD) {
        return length >= sizeof(struct dmar_drhd) && parse_drhd(iommu, p);
    }
    if (type == DMAR_RMRR && length >= sizeof(struct dmar_rmrr)) {
        parse_rmrr(iommu, p);
    }
    return true;
}

int acpi_dmar_parse(const struct acpi_header *table, struct acpi_iommu *iommu)
{
    size_t seen = sizeof(struct dmar_table);
    const uint8_t *p = NULL;
    struct dmar_table t;

    if (table->length < sizeof(t)) {
        printk(LOG_WARN, "ACPI: DMAR is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    memcpy(&t, table, sizeof(t));
    iommu->kind = ACPI_IOMMU_DMAR;
    iommu->addr_width = (uint8_t)(t.addr_width + 1u);
    iommu->has_intr_remap = (t.flags & DMAR_INTR_REMAP) != 0;
    while ((p = acpi_subtable16_next(table, sizeof(t), p)) != NULL) {
        uint16_t head[2];

        memcpy(head, p, sizeof(head));
        seen += head[1];
        if (!parse_entry(iommu, p, head[0], head[1])) {
            printk(LOG_WARN, "ACPI: DMAR entry at byte %zu is broken: no "
                   "VT-d\n", (size_t)(p - (const uint8_t *)table));
            iommu->is_broken = true;
        }
    }
    iommu->is_broken |= seen != table->length;
    return iommu->is_broken ? -EINVAL : 0;
}
