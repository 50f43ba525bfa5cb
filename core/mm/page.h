/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One struct page for each frame of RAM: sixteen bytes, because it is the
 * larger part of what the hypervisor takes from its guests.  Links are frame
 * numbers, not pointers (16 TiB of RAM).
 *
 * Ownership: a page belongs to a domain (by number), to the hypervisor
 * (DOMID_XEN) or to nobody (free).  @count holds the references; allocation
 * gives one, which ends when the domain gives the page up.  The page is freed
 * by whoever drops the last.
 */
#ifndef CORE_MM_PAGE_H
#define CORE_MM_PAGE_H

#include <core/arch/arch_mm.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/lib/util.h>
#include <core/sync/atomic.h>

#define PAGE_NIL 0u /* Frame 0 is never handed out: no link */

struct page {
    uint32_t next;      /* Frame number: free list, or the owner's page list */
    uint32_t prev;
    union {
        uint32_t count; /* [a] references                                    */
        struct {        /* PAGE_F_SLAB, see slab.c                           */
            uint16_t used;
            uint16_t free;
        } slab;
    };
    uint16_t owner;     /* Domain number; DOMID_INVALID: free                */
    uint8_t order;      /* Of a free block, in its first page                */
    uint8_t flags;      /* PAGE_F_*; the upper half is the NUMA node         */
};

static_assert(sizeof(struct page) == 16, "memory goal: 0.4 % of RAM");

/* Frame of RAM; first of a free block; page of a slab. */
#define PAGE_F_RAM 0x01u
#define PAGE_F_FREE 0x02u
#define PAGE_F_SLAB 0x04u
#define PAGE_F_SHARED 0x08u /* The hypervisor's, for the control domain too  */
#define PAGE_NODE_SHIFT 4
#define PAGE_MAX_NODES 16u

/*
 * All frames of RAM below page_count have an entry; where there is no RAM the
 * table may not even be mapped, so ask page_is_ram() first.
 */
#define page_table ((struct page *)(void *)ARCH_FRAMETABLE)
extern unsigned long page_count;

static inline mfn_t page_mfn(const struct page *pg)
{
    return MFN((unsigned long)(pg - page_table));
}

static inline struct page *page_of(mfn_t mfn)
{
    return &page_table[mfn_x(mfn)];
}

/* True if there is a struct page for @mfn (RAM known at boot). */
bool page_is_ram(mfn_t mfn);

/* Address in the direct map, and back. */
static inline void *mfn_va(mfn_t mfn)
{
    return arch_paddr_to_va(mfn_to_paddr(mfn));
}

static inline void *page_va(const struct page *pg)
{
    return mfn_va(page_mfn(pg));
}

static inline struct page *va_page(const void *va)
{
    return page_of(paddr_to_mfn(arch_va_to_paddr(va)));
}

static inline unsigned int page_node(const struct page *pg)
{
    return pg->flags >> PAGE_NODE_SHIFT;
}

/*
 * More references than that would be an attack or an error.  A page of a slab
 * looks like that, too.
 */
#define PAGE_COUNT_MAX 0x7fffffffu

/*
 * Take a reference to a page that is not free; false if it is.  The caller
 * looks behind it whether the page is the one that it means.  Any context,
 * lock-free.
 */
static inline bool __must_check page_get_any(struct page *pg)
{
    uint32_t old = atomic_read_relaxed(&pg->count);

    do {
        if (old == 0 || old >= PAGE_COUNT_MAX) {
            return false;
        }
    } while (!atomic_cmpxchg(&pg->count, &old, old + 1));
    return true;
}

/*
 * The same of a page that @owner holds; false if it is not (or no longer)
 * that domain's.
 */
bool __must_check page_get(struct page *pg, uint16_t owner);
/* Another reference where one is already held. */
void page_get_more(struct page *pg);
/* Drop one; the last frees the page. */
void page_put(struct page *pg);

#endif /* CORE_MM_PAGE_H */
