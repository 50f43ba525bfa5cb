/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages by a bitmap, next fit; bytes by lists of powers of two with a header
 * in front. Chapter: arch-x86/hvm/start_info.h
 * of the public headers.
 */
#include <arch/x86/hw/page_bits.h>
#include <core/abi/start_info.h>
#include <dom0/rt/rt.h>

#define MEM_PAGES (GIB(4) >> PAGE_SHIFT)
#define MAP_MAX 128u
#define WINDOW_PAGES 32768u      /* Frames: 128 MiB. */
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

struct mem_archive mem_archive;

extern char mem_image_start[];
extern char mem_image_end[];
extern uint64_t start_pml4[PT_ENTRIES];

/* Frames, some of them free, which are given out by next fit. */
struct pool {
    uint64_t *free;
    unsigned int end;           /* One behind the last.   */
    unsigned int hint;          /* Where to look first.   */
    uint64_t base;              /* The first's address.   */
    size_t left;
};

static DECLARE_BITMAP(mem_ram_map, MEM_PAGES);
static struct pool mem_ram = { .free = mem_ram_map };
static DECLARE_BITMAP(mem_window_map, WINDOW_PAGES);
static struct pool mem_window = {
    .free = mem_window_map, .end = WINDOW_PAGES, .left = WINDOW_PAGES,
};
static struct header *mem_class[CLASSES];

/* --- pages --- */

static void *pool_get(struct pool *p, size_t n)
{
    unsigned int from = p->hint;

    for (unsigned int tries = 0; tries < 2; tries++, from = 0) {
        unsigned int first = bitmap_next_set(p->free, p->end, from);

        while (first < p->end) {
            const unsigned int end =
                bitmap_next_clear(p->free, p->end, first);

            if (end - first >= n) {
                bitmap_clear_range(p->free, first, (unsigned int)n);
                p->hint = first + (unsigned int)n;
                p->left -= n;
                return (void *)(p->base + ((uint64_t)first << PAGE_SHIFT));
            }
            first = bitmap_next_set(p->free, p->end, end);
        }
    }
    return NULL;
}

static void pool_put(struct pool *p, void *frames, size_t n)
{
    bitmap_set_range(p->free, (unsigned int)
                     (((uint64_t)frames - p->base) >> PAGE_SHIFT),
                     (unsigned int)n);
    p->left += n;
}

static void mem_ram_add(uint64_t start, uint64_t end)
{
    start = round_up(max_t(uint64_t, start, MIB(1)), PAGE_SIZE);
    end = round_down(min_t(uint64_t, end, GIB(4)), PAGE_SIZE);
    if (start < end) {
        pool_put(&mem_ram, (void *)start, (end - start) >> PAGE_SHIFT);
        mem_ram.end = max_t(unsigned int, mem_ram.end,
                            (unsigned int)(end >> PAGE_SHIFT));
    }
}

void mem_reserve(uint64_t start, uint64_t size)
{
    for (uint64_t a = start & PAGE_MASK; a < start + size; a += PAGE_SIZE) {
        if (a < GIB(4) && bitmap_test_and_clear(
                mem_ram_map, (unsigned int)(a >> PAGE_SHIFT))) {
            mem_ram.left--;
        }
    }
}

void *mem_pages_alloc(size_t n)
{
    void *const p = pool_get(&mem_ram, n);

    return p == NULL ? NULL : memset(p, 0, n << PAGE_SHIFT);
}

void mem_pages_free(void *pages, size_t n)
{
    if (pages != NULL) {
        pool_put(&mem_ram, pages, n);
    }
}

size_t mem_pages_left(void)
{
    return mem_ram.left;
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
        if (h != NULL) {
            *h = (struct header){
                .pages = bytes_to_pages(all), .class = CLASS_LARGE,
                .magic = MAGIC_USED,
            };
        }
        return h == NULL ? NULL : h + 1;
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

/* --- page tables: the window and devices --- */

static uint64_t *mem_table_below(uint64_t *entry)
{
    if (*entry == 0) {
        *entry = (uint64_t)mem_pages_alloc(1) | PTE_P | PTE_W;
        if ((*entry & PTE_ADDR_MASK) == 0) {
            panic("no memory for page tables");
        }
    }
    return (uint64_t *)(*entry & PTE_ADDR_MASK);
}

static void mem_map_large(uint64_t addr, uint64_t flags)
{
    uint64_t *const pdpt =
        mem_table_below(&start_pml4[addr >> 39 & (PT_ENTRIES - 1)]);
    uint64_t *const pd =
        mem_table_below(&pdpt[addr >> 30 & (PT_ENTRIES - 1)]);

    pd[addr >> 21 & (PT_ENTRIES - 1)] = addr | PTE_P | PTE_W | PTE_PS | flags;
    invlpg(addr);
}

void *mem_map_device(uint64_t addr, size_t size)
{
    if (addr >> 47 != 0 || (addr + size) >> 47 != 0) {
        panic("device memory at %#lx is out of reach", addr);
    }
    for (uint64_t a = round_down(addr, PAGE_SIZE_2M); a < addr + size;
         a += PAGE_SIZE_2M) {
        mem_map_large(a, PTE_PCD | PTE_PWT);
    }
    return (void *)addr;
}

static void window_init(void)
{
    unsigned int bits = 36;

    if (cpuid_raw(0x80000000u, 0).eax >= 0x80000008u) {
        bits = cpuid_raw(0x80000008u, 0).eax & 0xff;
    }
    mem_window.base =
        UINT64_C(1) << (min_t(unsigned int, bits, PHYS_BITS_MAX) - 1);
    bitmap_fill(mem_window_map, WINDOW_PAGES);
    for (uint64_t a = 0; a < WINDOW_PAGES << PAGE_SHIFT; a += PAGE_SIZE_2M) {
        mem_map_large(mem_window.base + a, 0);
    }
}

void *mem_window_get(void)
{
    return pool_get(&mem_window, 1);
}

void mem_window_put(void *p)
{
    pool_put(&mem_window, p, 1);
}

/* --- start --- */

/* Hypervisors give their control domain one module at most. */
static void mem_take_module(const struct hvm_start_info *info)
{
    const struct hvm_modlist_entry *const module =
        (const void *)info->modlist_paddr;

    if (info->nr_modules != 0) {
        mem_reserve(info->modlist_paddr, sizeof(*module));
        mem_reserve(module->paddr, module->size);
        mem_archive.data = (const void *)module->paddr;
        mem_archive.size = module->size;
    }
}

void mem_init(uint32_t start_info)
{
    static struct xen_memory_map map;
    static struct mem_range entry[MAP_MAX];
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
    mem_take_module(info);
    keep_init();
    window_init();
}
