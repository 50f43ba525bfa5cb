/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI static tables: the walk from the RSDP to a verified list of tables,
 * and the layouts shared by the parsers.  No AML is interpreted.
 * Written once at boot, read-only afterwards: no locks.
 * Manual: ACPI 6.4, "ACPI Software Programming Model".
 */
#ifndef DRIVERS_ACPI_ACPI_TABLES_H
#define DRIVERS_ACPI_ACPI_TABLES_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

#define ACPI_SIG_LEN 4u
#define ACPI_MAX_TABLES 64u

struct acpi_rsdp {
    char signature[8];      /* "RSD PTR "                                    */
    uint8_t checksum;       /* Of the first 20 bytes                         */
    char oem_id[6];
    uint8_t revision;       /* 0: ACPI 1.0, only rsdt_address                */
    uint32_t rsdt_address;
    uint32_t length;        /* From here on: revision 2 and later            */
    uint64_t xsdt_address;
    uint8_t ext_checksum;   /* Of length bytes                               */
    uint8_t rsvd_33[3];
} __packed;

#define ACPI_RSDP_V1_LEN 20u
static_assert(offsetof(struct acpi_rsdp, length) == ACPI_RSDP_V1_LEN, "rsdp");
static_assert(sizeof(struct acpi_rsdp) == 36, "rsdp");

struct acpi_header {
    char signature[ACPI_SIG_LEN];
    uint32_t length;        /* Of the whole table                            */
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    uint32_t creator_id;
    uint32_t creator_revision;
} __packed;

static_assert(sizeof(struct acpi_header) == 36, "table header");

enum acpi_space { ACPI_SPACE_MEMORY, ACPI_SPACE_IO, ACPI_SPACE_PCI };

struct acpi_gas {
    uint8_t space_id;       /* enum acpi_space                               */
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t access_size;
    uint64_t address;
} __packed;

static_assert(sizeof(struct acpi_gas) == 12, "generic address structure");

/*
 * Make [@addr, +@len) of physical memory readable.  The mapping is never
 * undone.  NULL if it cannot be.
 */
typedef const void *acpi_map_fn(paddr_t addr, size_t len);

struct acpi_table {
    paddr_t addr;
    const struct acpi_header *header; /* Mapped whole, checksum verified     */
};

/* Sum of @len bytes modulo 256: zero for a sound table. */
uint8_t acpi_checksum(const void *data, size_t len);

/* True if @len bytes at @rsdp are a root pointer with right checksums. */
bool acpi_rsdp_is_valid(const void *rsdp, size_t len);

/*
 * Look for the root pointer where a BIOS puts it: the first KiB of the EBDA,
 * then 0xE0000 to 0xFFFFF.  Its address, 0 if there is none.
 */
paddr_t acpi_rsdp_scan(acpi_map_fn *map);

/*
 * Walk from the root pointer (@len bytes at @rsdp, a copy will do) and note
 * every sound table; each broken one is named in a line of the log and left
 * out.  0, -EINVAL if the root pointer or the root table is broken, -EFAULT
 * if the root table cannot be mapped.
 */
int __must_check acpi_tables_init(const void *rsdp, size_t len,
                                  acpi_map_fn *map);

/* The @nth table (from 0) called @signature; NULL if there is none. */
const struct acpi_header *acpi_table_find(const char *signature,
                                          unsigned int nth);

/* All tables in the order of the root table; for dom0's own root table. */
unsigned int acpi_table_count(void);
const struct acpi_table *acpi_table_get(unsigned int index);

/*
 * Map and verify the table at @addr, which must be called @signature (the
 * DSDT and others that only another table points to).  NULL if broken.
 */
const struct acpi_header *acpi_table_map(paddr_t addr, const char *signature);

/*
 * Step through the sub-tables {uint8_t type, uint8_t length} of a table: the
 * first at byte @first of it for @prev NULL.  NULL at the end, and when the
 * lengths do not add up, which is said in one line of the log.
 */
const uint8_t *acpi_subtable_next(const struct acpi_header *table,
                                  size_t first, const uint8_t *prev);

/* The same with 16-bit {type, length} (DMAR). */
const uint8_t *acpi_subtable16_next(const struct acpi_header *table,
                                    size_t first, const uint8_t *prev);

#endif /* DRIVERS_ACPI_ACPI_TABLES_H */
