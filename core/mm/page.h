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

#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

#define PAGE_NIL 0u /* Frame 0 is never handed out: no link */

struct page {
    uint32_t next;   /* Frame number: free list, or the owner's page list    */
    uint32_t prev;
    uint32_t count;  /* [atomic] references, with PAGE_* flags on top        */
    uint16_t owner;  /* Domain number; DOMID_INVALID: free                   */
    uint8_t order;   /* Of a free block, in its first page                   */
    uint8_t flags;
};

static_assert(sizeof(struct page) == 16, "memory goal: 0.4 % of RAM");

/* All frames below page_count have an entry, holes included. */
extern struct page *page_table;
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

/* Address in the direct map. */
void *page_va(const struct page *pg);
void *mfn_va(mfn_t mfn);
struct page *va_page(const void *va);

/*
 * Take a reference to a page that @owner holds; false if it is not (or no
 * longer) that domain's.  Any context, lock-free.
 */
bool __must_check page_get(struct page *pg, uint16_t owner);
/* Another reference where one is already held. */
void page_get_more(struct page *pg);
/* Drop one; the last frees the page. */
void page_put(struct page *pg);

#endif /* CORE_MM_PAGE_H */
