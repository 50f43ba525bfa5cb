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

static bool is_clean(const struct e820_map *map)
{
    for (unsigned int i = 0; i < map->count; i++) {
        const struct e820_entry *const e = &map->entry[i];

        if (e->size == 0 || e->addr + e->size < e->addr ||
            (i > 0 && e->addr < e[-1].addr + e[-1].size)) {
            return false;
        }
    }
    return true;
}

static uint64_t entry_end(const struct e820_entry *e)
{
    return e->addr + e->size < e->addr ? UINT64_MAX : e->addr + e->size;
}

/* The type that holds at @addr, 0: none. */
static uint32_t type_at(const struct e820_map *map, uint64_t addr)
{
    uint32_t type = 0;

    for (unsigned int i = 0; i < map->count; i++) {
        const struct e820_entry *const e = &map->entry[i];

        if (addr >= e->addr && addr < entry_end(e)) {
            type = max(type, e->type);
        }
    }
    return type;
}

/* The lowest border above @addr; UINT64_MAX: none. */
static uint64_t next_border(const struct e820_map *map, uint64_t addr)
{
    uint64_t next = UINT64_MAX;

    for (unsigned int i = 0; i < map->count; i++) {
        const uint64_t start = map->entry[i].addr;
        const uint64_t end = entry_end(&map->entry[i]);

        if (start > addr) {
            next = min(next, start);
        }
        if (end > addr) {
            next = min(next, end);
        }
    }
    return next;
}

bool e820_sanitise(struct e820_map *map)
{
    struct e820_map clean;
    uint64_t addr = 0;

    if (is_clean(map)) {
        return true;
    }
    clean.count = 0;
    while (addr != UINT64_MAX) {
        const uint64_t next = next_border(map, addr);
        const uint32_t type = type_at(map, addr);

        if (type != 0 && !e820_add(&clean, addr, next, type)) {
            return false;
        }
        addr = next;
    }
    *map = clean;
    return true;
}

uint64_t e820_end(const struct e820_map *map, uint32_t type)
{
    uint64_t end = 0;

    for (unsigned int i = 0; i < map->count; i++) {
        const struct e820_entry *const e = &map->entry[i];

        if (type == 0 || e->type == type) {
            end = max(end, entry_end(e));
        }
    }
    return end;
}
