/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's own page tables: one root for all CPUs.  Rights are an
 * enumeration in which writable and executable exclude each other.
 *
 * Locking: LOCK_PGTABLE inside.  Tables come from boot_alloc() until the
 * page allocator is there.  No table is ever given back.
 */
#ifndef ARCH_X86_MM_PGTABLE_H
#define ARCH_X86_MM_PGTABLE_H

#include <arch/x86/mm/image.h>
#include <arch/x86/mm/layout.h>
#include <arch/x86/mm/memtype.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

enum map_prot {
    MAP_RO,
    MAP_RW,
    MAP_RX
};

/* Physical address of the image; set before anything else here is used. */
extern paddr_t image_paddr;

/* Does @pa lie in the image. */
static inline bool image_holds_paddr(paddr_t pa)
{
    return pa - image_paddr < (paddr_t)(image_end - image_start);
}

/* The root, for CR3. */
paddr_t pgtable_root(void);

/*
 * Map [@pa, +@size) at @va with the largest pages that fit.  All multiples of
 * the page size; what is there already must not be mapped.  0, or -ENOMEM
 * with a part mapped, which boot does not survive anyway.
 */
int __must_check pgtable_map(uintptr_t va, paddr_t pa, size_t size,
                             enum map_prot prot, enum memtype type);

/*
 * Remove mappings of 4 KiB pages and flush this CPU's TLB; the caller sees to
 * other CPUs (tlb.h).  Holes are fine.
 */
void pgtable_unmap(uintptr_t va, size_t size);

/* Change the rights of 4 KiB pages; flushes this CPU's TLB only. */
void pgtable_protect(uintptr_t va, size_t size, enum map_prot prot);

/* What @va is mapped to; false if it is not. */
bool pgtable_lookup(uintptr_t va, paddr_t *pa);

/* A virtual address of any mapped RAM or image address. */
paddr_t va_to_pa(const void *va);

/* Remove the identity mapping that the entry to long mode and APs need. */
void pgtable_unmap_identity(void);

/* The page of the AP trampoline, executable at its physical address. */
void pgtable_map_identity(paddr_t pa);

/* From now on tables are reached through the direct map. */
void pgtable_use_directmap(void);
/* From now on tables come from the page allocator. */
void pgtable_use_page_alloc(void);

/* Tables in use, pages. */
unsigned long pgtable_pages(void);

/*
 * Walk everything.  Returns the number of pages both writable and executable,
 * each reported; 0 is the only acceptable answer.
 */
unsigned long pgtable_audit(void);

/*
 * A page at a time through a fixed window, before there is a direct map.
 * Slot 0 to 3 belong to pgtable.c.
 */
#define WINDOW_SLOT_FREE 4u
#define WINDOW_SLOTS (WINDOW_SIZE / PAGE_SIZE)
void *window_map(unsigned int slot, paddr_t pa, enum map_prot prot);
void window_unmap(unsigned int slot);

#endif /* ARCH_X86_MM_PGTABLE_H */
