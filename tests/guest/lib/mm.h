/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the test guest: a page pool and 4 KiB mappings.
 * Virtual = physical below 4 GiB; MM_WINDOW is a range for mappings that
 * tests make. Not for use by two vCPUs at once.
 */
#ifndef TESTS_GUEST_LIB_MM_H
#define TESTS_GUEST_LIB_MM_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE  4096u
#define PAGE_SHIFT 12

#define PTE_P   0x001ull
#define PTE_W   0x002ull
#define PTE_U   0x004ull
#define PTE_PWT 0x008ull
#define PTE_PCD 0x010ull
#define PTE_A   0x020ull
#define PTE_D   0x040ull
#define PTE_PS  0x080ull
#define PTE_NX  (1ull << 63)

#define PTE_RW  (PTE_P | PTE_W)
#define PTE_ADDR_MASK 0x000ffffffffff000ull

/* Unused by the identity map; 512 GiB. */
#define MM_WINDOW 0x0000008000000000ull

/* Pages come from this physical range, which must be RAM of the domain. */
#define MM_POOL_START 0x01000000ull
#define MM_POOL_END   0x02800000ull

/* n zeroed contiguous pages, never given back but by mm_free of the whole
 * lot at the end of a test; dies when the pool is empty. */
void *mm_alloc(size_t n);

/* Mark and release: everything allocated since the mark is free again. */
uint64_t mm_mark(void);
void mm_release(uint64_t mark);

/* A frame number whose page was handed out by the pool. */
static inline uint64_t mm_gfn(const void *p)
{
    return (uint64_t)p >> PAGE_SHIFT;
}

/* The page-table entry for va; makes missing tables, splits large pages. */
uint64_t *mm_pte(uint64_t va);

/* Map one page and flush; flags without PTE_P unmap. Returns va. */
void *mm_map(uint64_t va, uint64_t pa, uint64_t flags);

/* The highest physical address bits CPUID reports. */
unsigned int mm_maxphysaddr(void);

#endif
