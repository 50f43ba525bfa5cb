/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which memory is dom0's, what of it is in use, and what dom0 is told.
 * Pure, no locks.
 */
#include <core/dom0/dom0_priv.h>
#include <core/lib/string.h>

bool dom0_layout_own(struct dom0_layout *l, paddr_t start, paddr_t end)
{
    unsigned int i = 0;

    if (start >= end) {
        return true;
    }
    while (i < l->ram_count && l->ram[i].end < start) {
        i++;
    }
    if (i == l->ram_count || l->ram[i].start > end) {
        if (l->ram_count == DOM0_MAX_RANGES) {
            return false;
        }
        memmove(&l->ram[i + 1], &l->ram[i],
                (l->ram_count - i) * sizeof(l->ram[0]));
        l->ram[i] = (struct dom0_range){ .start = start, .end = end };
        l->ram_count++;
        return true;
    }
    l->ram[i].start = min(l->ram[i].start, start);
    l->ram[i].end = max(l->ram[i].end, end);
    while (i + 1 < l->ram_count && l->ram[i + 1].start <= l->ram[i].end) {
        l->ram[i].end = max(l->ram[i].end, l->ram[i + 1].end);
        memmove(&l->ram[i + 1], &l->ram[i + 2],
                (l->ram_count - i - 2) * sizeof(l->ram[0]));
        l->ram_count--;
    }
    return true;
}

bool dom0_layout_owns(const struct dom0_layout *l, paddr_t start, paddr_t end)
{
    for (unsigned int i = 0; i < l->ram_count; i++) {
        if (start >= l->ram[i].start && end <= l->ram[i].end) {
            return true;
        }
    }
    return false;
}

static const struct dom0_range *busy_at(const struct dom0_layout *l,
                                        paddr_t start, paddr_t end)
{
    for (unsigned int i = 0; i < l->busy_count; i++) {
        if (start < l->busy[i].end && end > l->busy[i].start) {
            return &l->busy[i];
        }
    }
    return NULL;
}

bool dom0_layout_is_busy(const struct dom0_layout *l, paddr_t start,
                         paddr_t end)
{
    return busy_at(l, start, end) != NULL;
}

bool dom0_layout_use(struct dom0_layout *l, paddr_t start, paddr_t end)
{
    if (l->busy_count == DOM0_MAX_BUSY) {
        return false;
    }
    l->busy[l->busy_count++] =
        (struct dom0_range){ .start = start, .end = end };
    return true;
}

void dom0_layout_release(struct dom0_layout *l, paddr_t start)
{
    for (unsigned int i = 0; i < l->busy_count; i++) {
        if (l->busy[i].start == start) {
            l->busy[i] = l->busy[--l->busy_count];
            return;
        }
    }
}

/* Within one range: from the top down, below each mark that is in the way. */
static paddr_t find_in(const struct dom0_layout *l, paddr_t start,
                       paddr_t end, uint64_t size, uint64_t align)
{
    while (end > start && end - start >= size) {
        const paddr_t at = round_down(end - size, align);
        const struct dom0_range *const busy = busy_at(l, at, at + size);

        if (at < start) {
            return 0;
        }
        if (busy == NULL) {
            return at;
        }
        end = busy->start;
    }
    return 0;
}

paddr_t dom0_layout_find(const struct dom0_layout *l, uint64_t size,
                         uint64_t align, paddr_t limit)
{
    for (unsigned int i = l->ram_count; i-- > 0;) {
        const paddr_t end = limit ? min(l->ram[i].end, limit)
                                  : l->ram[i].end;
        const paddr_t at = find_in(l, l->ram[i].start, end, size, align);

        if (at != 0) {
            return at;
        }
    }
    return 0;
}

/* One range of RAM: dom0's parts as RAM, the others as unusable. */
static bool add_ram(struct e820_map *map, paddr_t start, paddr_t end,
                    const struct dom0_layout *l)
{
    for (unsigned int i = 0; i < l->ram_count && start < end; i++) {
        const struct dom0_range *const r = &l->ram[i];

        if (r->end <= start || r->start >= end) {
            continue;
        }
        if (!e820_add(map, start, r->start, E820_UNUSABLE) ||
            !e820_add(map, max(start, r->start), min(end, r->end),
                      E820_RAM)) {
            return false;
        }
        start = r->end;
    }
    return start >= end || e820_add(map, start, end, E820_UNUSABLE);
}

bool dom0_memmap_build(struct e820_map *map, const struct e820_map *host,
                       const struct dom0_layout *l, paddr_t acpi,
                       paddr_t acpi_end)
{
    struct dom0_layout ram = *l;

    map->count = 0;
    for (unsigned int i = 0; i < host->count; i++) {
        const struct e820_entry *const e = &host->entry[i];
        const paddr_t start = e->addr;
        const paddr_t end = e->addr + e->size;
        bool fits;

        if (e->type != E820_RAM) {
            fits = e820_add(map, start, end, e->type);
        } else if (acpi >= start && acpi_end <= end) {
            fits = add_ram(map, start, acpi, &ram) &&
                   e820_add(map, acpi, acpi_end, E820_ACPI) &&
                   add_ram(map, acpi_end, end, &ram);
        } else {
            fits = add_ram(map, start, end, &ram);
        }
        if (!fits) {
            return false;
        }
    }
    return true;
}
