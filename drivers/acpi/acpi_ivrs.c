/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the IVRS table: IOMMU units and memory definitions.  A unit may be
 * described up to three times (types 10h, 11h, 40h) and counts once.
 * Pure; written at boot by one CPU: no locks.
 * Manual: AMD I/O Virtualization Technology specification, "I/O
 * Virtualization Reporting Structure (IVRS)".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_iommu.h>

#define IVRS_ENTRIES 48u
#define IVRS_IVHD_10 0x10u
#define IVRS_IVHD_11 0x11u
#define IVRS_IVHD_40 0x40u
#define IVRS_IVMD_ALL 0x20u
#define IVRS_IVMD_ONE 0x21u
#define IVRS_IVMD_RANGE 0x22u

struct ivrs_ivhd {
    uint8_t type;
    uint8_t flags;
    uint16_t length;
    uint16_t bdf;
    uint16_t capability;
    uint64_t address;
    uint16_t segment;
    uint16_t info;
    uint32_t features;
} __packed;

struct ivrs_ivmd {
    uint8_t type;
    uint8_t flags;
    uint16_t length;
    uint16_t bdf;
    uint16_t aux;
    uint64_t rsvd_8;
    uint64_t start;
    uint64_t size;
} __packed;

static_assert(sizeof(struct ivrs_ivhd) == 24, "ivhd");
static_assert(sizeof(struct ivrs_ivmd) == 32, "ivmd");

static void parse_ivhd(struct acpi_iommu *iommu, const uint8_t *p)
{
    struct acpi_iommu_unit unit = { 0 };
    struct ivrs_ivhd h;

    memcpy(&h, p, sizeof(h));
    for (unsigned int i = 0; i < iommu->unit_count; i++) {
        if (iommu->unit[i].addr == h.address) {
            return;
        }
    }
    unit.addr = h.address;
    unit.segment = h.segment;
    unit.bdf = h.bdf;
    unit.has_bdf = true;
    acpi_iommu_add_unit(iommu, &unit);
}

static void parse_ivmd(struct acpi_iommu *iommu, const uint8_t *p)
{
    struct ivrs_ivmd m;

    memcpy(&m, p, sizeof(m));
    if (m.size == 0 || m.start + m.size < m.start) {
        printk(LOG_WARN, "ACPI: IVRS region at %#lx skipped\n",
               (unsigned long)m.start);
        return;
    }
    acpi_iommu_add_reserved(iommu, 0, m.start, m.start + m.size);
}

int acpi_ivrs_parse(const struct acpi_header *table, struct acpi_iommu *iommu)
{
    const uint8_t *const base = (const uint8_t *)table;
    size_t off = IVRS_ENTRIES;

    if (table->length < IVRS_ENTRIES) {
        printk(LOG_WARN, "ACPI: IVRS is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    iommu->kind = ACPI_IOMMU_IVRS;
    iommu->has_intr_remap = true;
    while (off < table->length) {
        const uint8_t *const p = base + off;
        const size_t rest = table->length - off;
        uint16_t len = 0;

        if (rest >= 4) {
            memcpy(&len, p + 2, sizeof(len));
        }
        if (len < 4 || len > rest) {
            printk(LOG_WARN, "ACPI: IVRS has a bad entry at byte %zu, rest "
                   "skipped\n", off);
            break;
        }
        if ((p[0] == IVRS_IVHD_10 || p[0] == IVRS_IVHD_11 ||
             p[0] == IVRS_IVHD_40) && len >= sizeof(struct ivrs_ivhd)) {
            parse_ivhd(iommu, p);
        } else if (p[0] >= IVRS_IVMD_ALL && p[0] <= IVRS_IVMD_RANGE &&
                   len >= sizeof(struct ivrs_ivmd)) {
            parse_ivmd(iommu, p);
        }
        off += len;
    }
    return 0;
}
