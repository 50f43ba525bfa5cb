/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of physical memory.  Pure, no locks.
 * Manual: ACPI 6.4, "System Address Map Interfaces".
 */
#include <core/domain/e820.h>

bool e820_add(struct e820_map *map, uint64_t start, uint64_t end,
              uint32_t type)
{
    struct e820_entry *last;

    if (start >= end) {
        return true;
    }
    last = map->count ? &map->entry[map->count - 1] : NULL;
    if (last != NULL && last->type == type &&
        last->addr + last->size == start) {
        last->size = end - last->addr;
        return true;
    }
    if (map->count == E820_MAX) {
        return false;
    }
    map->entry[map->count++] = (struct e820_entry){
        .addr = start, .size = end - start, .type = type,
    };
    return true;
}
