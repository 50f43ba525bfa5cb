/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk from the root pointer to a verified list of tables.  Nothing in
 * firmware memory is believed before it was bounded and summed: a length is
 * checked against the header's size and a sane maximum before the rest is
 * mapped, and every table keeps its length from that one check.
 * Written at boot by one CPU: no locks.
 * Manual: ACPI 6.4, "Root System Description Pointer", "System Description
 * Table Header", "Root/Extended System Description Table".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_tables.h>

/* No table of a real machine comes near this; a wild length does. */
#define ACPI_TABLE_MAX_LEN MIB(16)

#define BDA_EBDA_SEGMENT 0x40eu
#define EBDA_SCAN_LEN 1024u
#define BIOS_SCAN_START 0xe0000u
#define BIOS_SCAN_LEN 0x20000u
#define RSDP_ALIGN 16u

static struct acpi_table tables[ACPI_MAX_TABLES];
static unsigned int table_count;
static acpi_map_fn *map_fn;

uint8_t acpi_checksum(const void *data, size_t len)
{
    const uint8_t *const p = data;
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    return sum;
}

bool acpi_rsdp_is_valid(const void *rsdp, size_t len)
{
    struct acpi_rsdp r;

    if (len < ACPI_RSDP_V1_LEN || memcmp(rsdp, "RSD PTR ", 8) != 0 ||
        acpi_checksum(rsdp, ACPI_RSDP_V1_LEN) != 0) {
        return false;
    }
    memset(&r, 0, sizeof(r));
    memcpy(&r, rsdp, min_t(size_t, len, sizeof(r)));
    if (r.revision < 2) {
        return true;
    }
    return r.length >= sizeof(r) && r.length <= len &&
           acpi_checksum(rsdp, r.length) == 0;
}

static paddr_t rsdp_scan_range(acpi_map_fn *map, paddr_t start, size_t len)
{
    const uint8_t *const area = map(start, len);

    if (area == NULL) {
        return 0;
    }
    for (size_t i = 0; i + sizeof(struct acpi_rsdp) <= len; i += RSDP_ALIGN) {
        if (acpi_rsdp_is_valid(area + i, len - i)) {
            return start + i;
        }
    }
    return 0;
}

paddr_t acpi_rsdp_scan(acpi_map_fn *map)
{
    const uint8_t *const segment = map(BDA_EBDA_SEGMENT, 2);
    paddr_t found = 0;

    if (segment != NULL) {
        const paddr_t ebda = (paddr_t)(segment[0] | segment[1] << 8) << 4;

        if (ebda >= 0x400 && ebda < 0xa0000) {
            found = rsdp_scan_range(map, ebda, EBDA_SCAN_LEN);
        }
    }
    return found ? found
                 : rsdp_scan_range(map, BIOS_SCAN_START, BIOS_SCAN_LEN);
}

/* Four printable characters for the log, whatever the memory holds. */
static const char *sig_text(const char *sig, char buf[5])
{
    for (unsigned int i = 0; i < ACPI_SIG_LEN; i++) {
        buf[i] = sig[i] >= ' ' && sig[i] <= '~' ? sig[i] : '?';
    }
    buf[ACPI_SIG_LEN] = '\0';
    return buf;
}

/* The table at @addr, whole and summed; NULL after saying what is wrong. */
static const struct acpi_header *table_verify(paddr_t addr)
{
    const struct acpi_header *h = map_fn(addr, sizeof(*h));
    uint32_t length;
    char sig[5];

    if (h == NULL) {
        printk(LOG_WARN, "ACPI: cannot map a table at %#lx, skipped\n", addr);
        return NULL;
    }
    length = h->length;
    sig_text(h->signature, sig);
    if (length < sizeof(*h) || length > ACPI_TABLE_MAX_LEN) {
        printk(LOG_WARN, "ACPI: %s at %#lx has a bad length %u, skipped\n",
               sig, addr, length);
        return NULL;
    }
    h = map_fn(addr, length);
    if (h == NULL) {
        printk(LOG_WARN, "ACPI: cannot map %s at %#lx (%u bytes), skipped\n",
               sig, addr, length);
        return NULL;
    }
    if (h->length != length || acpi_checksum(h, length) != 0) {
        printk(LOG_WARN, "ACPI: %s at %#lx has a bad checksum, skipped\n",
               sig, addr);
        return NULL;
    }
    return h;
}

const struct acpi_header *acpi_table_map(paddr_t addr, const char *signature)
{
    const struct acpi_header *const h = addr ? table_verify(addr) : NULL;

    if (h == NULL) {
        return NULL;
    }
    if (memcmp(h->signature, signature, ACPI_SIG_LEN) != 0) {
        char sig[5];

        printk(LOG_WARN, "ACPI: found %s at %#lx instead of %s, skipped\n",
               sig_text(h->signature, sig), addr, signature);
        return NULL;
    }
    return h;
}

/* Note every table that the root table lists; @width bytes an entry. */
static void walk_root(const struct acpi_header *root, size_t width)
{
    const uint8_t *const entries = (const uint8_t *)(root + 1);
    const size_t count = (root->length - sizeof(*root)) / width;

    for (size_t i = 0; i < count; i++) {
        uint64_t addr = 0;
        const struct acpi_header *h;

        memcpy(&addr, entries + i * width, width);
        h = addr ? table_verify(addr) : NULL;
        if (h == NULL) {
            continue;
        }
        if (table_count == ACPI_MAX_TABLES) {
            printk(LOG_WARN, "ACPI: more than %u tables, rest skipped\n",
                   ACPI_MAX_TABLES);
            return;
        }
        tables[table_count].addr = addr;
        tables[table_count].header = h;
        table_count++;
    }
}

int acpi_tables_init(const void *rsdp, size_t len, acpi_map_fn *map)
{
    const struct acpi_header *root;
    struct acpi_rsdp r;

    table_count = 0;
    map_fn = map;
    if (!acpi_rsdp_is_valid(rsdp, len)) {
        printk(LOG_ERR, "ACPI: the root pointer (RSDP) is broken\n");
        return -EINVAL;
    }
    memset(&r, 0, sizeof(r));
    memcpy(&r, rsdp, min_t(size_t, len, sizeof(r)));
    if (r.revision >= 2 && r.xsdt_address != 0) {
        root = acpi_table_map(r.xsdt_address, "XSDT");
        if (root != NULL) {
            walk_root(root, sizeof(uint64_t));
            return 0;
        }
        printk(LOG_WARN, "ACPI: no usable XSDT, trying the RSDT\n");
    }
    root = acpi_table_map(r.rsdt_address, "RSDT");
    if (root == NULL) {
        printk(LOG_ERR, "ACPI: the root table (RSDT) is broken\n");
        return -EINVAL;
    }
    walk_root(root, sizeof(uint32_t));
    return 0;
}

const struct acpi_header *acpi_table_find(const char *signature,
                                          unsigned int nth)
{
    for (unsigned int i = 0; i < table_count; i++) {
        if (memcmp(tables[i].header->signature, signature,
                   ACPI_SIG_LEN) != 0) {
            continue;
        }
        if (nth == 0) {
            return tables[i].header;
        }
        nth--;
    }
    return NULL;
}

unsigned int acpi_table_count(void)
{
    return table_count;
}

const struct acpi_table *acpi_table_get(unsigned int index)
{
    return index < table_count ? &tables[index] : NULL;
}

/* Shared by both widths: @hdr bytes of {type, length}, length at @hdr / 2. */
static const uint8_t *subtable_next(const struct acpi_header *table,
                                    size_t first, const uint8_t *prev,
                                    size_t hdr)
{
    const uint8_t *const base = (const uint8_t *)table;
    const size_t end = table->length;
    size_t off = first;
    size_t len = 0;

    if (prev != NULL) {
        memcpy(&len, prev + hdr / 2, hdr / 2);
        off = (size_t)(prev - base) + len;
    }
    if (off >= end) {
        return NULL;
    }
    len = 0;
    if (end - off >= hdr) {
        memcpy(&len, base + off + hdr / 2, hdr / 2);
    }
    if (len < hdr || len > end - off) {
        char sig[5];

        printk(LOG_WARN, "ACPI: %s has a bad entry at byte %zu, rest "
               "skipped\n", sig_text(table->signature, sig), off);
        return NULL;
    }
    return base + off;
}

const uint8_t *acpi_subtable_next(const struct acpi_header *table,
                                  size_t first, const uint8_t *prev)
{
    return subtable_next(table, first, prev, 2);
}

const uint8_t *acpi_subtable16_next(const struct acpi_header *table,
                                    size_t first, const uint8_t *prev)
{
    return subtable_next(table, first, prev, 4);
}
