/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine about memory.  Implemented by arch/x86/mm,
 * faked by tests/unit/fake_arch.c.
 */
#ifndef CORE_ARCH_ARCH_MM_H
#define CORE_ARCH_ARCH_MM_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/*
 * The direct map: physical address 0 of RAM is seen here.  The constants are
 * part of the contract (arch/x86/mm/layout.h asserts them).  On the host both
 * are variables that the test points at its arena.
 */
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
extern char *fake_directmap;
extern char *fake_frametable;
#define ARCH_DIRECTMAP fake_directmap
#define ARCH_FRAMETABLE fake_frametable
#else
#define ARCH_DIRECTMAP_VIRT 0xffff800000000000UL
#define ARCH_FRAMETABLE_VIRT 0xffffd00000000000UL
#define ARCH_DIRECTMAP ((char *)ARCH_DIRECTMAP_VIRT)
#define ARCH_FRAMETABLE ((char *)ARCH_FRAMETABLE_VIRT)
#endif

/* Address of RAM in the direct map, and back. */
static inline void *arch_paddr_to_va(paddr_t pa)
{
    return ARCH_DIRECTMAP + pa;
}

static inline paddr_t arch_va_to_paddr(const void *va)
{
    return (paddr_t)((const char *)va - ARCH_DIRECTMAP);
}

/*
 * Boot: put [@pa, +@bytes) at @va (read, write, no execute), both aligned to
 * 2 MiB or to 4 KiB.  Tables come from boot_alloc.h.  0 or -ENOMEM.
 */
int __must_check arch_mm_map(void *va, paddr_t pa, size_t bytes);

/* Write @bytes at @va back to memory, for who does not look into caches. */
void arch_mm_clean_cache(const void *va, size_t bytes);

/* Clear @nr whole pages, the fastest way. */
void arch_mm_clear_pages(void *va, unsigned long nr);

/*
 * Map device registers uncached.  NULL if there is no room.  Never undone.
 */
void *arch_mm_ioremap(paddr_t pa, size_t bytes);

#endif /* CORE_ARCH_ARCH_MM_H */
