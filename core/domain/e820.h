/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of physical memory in the form of BIOS call E820: the machine's, and
 * what each domain is told (XENMEM_memory_map, start info).  Pure.
 */
#ifndef CORE_DOMAIN_E820_H
#define CORE_DOMAIN_E820_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

#define E820_MAX 128u

enum e820_type {
    E820_RAM = 1,
    E820_RESERVED = 2,
    E820_ACPI = 3,
    E820_NVS = 4,
    E820_UNUSABLE = 5,
    E820_DISABLED = 6,
    E820_PMEM = 7,
};

/* As the ABI has it. */
struct e820_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __packed;

static_assert(sizeof(struct e820_entry) == 20, "E820 ABI");

struct e820_map {
    unsigned int count;
    struct e820_entry entry[E820_MAX];
};

/* Append; false if the map is full.  Empty ranges are left out. */
bool __must_check e820_add(struct e820_map *map, uint64_t start,
                           uint64_t end, uint32_t type);

#endif /* CORE_DOMAIN_E820_H */
