/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the IVRS table: IOMMU units, which devices and I/O APICs they cover,
 * and memory definitions.  A unit may be described up to three times (types
 * 10h, 11h, 40h) and counts once: the highest type has the last word.
 * Pure; written at boot by one CPU: no locks.
 * Manual: AMD I/O Virtualization Technology specification, "I/O
 * Virtualization Reporting Structure (IVRS)".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <drivers/acpi/acpi_iommu.h>

#define IVRS_ENTRIES 48u
#define IVRS_IVHD_10 0x10u
#define IVRS_IVHD_11 0x11u
#define IVRS_IVHD_40 0x40u
/* Where the entries of devices begin in a block. */
#define IVRS_IVHD_10_SIZE 24u
#define IVRS_IVHD_SIZE 40u
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

/* Entries of devices in a block; all have the first four bytes. */
enum ivrs_dev_type {
    IVRS_DEV_ALL = 0x01,
    IVRS_DEV_SELECT = 0x02,
    IVRS_DEV_RANGE = 0x03,
    IVRS_DEV_RANGE_END = 0x04,
    IVRS_DEV_ALIAS = 0x42,
    IVRS_DEV_ALIAS_RANGE = 0x43,
    IVRS_DEV_EXT = 0x46,
    IVRS_DEV_EXT_RANGE = 0x47,
    IVRS_DEV_SPECIAL = 0x48,
    IVRS_DEV_ACPI = 0xf0,
};

struct ivrs_dev {
    uint8_t type;
    uint16_t bdf;
    uint8_t flags;
    /* From here on only in entries of eight bytes. */
    uint8_t handle;          /* Special: of the I/O APIC                     */
    uint16_t source;         /* Alias or special: the requester id           */
    uint8_t variety;
} __packed;

#define IVRS_DEV_SIZE 4u
#define IVRS_SPECIAL_IOAPIC 1u
/* ACPI devices: the length of the last field. */
#define IVRS_ACPI_FIXED 22u

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
static_assert(sizeof(struct ivrs_dev) == 8, "ivhd device");
static_assert(sizeof(struct ivrs_ivmd) == 32, "ivmd");

/* Whole size of the entry at @p, 0 if unknown or beyond @rest bytes. */
static size_t dev_size(const uint8_t *p, size_t rest)
{
    size_t size;

    if (p[0] == IVRS_DEV_ACPI) {
        size = rest < IVRS_ACPI_FIXED
                   ? 0
                   : (size_t)IVRS_ACPI_FIXED + p[IVRS_ACPI_FIXED - 1];
    } else {
        size = (size_t)IVRS_DEV_SIZE << (p[0] >> 6);
    }
    return size <= rest ? size : 0;
}

static struct acpi_ivrs_range *add_range(struct acpi_iommu *iommu,
                                         unsigned int unit,
                                         const struct ivrs_dev *e,
                                         uint16_t first, uint16_t last)
{
    struct acpi_ivrs_range *r;

    if (iommu->range_count == ACPI_MAX_IVRS_RANGES) {
        printk(LOG_WARN, "ACPI: IVRS lists more than %u ranges of devices, "
               "rest skipped\n", ACPI_MAX_IVRS_RANGES);
        return NULL;
    }
    r = &iommu->range[iommu->range_count++];
    *r = (struct acpi_ivrs_range){
        .unit = (uint8_t)unit, .dte_flags = e->flags,
        .first = first, .last = last, .alias = e->source,
        .has_alias = e->type == IVRS_DEV_ALIAS ||
                     e->type == IVRS_DEV_ALIAS_RANGE,
    };
    return r;
}

static void add_ioapic(struct acpi_iommu *iommu, unsigned int unit,
                       const struct ivrs_dev *e)
{
    if (e->variety != IVRS_SPECIAL_IOAPIC ||
        iommu->ioapic_count == ACPI_MAX_IOAPICS) {
        return;
    }
    iommu->ioapic[iommu->ioapic_count++] = (struct acpi_ivrs_ioapic){
        .unit = (uint8_t)unit, .dte_flags = e->flags, .id = e->handle,
        .bdf = e->source,
    };
}

/* The entries in @size bytes at @p. */
static void parse_devs(struct acpi_iommu *iommu, unsigned int unit,
                       const uint8_t *p, size_t size)
{
    struct acpi_ivrs_range *open = NULL;

    while (size >= IVRS_DEV_SIZE) {
        const size_t step = dev_size(p, size);
        struct ivrs_dev e = { 0 };

        if (step == 0) {
            return;
        }
        memcpy(&e, p, min(step, sizeof(e)));
        switch (e.type) {
        case IVRS_DEV_ALL:
            add_range(iommu, unit, &e, 0, UINT16_MAX);
            break;
        case IVRS_DEV_RANGE:
        case IVRS_DEV_ALIAS_RANGE:
        case IVRS_DEV_EXT_RANGE:
            open = add_range(iommu, unit, &e, e.bdf, e.bdf);
            break;
        case IVRS_DEV_RANGE_END:
            if (open != NULL && e.bdf >= open->first) {
                open->last = e.bdf;
            }
            open = NULL;
            break;
        case IVRS_DEV_SELECT:
        case IVRS_DEV_ALIAS:
        case IVRS_DEV_EXT:
        case IVRS_DEV_ACPI:
            add_range(iommu, unit, &e, e.bdf, e.bdf);
            break;
        case IVRS_DEV_SPECIAL:
            add_ioapic(iommu, unit, &e);
            break;
        default:
            break;
        }
        p += step;
        size -= step;
    }
}

/* Forget what an earlier block said that @unit covers. */
static void drop_devs(struct acpi_iommu *iommu, unsigned int unit)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < iommu->range_count; i++) {
        if (iommu->range[i].unit != unit) {
            iommu->range[n++] = iommu->range[i];
        }
    }
    iommu->range_count = n;
    n = 0;
    for (unsigned int i = 0; i < iommu->ioapic_count; i++) {
        if (iommu->ioapic[i].unit != unit) {
            iommu->ioapic[n++] = iommu->ioapic[i];
        }
    }
    iommu->ioapic_count = n;
}

static void parse_ivhd(struct acpi_iommu *iommu, const uint8_t *p,
                       size_t size)
{
    struct acpi_iommu_unit *unit;
    unsigned int i = 0;
    struct ivrs_ivhd h;
    size_t head;

    memcpy(&h, p, sizeof(h));
    head = h.type == IVRS_IVHD_10 ? IVRS_IVHD_10_SIZE : IVRS_IVHD_SIZE;
    while (i < iommu->unit_count && iommu->unit[i].addr != h.address) {
        i++;
    }
    if (i == iommu->unit_count) {
        acpi_iommu_add_unit(iommu, &(struct acpi_iommu_unit){
            .addr = h.address, .segment = h.segment, .bdf = h.bdf,
            .has_bdf = true, .capability = h.capability,
        });
    }
    if (i >= iommu->unit_count || h.type <= iommu->unit[i].ivhd_type) {
        return;
    }
    unit = &iommu->unit[i];
    unit->ivhd_type = h.type;
    unit->ivhd_flags = h.flags;
    drop_devs(iommu, i);
    if (size > head) {
        parse_devs(iommu, i, p + head, size - head);
    }
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
            parse_ivhd(iommu, p, len);
        } else if (p[0] >= IVRS_IVMD_ALL && p[0] <= IVRS_IVMD_RANGE &&
                   len >= sizeof(struct ivrs_ivmd)) {
            parse_ivmd(iommu, p);
        }
        off += len;
    }
    return 0;
}
