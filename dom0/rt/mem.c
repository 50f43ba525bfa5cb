/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages by a bitmap, next fit; bytes by lists of powers of two with a header
 * in front; the window by another bitmap. Chapter: arch-x86/hvm/start_info.h
 * of the public headers.
 */
#include <core/abi/start_info.h>
#include <core/lib/bitmap.h>
#include <core/lib/bits.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/keep.h>
#include <dom0/rt/mem.h>
#include <dom0/rt/panic.h>
#include <dom0/rt/x86.h>

#define MEM_PAGES (GIB(4) >> PAGE_SHIFT)
#define MAP_MAX 128u
#define WINDOW_PAGES 32768u      /* Frames: 128 MiB. */
#define TABLE_ENTRIES 512u
#define PTE_TABLE 0x3u
#define PTE_LARGE 0x83u
#define PTE_LARGE_UNCACHED 0x9bu
#define PTE_ADDR GENMASK64(51, 12)
#define LARGE_PAGE MIB(2)
#define PHYS_BITS_MAX 39u       /* What an IOMMU with 3 levels reaches. */

/* Bytes: what is larger than the largest class gets whole pages. */
#define HEADER 16u
#define CLASS_MIN_SHIFT 5u      /* 32 bytes, header included. */
#define CLASSES 7u              /* 32 to 2048 bytes. */
#define CLASS_LARGE 0xffu

struct header {
    union {
        struct header *next;    /* While free. */
        size_t pages;           /* CLASS_LARGE. */
    };
    uint32_t class;
    uint32_t magic;
};

#define MAGIC_USED 0x75736564u
#define MAGIC_FREE 0x66726565u

static_assert(sizeof(struct header) == HEADER, "alignment of allocations");

struct mem_module mem_module[MEM_MODULES_MAX];
unsigned int mem_module_count;
const char *mem_cmdline = "";

extern char mem_image_start[];
extern char mem_image_end[];
extern uint64_t start_pml4[TABLE_ENTRIES];

static DECLARE_BITMAP(mem_free_map, MEM_PAGES);
static size_t mem_left;
static unsigned int mem_hint;
static unsigned int mem_end;    /* One behind the last page of RAM. */
static struct header *mem_class[CLASSES];

static uint64_t window_base;
static DECLARE_BITMAP(window_map, WINDOW_PAGES);
static unsigned int window_hint;

/* --- pages --- */

static void mem_ram_add(uint64_t start, uint64_t end)
{
    end = min_t(uint64_t, end, GIB(4));
    start = round_up(max_t(uint64_t, start, MIB(1)), PAGE_SIZE);
    for (uint64_t a = start; a + PAGE_SIZE <= end; a += PAGE_SIZE) {
        bitmap_set(mem_free_map, (unsigned int)(a >> PAGE_SHIFT));
        mem_left++;
        mem_end = max_t(unsigned int, mem_end,
                        (unsigned int)(a >> PAGE_SHIFT) + 1);
    }
}

void mem_reserve(uint64_t start, uint64_t size)
{
    for (uint64_t a = start & PAGE_MASK; a < start + size; a += PAGE_SIZE) {
        if (a < GIB(4) && bitmap_test_and_clear(
                mem_free_map, (unsigned int)(a >> PAGE_SHIFT))) {
            mem_left--;
        }
    }
}

/* First of n free pages at or above from, below MEM_PAGES; else MEM_PAGES. */
static unsigned int mem_find(unsigned int from, size_t n)
{
    unsigned int first = bitmap_next_set(mem_free_map, mem_end, from);

    while (first < mem_end) {
        const unsigned int end =
            bitmap_next_clear(mem_free_map, mem_end, first);

        if (end - first >= n) {
            return first;
        }
        first = bitmap_next_set(mem_free_map, mem_end, end);
    }
    return MEM_PAGES;
}

void *mem_pages_alloc(size_t n)
{
    unsigned int first = mem_find(mem_hint, n);
    void *p;

    if (first == MEM_PAGES) {
        first = mem_find(0, n);
    }
    if (first == MEM_PAGES) {
        return NULL;
    }
    bitmap_clear_range(mem_free_map, first, (unsigned int)n);
    mem_hint = first + (unsigned int)n;
    mem_left -= n;
    p = (void *)((uint64_t)first << PAGE_SHIFT);
    memset(p, 0, n << PAGE_SHIFT);
    return p;
}

void mem_pages_free(void *pages, size_t n)
{
    if (pages != NULL) {
        bitmap_set_range(mem_free_map,
                         (unsigned int)((uint64_t)pages >> PAGE_SHIFT),
                         (unsigned int)n);
        mem_left += n;
    }
}

size_t mem_pages_left(void)
{
    return mem_left;
}

/* --- bytes --- */

static bool mem_class_fill(unsigned int class)
{
    const size_t size = (size_t)1 << (class + CLASS_MIN_SHIFT);
    char *const page = mem_pages_alloc(1);

    if (page == NULL) {
        return false;
    }
    for (size_t at = 0; at < PAGE_SIZE; at += size) {
        struct header *const h = (struct header *)(page + at);

        *h = (struct header){
            .next = mem_class[class], .class = class, .magic = MAGIC_FREE,
        };
        mem_class[class] = h;
    }
    return true;
}

void *mem_alloc(size_t bytes)
{
    const size_t all = bytes + HEADER;
    const unsigned int shift = bit_fls(all - 1);
    const unsigned int class = shift <= CLASS_MIN_SHIFT
        ? 0 : shift - CLASS_MIN_SHIFT;
    struct header *h;

    if (class >= CLASSES) {
        h = mem_pages_alloc(bytes_to_pages(all));
        if (h == NULL) {
            return NULL;
        }
        h->pages = bytes_to_pages(all);
        h->class = CLASS_LARGE;
        h->magic = MAGIC_USED;
        return h + 1;
    }
    if (mem_class[class] == NULL && !mem_class_fill(class)) {
        return NULL;
    }
    h = mem_class[class];
    mem_class[class] = h->next;
    h->magic = MAGIC_USED;
    return memset(h + 1, 0, bytes);
}

void mem_free(void *p)
{
    struct header *const h = (struct header *)p - 1;

    if (p == NULL) {
        return;
    }
    if (h->magic != MAGIC_USED) {
        panic("mem_free(%p): not allocated, or freed twice", p);
    }
    h->magic = MAGIC_FREE;
    if (h->class == CLASS_LARGE) {
        mem_pages_free(h, h->pages);
        return;
    }
    h->next = mem_class[h->class];
    mem_class[h->class] = h;
}

char *mem_strdup(const char *s)
{
    const size_t size = strlen(s) + 1;
    char *const copy = mem_alloc(size);

    return copy == NULL ? NULL : memcpy(copy, s, size);
}

/* --- page tables: the window and devices --- */

static uint64_t *mem_table_below(uint64_t *entry)
{
    if (*entry == 0) {
        *entry = (uint64_t)mem_pages_alloc(1) | PTE_TABLE;
        if (*entry == PTE_TABLE) {
            panic("no memory for page tables");
        }
    }
    return (uint64_t *)(*entry & PTE_ADDR);
}

static void mem_map_large(uint64_t addr, uint64_t flags)
{
    uint64_t *const pdpt =
        mem_table_below(&start_pml4[addr >> 39 & (TABLE_ENTRIES - 1)]);
    uint64_t *const pd =
        mem_table_below(&pdpt[addr >> 30 & (TABLE_ENTRIES - 1)]);

    pd[addr >> 21 & (TABLE_ENTRIES - 1)] = addr | flags;
    asm volatile("invlpg (%0)" :: "r"(addr) : "memory");
}

void *mem_map_device(uint64_t addr, size_t size)
{
    if (addr >> 47 != 0 || (addr + size) >> 47 != 0) {
        panic("device memory at %#lx is out of reach", addr);
    }
    for (uint64_t a = round_down(addr, LARGE_PAGE); a < addr + size;
         a += LARGE_PAGE) {
        mem_map_large(a, PTE_LARGE_UNCACHED);
    }
    return (void *)addr;
}

static void window_init(void)
{
    unsigned int bits = 36;

    if (x86_cpuid(0x80000000u, 0).eax >= 0x80000008u) {
        bits = x86_cpuid(0x80000008u, 0).eax & 0xff;
    }
    window_base = UINT64_C(1) << (min_t(unsigned int, bits, PHYS_BITS_MAX) - 1);
    for (uint64_t a = 0; a < WINDOW_PAGES << PAGE_SHIFT; a += LARGE_PAGE) {
        mem_map_large(window_base + a, PTE_LARGE);
    }
}

void *mem_window_get(size_t n)
{
    for (unsigned int tries = 0; tries < 2; tries++) {
        unsigned int first = window_hint;

        while ((first = bitmap_next_clear(window_map, WINDOW_PAGES, first)) <
               WINDOW_PAGES) {
            const unsigned int end =
                bitmap_next_set(window_map, WINDOW_PAGES, first);

            if (end - first >= n) {
                bitmap_set_range(window_map, first, (unsigned int)n);
                window_hint = first + (unsigned int)n;
                return (void *)(window_base + ((uint64_t)first << PAGE_SHIFT));
            }
            first = end;
        }
        window_hint = 0;
    }
    return NULL;
}

void mem_window_put(void *p, size_t n)
{
    bitmap_clear_range(window_map, (unsigned int)
                       (((uint64_t)p - window_base) >> PAGE_SHIFT),
                       (unsigned int)n);
}

/* --- start --- */

static void mem_take_modules(const struct hvm_start_info *info)
{
    const struct hvm_modlist_entry *const list =
        (const void *)info->modlist_paddr;

    mem_reserve(info->modlist_paddr, info->nr_modules * sizeof(*list));
    for (unsigned int i = 0; i < info->nr_modules && i < MEM_MODULES_MAX;
         i++) {
        mem_reserve(list[i].paddr, list[i].size);
        mem_module[i].data = (const void *)list[i].paddr;
        mem_module[i].size = list[i].size;
        mem_module_count++;
    }
}

void mem_init(uint32_t start_info)
{
    static struct xen_memory_map map;
    static struct {
        uint64_t addr;
        uint64_t size;
        uint32_t type;
    } __packed entry[MAP_MAX];
    const struct hvm_start_info *const info =
        (const void *)(uint64_t)start_info;

    map.nr_entries = MAP_MAX;
    set_xen_guest_handle(map.buffer, entry);
    if (info->magic != XEN_HVM_START_MAGIC_VALUE ||
        hypercall_memory(XENMEM_memory_map, &map) != 0) {
        panic("not started as a PVH guest, or without a memory map");
    }
    for (unsigned int i = 0; i < map.nr_entries; i++) {
        if (entry[i].type == XEN_HVM_MEMMAP_TYPE_RAM) {
            mem_ram_add(entry[i].addr, entry[i].addr + entry[i].size);
        }
    }
    mem_reserve((uint64_t)mem_image_start,
                (uint64_t)(mem_image_end - mem_image_start));
    mem_reserve(start_info, sizeof(*info));
    if (info->version >= 1) {
        mem_reserve(info->memmap_paddr,
                    info->memmap_entries *
                    sizeof(struct hvm_memmap_table_entry));
    }
    if (info->cmdline_paddr != 0) {
        mem_cmdline = (const char *)info->cmdline_paddr;
        mem_reserve(info->cmdline_paddr, strlen(mem_cmdline) + 1);
    }
    mem_take_modules(info);
    keep_init();
    window_init();
}
