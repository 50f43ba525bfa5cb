/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot memory: sorted arrays of disjoint ranges, one of all RAM, one of what
 * is still free.  Single CPU, no lock.
 */
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/bitmap.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <core/mm/page_priv.h>

#define MAX_RANGES 128u
#define MAX_NODE_RANGES 64u

struct range {
    paddr_t start;
    paddr_t end;
};

struct range_set {
    unsigned int count;
    struct range range[MAX_RANGES];
};

struct node_range {
    struct range range;
    unsigned int node;
};

static INIT_DATA struct range_set ram;
static INIT_DATA struct range_set unused;
static INIT_DATA struct node_range node_ranges[MAX_NODE_RANGES];
static INIT_DATA unsigned int node_range_count;

static INIT_TEXT void delete_at(struct range_set *set, unsigned int i)
{
    set->count--;
    memmove(&set->range[i], &set->range[i + 1],
            (set->count - i) * sizeof(set->range[0]));
}

/* False when the array is full: then the range is lost, not broken. */
static INIT_TEXT bool insert_at(struct range_set *set, unsigned int i,
                                struct range r)
{
    if (set->count == MAX_RANGES) {
        pr_warn("Memory map too long, %#lx-%#lx is not used\n", r.start,
                r.end);
        return false;
    }
    memmove(&set->range[i + 1], &set->range[i],
            (set->count - i) * sizeof(set->range[0]));
    set->range[i] = r;
    set->count++;
    return true;
}

static INIT_TEXT void set_add(struct range_set *set, struct range r)
{
    unsigned int i = 0;

    while (i < set->count && set->range[i].end < r.start) {
        i++;
    }
    while (i < set->count && set->range[i].start <= r.end) {
        r.start = min(r.start, set->range[i].start);
        r.end = max(r.end, set->range[i].end);
        delete_at(set, i);
    }
    insert_at(set, i, r);
}

static INIT_TEXT void set_remove(struct range_set *set, struct range r)
{
    unsigned int i = 0;

    while (i < set->count) {
        const struct range old = set->range[i];

        if (old.end <= r.start || old.start >= r.end) {
            i++;
            continue;
        }
        delete_at(set, i);
        if (old.start < r.start &&
            insert_at(set, i, (struct range){ old.start, r.start })) {
            i++;
        }
        if (old.end > r.end &&
            insert_at(set, i, (struct range){ r.end, old.end })) {
            i++;
        }
    }
}

static INIT_TEXT uint64_t set_bytes(const struct range_set *set)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < set->count; i++) {
        sum += set->range[i].end - set->range[i].start;
    }
    return sum;
}

INIT_TEXT void boot_alloc_add(paddr_t start, paddr_t end)
{
    struct range r = { round_up(start, PAGE_SIZE),
                       round_down(end, PAGE_SIZE) };

    /* Frame 0 means "no page" in the lists. */
    r.start = max(r.start, (paddr_t)PAGE_SIZE);
    if (r.start < r.end) {
        set_add(&ram, r);
        set_add(&unused, r);
    }
}

INIT_TEXT void boot_alloc_reserve(paddr_t start, paddr_t end)
{
    const struct range r = { round_down(start, PAGE_SIZE),
                             round_up(end, PAGE_SIZE) };

    if (r.start < r.end) {
        set_remove(&unused, r);
    }
}

INIT_TEXT paddr_t boot_alloc(size_t bytes, size_t align, paddr_t limit)
{
    const uint64_t size = round_up(bytes, PAGE_SIZE);

    for (unsigned int i = unused.count; i-- > 0;) {
        const struct range r = unused.range[i];
        const paddr_t end = limit && limit < r.end ? limit : r.end;
        paddr_t start;

        if (end < size || end <= r.start) {
            continue;
        }
        start = round_down(end - size, align);
        if (start >= r.start) {
            set_remove(&unused, (struct range){ start, start + size });
            return start;
        }
    }
    return 0;
}

INIT_TEXT bool boot_alloc_is_free(paddr_t start, paddr_t end)
{
    for (unsigned int i = 0; i < unused.count; i++) {
        if (unused.range[i].start <= start && end <= unused.range[i].end) {
            return true;
        }
    }
    return false;
}

INIT_TEXT paddr_t boot_alloc_top(void)
{
    return ram.count ? ram.range[ram.count - 1].end : 0;
}

INIT_TEXT uint64_t boot_alloc_total(void)
{
    return set_bytes(&ram);
}

INIT_TEXT uint64_t boot_alloc_free_bytes(void)
{
    return set_bytes(&unused);
}

INIT_TEXT void boot_alloc_set_node(paddr_t start, paddr_t end,
                                   unsigned int node)
{
    if (node >= PAGE_MAX_NODES || node_range_count == MAX_NODE_RANGES) {
        pr_warn("NUMA: memory %#lx-%#lx counts as node 0\n", start, end);
        return;
    }
    node_ranges[node_range_count].range = (struct range){ start, end };
    node_ranges[node_range_count].node = node;
    node_range_count++;
}

/* Give [r) of @node to the allocator; what no node claims goes to 0. */
static INIT_TEXT void hand_over(struct range r)
{
    while (r.start < r.end) {
        unsigned int node = 0;
        paddr_t end = r.end;

        for (unsigned int i = 0; i < node_range_count; i++) {
            const struct range n = node_ranges[i].range;

            if (n.start <= r.start && r.start < n.end) {
                node = node_ranges[i].node;
                end = min(end, n.end);
            } else if (r.start < n.start) {
                end = min(end, n.start);
            }
        }
        end = round_down(end, PAGE_SIZE);
        if (end <= r.start) {
            end = r.start + PAGE_SIZE;
        }
        page_alloc_add(paddr_to_mfn(r.start), paddr_to_mfn(end), node);
        r.start = end;
    }
}

/* Map the page table of sections [@first, @end), all with RAM in them. */
static INIT_TEXT void map_sections(unsigned long first, unsigned long end)
{
    const size_t bytes = (end - first) * PAGE_SECTION_BYTES;
    char *const va = ARCH_FRAMETABLE + first * PAGE_SECTION_BYTES;
    const size_t align = bytes >= MIB(2) ? MIB(2) : PAGE_SIZE;
    const paddr_t pa = boot_alloc(bytes, align, 0);

    if (!pa || arch_mm_map(va, pa, bytes)) {
        panic("No room for the table of pages, %lu KiB\n", bytes >> 10);
    }
    arch_mm_clear_pages(va, bytes >> PAGE_SHIFT);
}

static INIT_TEXT void map_page_table(void)
{
    const unsigned long sections =
        DIV_ROUND_UP(page_count, 1ul << PAGE_SECTION_ORDER);
    const size_t bytes = BITMAP_LONGS(sections) * sizeof(uint64_t);
    const paddr_t pa = boot_alloc(bytes, PAGE_SIZE, 0);
    const unsigned int shift = PAGE_SHIFT + PAGE_SECTION_ORDER;
    unsigned long first;
    unsigned long end;

    if (!pa) {
        panic("No memory to describe memory\n");
    }
    page_sections = arch_paddr_to_va(pa);
    memset(page_sections, 0, bytes);
    for (unsigned int i = 0; i < ram.count; i++) {
        first = ram.range[i].start >> shift;
        end = ((ram.range[i].end - 1) >> shift) + 1;
        bitmap_set_range(page_sections, (unsigned int)first,
                         (unsigned int)(end - first));
    }
    for (first = 0; first < sections; first = end) {
        first = bitmap_next_set(page_sections, (unsigned int)sections,
                                (unsigned int)first);
        end = bitmap_next_clear(page_sections, (unsigned int)sections,
                                (unsigned int)first);
        if (first < end) {
            map_sections(first, end);
        }
    }
}

INIT_TEXT void boot_alloc_finish(void)
{
    static INIT_DATA struct range_set used;

    page_count = boot_alloc_top() >> PAGE_SHIFT;
    map_page_table();
    used = ram;
    for (unsigned int i = 0; i < unused.count; i++) {
        set_remove(&used, unused.range[i]);
    }
    for (unsigned int i = 0; i < used.count; i++) {
        page_set_reserved(used.range[i].start >> PAGE_SHIFT,
                          used.range[i].end >> PAGE_SHIFT);
    }
    for (unsigned int i = 0; i < unused.count; i++) {
        hand_over(unused.range[i]);
    }
    unused.count = 0;
}
