/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory before there is a page allocator: a short list of free ranges of
 * RAM.  Boot CPU only.  boot_alloc_finish() ends its life.
 */
#ifndef CORE_MM_BOOT_ALLOC_H
#define CORE_MM_BOOT_ALLOC_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* [@start, @end) is RAM; cut to whole pages.  Overlaps are merged. */
void boot_alloc_add(paddr_t start, paddr_t end);

/*
 * Nothing of [@start, @end) is free (image, modules, tables, frame 0); grown
 * to whole pages.  Parts that are not RAM do no harm.
 */
void boot_alloc_reserve(paddr_t start, paddr_t end);

/*
 * @bytes (whole pages), aligned to @align (a power of two, at least a page),
 * all of it below @limit (0: anywhere).  From the top of memory, so that the
 * low part stays for those who need it.  The physical address; 0 if there is
 * none.  Not cleared.
 */
paddr_t boot_alloc(size_t bytes, size_t align, paddr_t limit);

/* Is all of [@start, @end) free. */
bool boot_alloc_is_free(paddr_t start, paddr_t end);

/* The highest address ever added. */
paddr_t boot_alloc_top(void);

/* Bytes ever added, and bytes free now. */
uint64_t boot_alloc_total(void);
uint64_t boot_alloc_free_bytes(void);

/*
 * NUMA: [@start, @end) belongs to @node.  Before boot_alloc_finish(); memory
 * that nobody claims is node 0's.
 */
void boot_alloc_set_node(paddr_t start, paddr_t end, unsigned int node);

/*
 * Make the table of struct page for all RAM, map it at ARCH_FRAMETABLE, and
 * hand what is free to the page allocator.  Reserved RAM is DOMID_XEN's, and
 * can be given back later with page_alloc_add().
 */
void boot_alloc_finish(void);

#endif /* CORE_MM_BOOT_ALLOC_H */
