/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SRAT and SLIT tables: which memory and which processors belong to
 * which node, and how far nodes are from each other.  Nodes are numbered
 * from 0 in the order in which their proximity domains first appear.
 * Manual: ACPI 6.4, "System Resource Affinity Table (SRAT)", "System Locality
 * Information Table (SLIT)".
 */
#ifndef DRIVERS_ACPI_ACPI_SRAT_H
#define DRIVERS_ACPI_ACPI_SRAT_H

#include <drivers/acpi/acpi_madt.h>
#include <drivers/acpi/acpi_tables.h>

#define ACPI_MAX_NODES 16u
#define ACPI_MAX_NODE_RANGES 64u
#define ACPI_DISTANCE_SELF 10u
#define ACPI_DISTANCE_FAR 20u

struct acpi_node_range {
    paddr_t start;
    paddr_t end;          /* Exclusive                                       */
    uint8_t node;
    bool is_hotplug;
};

struct acpi_node_cpu {
    uint32_t apic_id;
    uint8_t node;
};

struct acpi_numa {
    unsigned int node_count;  /* 0: no SRAT, all is one node                 */
    unsigned int range_count;
    unsigned int cpu_count;
    uint32_t proximity[ACPI_MAX_NODES];
    struct acpi_node_range range[ACPI_MAX_NODE_RANGES];
    struct acpi_node_cpu cpu[ACPI_MAX_CPUS];
    uint8_t distance[ACPI_MAX_NODES][ACPI_MAX_NODES];
};

extern struct acpi_numa acpi_numa;

/* 0, -EINVAL if too short or if it names more nodes than we know. */
int __must_check acpi_srat_parse(const struct acpi_header *table,
                                 struct acpi_numa *numa);

/* Fill in distances; SRAT comes first.  0, -EINVAL: distances stay default. */
int __must_check acpi_slit_parse(const struct acpi_header *table,
                                 struct acpi_numa *numa);

unsigned int acpi_numa_addr_node(const struct acpi_numa *numa, paddr_t addr);

#endif /* DRIVERS_ACPI_ACPI_SRAT_H */
