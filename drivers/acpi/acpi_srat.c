/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads SRAT and SLIT.  Pure; written at boot by one CPU: no locks.
 * Manual: ACPI 6.4, "System Resource Affinity Table (SRAT)", "System Locality
 * Information Table (SLIT)".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_srat.h>

enum srat_type { SRAT_LAPIC = 0, SRAT_MEMORY = 1, SRAT_X2APIC = 2 };

#define SRAT_ENTRIES (sizeof(struct acpi_header) + 12u)
#define SRAT_ENABLED BIT32(0)
#define SRAT_HOTPLUG BIT32(1)

struct srat_lapic {
    uint8_t type;
    uint8_t length;
    uint8_t proximity_lo;
    uint8_t apic_id;
    uint32_t flags;
    uint8_t sapic_eid;
    uint8_t proximity_hi[3];
    uint32_t clock_domain;
} __packed;

struct srat_memory {
    uint8_t type;
    uint8_t length;
    uint32_t proximity;
    uint16_t rsvd_6;
    uint64_t base;
    uint64_t size;
    uint32_t rsvd_24;
    uint32_t flags;
    uint64_t rsvd_32;
} __packed;

struct srat_x2apic {
    uint8_t type;
    uint8_t length;
    uint16_t rsvd_2;
    uint32_t proximity;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t clock_domain;
    uint32_t rsvd_20;
} __packed;

static_assert(sizeof(struct srat_lapic) == 16, "srat lapic");
static_assert(sizeof(struct srat_memory) == 40, "srat memory");
static_assert(sizeof(struct srat_x2apic) == 24, "srat x2apic");

/* Node number of a proximity domain, made on first sight; -ENOSPC. */
static int node_of(struct acpi_numa *n, uint32_t proximity)
{
    for (unsigned int i = 0; i < n->node_count; i++) {
        if (n->proximity[i] == proximity) {
            return (int)i;
        }
    }
    if (n->node_count == ACPI_MAX_NODES) {
        return -ENOSPC;
    }
    n->proximity[n->node_count] = proximity;
    return (int)n->node_count++;
}

static int add_cpu(struct acpi_numa *n, uint32_t apic_id, uint32_t proximity)
{
    const int node = node_of(n, proximity);

    if (node < 0 || n->cpu_count == ACPI_MAX_CPUS) {
        return -ENOSPC;
    }
    n->cpu[n->cpu_count].apic_id = apic_id;
    n->cpu[n->cpu_count].node = (uint8_t)node;
    n->cpu_count++;
    return 0;
}

static int add_memory(struct acpi_numa *n, const struct srat_memory *m)
{
    struct acpi_node_range *const r = &n->range[n->range_count];
    int node;

    if (m->size == 0 || m->base + m->size < m->base) {
        return 0;
    }
    node = node_of(n, m->proximity);
    if (node < 0 || n->range_count == ACPI_MAX_NODE_RANGES) {
        return -ENOSPC;
    }
    r->start = m->base;
    r->end = m->base + m->size;
    r->node = (uint8_t)node;
    r->is_hotplug = (m->flags & SRAT_HOTPLUG) != 0;
    n->range_count++;
    return 0;
}

static int parse_entry(struct acpi_numa *n, const uint8_t *p)
{
    struct srat_lapic l;
    struct srat_memory m;
    struct srat_x2apic x;

    if (p[0] == SRAT_LAPIC && p[1] >= sizeof(l)) {
        memcpy(&l, p, sizeof(l));
        if (l.flags & SRAT_ENABLED) {
            return add_cpu(n, l.apic_id,
                           l.proximity_lo |
                           (uint32_t)l.proximity_hi[0] << 8 |
                           (uint32_t)l.proximity_hi[1] << 16 |
                           (uint32_t)l.proximity_hi[2] << 24);
        }
    } else if (p[0] == SRAT_MEMORY && p[1] >= sizeof(m)) {
        memcpy(&m, p, sizeof(m));
        if (m.flags & SRAT_ENABLED) {
            return add_memory(n, &m);
        }
    } else if (p[0] == SRAT_X2APIC && p[1] >= sizeof(x)) {
        memcpy(&x, p, sizeof(x));
        if (x.flags & SRAT_ENABLED) {
            return add_cpu(n, x.apic_id, x.proximity);
        }
    }
    return 0;
}

static void set_default_distances(struct acpi_numa *n)
{
    memset(n->distance, ACPI_DISTANCE_FAR, sizeof(n->distance));
    for (unsigned int i = 0; i < ACPI_MAX_NODES; i++) {
        n->distance[i][i] = ACPI_DISTANCE_SELF;
    }
}

int acpi_srat_parse(const struct acpi_header *table, struct acpi_numa *numa)
{
    const uint8_t *p = NULL;

    memset(numa, 0, sizeof(*numa));
    set_default_distances(numa);
    if (table->length < SRAT_ENTRIES) {
        printk(LOG_WARN, "ACPI: SRAT is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    while ((p = acpi_subtable_next(table, SRAT_ENTRIES, p)) != NULL) {
        if (parse_entry(numa, p) < 0) {
            printk(LOG_WARN, "ACPI: SRAT has more entries than fit, "
                   "skipped: all memory counts as one node\n");
            memset(numa, 0, sizeof(*numa));
            set_default_distances(numa);
            return -EINVAL;
        }
    }
    return 0;
}

int acpi_slit_parse(const struct acpi_header *table, struct acpi_numa *numa)
{
    const size_t first = sizeof(*table) + sizeof(uint64_t);
    const uint8_t *const matrix = (const uint8_t *)table + first;
    uint64_t count;

    if (table->length < first) {
        return -EINVAL;
    }
    memcpy(&count, table + 1, sizeof(count));
    if (count == 0 || count > UINT8_MAX ||
        table->length - first < count * count) {
        printk(LOG_WARN, "ACPI: SLIT is too short for %lu localities, "
               "skipped\n", (unsigned long)count);
        return -EINVAL;
    }
    for (unsigned int i = 0; i < numa->node_count; i++) {
        for (unsigned int j = 0; j < numa->node_count; j++) {
            const uint64_t from = numa->proximity[i];
            const uint64_t to = numa->proximity[j];
            uint8_t d;

            if (i == j || from >= count || to >= count) {
                continue;
            }
            d = matrix[from * count + to];
            if (d > ACPI_DISTANCE_SELF) {
                numa->distance[i][j] = d;
            }
        }
    }
    return 0;
}

unsigned int acpi_numa_addr_node(const struct acpi_numa *numa, paddr_t addr)
{
    for (unsigned int i = 0; i < numa->range_count; i++) {
        if (addr >= numa->range[i].start && addr < numa->range[i].end) {
            return numa->range[i].node;
        }
    }
    return 0;
}
