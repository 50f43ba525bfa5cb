/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator: buddy lists per NUMA node.
 * Locking: one lock a node, a leaf.  Any context.
 */
#ifndef CORE_MM_PAGE_ALLOC_H
#define CORE_MM_PAGE_ALLOC_H

#include <core/lib/types.h>
#include <core/mm/page.h>

#define PAGE_MAX_ORDER 18u /* 1 GiB */

enum page_flags {
    PAGE_ZERO = 1u << 0,      /* Cleared                                     */
    PAGE_BELOW_4G = 1u << 1,  /* Whole block under 4 GiB                     */
    PAGE_EXACT_NODE = 1u << 2 /* From that node or not at all                */
};

#define PAGE_ANY_NODE 0xffu

/*
 * 2^@order frames with one reference each, owned by @owner.  NULL if there
 * is none.  Pages for guests are always cleared (PAGE_ZERO): no domain sees
 * another's data.
 */
struct page *page_alloc(unsigned int order, uint16_t owner,
                        unsigned int flags, unsigned int node);

/* Give back 2^@order frames; every one has exactly one reference left. */
void page_free(struct page *pg, unsigned int order);

/* Hypervisor memory: pages of DOMID_XEN by address; NULL if none. */
void *xpage_alloc(unsigned int order);
void xpage_free(void *va, unsigned int order);

/* Frames free now, and in total; node PAGE_ANY_NODE: all. */
unsigned long page_free_count(unsigned int node);
unsigned long page_total_count(unsigned int node);

/* Nodes that have memory are 0 .. this - 1. */
unsigned int page_node_count(void);

/* Free blocks of one order; walks the list: for dumps and tests. */
unsigned long page_free_blocks(unsigned int node, unsigned int order);

/* Boot: hand [@start, @end) to the allocator. */
void page_alloc_add(mfn_t start, mfn_t end, unsigned int node);

/*
 * Boot: take exactly [@start, +@nr) out of the free lists for @owner (the
 * control domain's 1:1 memory).  False if any frame of it is not free.
 */
bool __must_check page_alloc_exact(mfn_t start, unsigned long nr,
                                   uint16_t owner);

/*
 * Boot: the first run [*@start, *@end) of free frames that begins at or above
 * @from (page_find.c).  False if there is none.
 */
bool page_alloc_next_free(mfn_t from, mfn_t *start, mfn_t *end);

#endif /* CORE_MM_PAGE_ALLOC_H */
