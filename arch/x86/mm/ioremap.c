/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device memory: a region of addresses handed out upwards, never reused.
 * Locking: an atomic counter.  The contracts of core/arch/arch_mm.h are here
 * too.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/mm/ioremap.h>
#include <core/arch/arch_mm.h>
#include <core/lib/util.h>
#include <core/sync/atomic.h>
#include <core/sync/barrier.h>

static_assert(DIRECTMAP_VIRT == ARCH_DIRECTMAP_VIRT, "contract");
static_assert(FRAMETABLE_VIRT == ARCH_FRAMETABLE_VIRT, "contract");

/* No processor has shorter ones. */
#define CACHE_LINE 64u

static uint64_t ioremap_used;

void *ioremap(paddr_t pa, size_t bytes, enum map_prot prot,
              enum memtype type)
{
    const uint64_t offset = pa & ~PAGE_MASK;
    const uint64_t size = round_up(offset + bytes, PAGE_SIZE);
    uint64_t start;

    if (bytes > IOREMAP_SIZE / 2) {
        return NULL;
    }
    start = atomic_add(&ioremap_used, size) - size;
    if (start + size > IOREMAP_SIZE ||
        pgtable_map(IOREMAP_VIRT + start, pa - offset, size, prot, type)) {
        return NULL;
    }
    return (void *)(IOREMAP_VIRT + start + offset);
}

void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    return ioremap(pa, bytes, MAP_RW, MEMTYPE_UC);
}

int arch_mm_map(void *va, paddr_t pa, size_t bytes)
{
    return pgtable_map((uintptr_t)va, pa, bytes, MAP_RW, MEMTYPE_WB);
}

void arch_mm_clear_pages(void *va, unsigned long nr)
{
    uint64_t count = nr * (PAGE_SIZE / sizeof(uint64_t));

    asm volatile("rep stosq"
                 : "+D"(va), "+c"(count)
                 : "a"(UINT64_C(0))
                 : "memory");
}

void arch_mm_clean_cache(const void *va, size_t bytes)
{
    const char *const end = (const char *)va + bytes;

    for (const char *p = (const char *)round_down((uintptr_t)va, CACHE_LINE);
         p < end; p += CACHE_LINE) {
        clflush(p);
    }
    /* CLFLUSH is ordered with stores by a fence only. */
    smp_mb();
}
