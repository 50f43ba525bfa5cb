/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of core/mm share about pages.
 */
#ifndef CORE_MM_PAGE_PRIV_H
#define CORE_MM_PAGE_PRIV_H

#include <core/lib/types.h>

struct page;

/*
 * The page table is mapped in sections of so many frames (128 MiB of RAM),
 * where there is RAM.  One bit each in page_sections.
 */
#define PAGE_SECTION_ORDER 15u
#define PAGE_SECTION_BYTES \
    (sizeof(struct page) << PAGE_SECTION_ORDER)

extern uint64_t *page_sections;

/* Free one page whose count has just become zero. */
void page_free_last(struct page *pg);

/* Before the allocator: RAM that is in use by the hypervisor. */
void page_set_reserved(unsigned long start, unsigned long end);

#endif /* CORE_MM_PAGE_PRIV_H */
