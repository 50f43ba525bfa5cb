/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page pool and page tables. The pool is a bump allocator with marks: tests
 * are short and release everything at their end; page tables come from a
 * static pool of their own and stay.
 * AMD64 Architecture Programmer's Manual, "Page Translation and Protection".
 */
#include <tests/guest/lib/mm.h>

#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define TABLES 256

extern uint64_t boot_pml4[512];

static uint64_t mm_next = MM_POOL_START;
static uint64_t mm_tables[TABLES][512] __attribute__((aligned(4096)));
static unsigned int mm_tables_used;

void *mm_alloc(size_t n)
{
    const uint64_t addr = mm_next;

    if (mm_next + n * PAGE_SIZE > MM_POOL_END) {
        test_abort("page pool empty");
    }
    mm_next += n * PAGE_SIZE;
    return memset((void *)addr, 0, n * PAGE_SIZE);
}

uint64_t mm_mark(void)
{
    return mm_next;
}

void mm_release(uint64_t mark)
{
    mm_next = mark;
}

static uint64_t *new_table(void)
{
    if (mm_tables_used == TABLES) {
        test_abort("page tables used up");
    }
    return mm_tables[mm_tables_used++];
}

static void split(uint64_t *entry, unsigned int level)
{
    const uint64_t old = *entry;
    const uint64_t step = level == 2 ? 1ull << 21 : 1ull << 12;
    uint64_t *table = new_table();

    for (unsigned int i = 0; i < 512; i++) {
        table[i] = old + i * step;
        if (level == 1) {
            table[i] &= ~PTE_PS;
        }
    }
    *entry = (uint64_t)table | PTE_RW | PTE_U;
}

uint64_t *mm_pte(uint64_t va)
{
    uint64_t *table = boot_pml4;

    for (unsigned int level = 3; level > 0; level--) {
        uint64_t *e = &table[(va >> (12 + 9 * level)) & 511];

        if (!(*e & PTE_P)) {
            *e = (uint64_t)new_table() | PTE_RW | PTE_U;
        } else if (*e & PTE_PS) {
            split(e, level);
            write_cr3(read_cr3());
        }
        *e |= PTE_U;
        table = (uint64_t *)(*e & PTE_ADDR_MASK);
    }
    return &table[(va >> 12) & 511];
}

void *mm_map(uint64_t va, uint64_t pa, uint64_t flags)
{
    *mm_pte(va) = pa | flags;
    invlpg((void *)va);
    return (void *)va;
}

unsigned int mm_maxphysaddr(void)
{
    if (cpuid(0x80000000u, 0).eax < 0x80000008u) {
        return 36;
    }
    return cpuid(0x80000008u, 0).eax & 0xff;
}
