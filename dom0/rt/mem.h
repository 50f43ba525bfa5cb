/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the control domain: its RAM below 4 GiB, by pages and by bytes,
 * and a window of frames that have no RAM, at which pages of other domains
 * are mapped. All addresses are virtual and guest-physical in one.
 */
#ifndef DOM0_RT_MEM_H
#define DOM0_RT_MEM_H

#include <core/lib/types.h>

/* Of the memory maps that hypervisors know. */
struct mem_range {
    uint64_t addr;
    uint64_t size;
    uint32_t type;              /* XEN_HVM_MEMMAP_TYPE_RAM ... */
} __packed;

/* The module that came with the control domain; size 0: none. */
extern struct mem_archive {
    const void *data;
    size_t size;
} mem_archive;

/* start_info: as PVH gives it. Panics if there is no memory. */
void mem_init(uint32_t start_info);

/* While nothing is allocated: takes what is RAM and free of these bytes. */
void mem_reserve(uint64_t start, uint64_t size);

/* Zeroed pages, contiguous; NULL when there are none. n >= 1. */
void *mem_pages_alloc(size_t n);
void mem_pages_free(void *pages, size_t n);
size_t mem_pages_left(void);

/* Zeroed bytes, aligned to 16; NULL when there are none. */
void *mem_alloc(size_t bytes);
/* NULL is welcome. */
void mem_free(void *p);

/* A frame of the window; NULL when there is none. */
void *mem_window_get(void);
void mem_window_put(void *p);

/* Makes device memory accessible; uncached. Panics above 2^47. */
void *mem_map_device(uint64_t addr, size_t size);

#endif
