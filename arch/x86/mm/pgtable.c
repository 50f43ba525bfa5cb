/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's page tables.  SDM, "4-Level Paging"; APM 2, "Long-Mode
 * Page Translation".  See pgtable.h for locking.
 *
 * Before the direct map exists, tables outside the image are reached through
 * window slots, one for each level; afterwards through the direct map.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/mm/image.h>
#include <arch/x86/mm/pgtable.h>
#include <core/arch/arch_mm.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <core/sync/spinlock.h>

#define PT_LEVELS 4u
#define PT_TABLE (PTE_P | PTE_W | PTE_A)

extern uint64_t boot_pml4[PT_ENTRIES];
extern uint64_t boot_pt_window[PT_ENTRIES];
extern uint64_t boot_pdpt_ident[PT_ENTRIES];
extern uint64_t boot_pd_ident[PT_ENTRIES];
extern uint64_t boot_pt_ident[PT_ENTRIES];

paddr_t image_paddr RO_AFTER_INIT;

static struct spinlock pgtable_lock = SPINLOCK_INIT(PGTABLE);
static unsigned long table_pages;
static bool have_directmap RO_AFTER_INIT;
static bool have_page_alloc RO_AFTER_INIT;

static inline unsigned int pt_shift(unsigned int level)
{
    return PAGE_SHIFT + (level - 1) * PT_INDEX_BITS;
}

static inline unsigned int pt_index(uintptr_t va, unsigned int level)
{
    return (va >> pt_shift(level)) & (PT_ENTRIES - 1);
}

static uint64_t pt_leaf(paddr_t pa, enum map_prot prot, enum memtype type,
                        unsigned int level)
{
    uint64_t pte = pa | PTE_P | PTE_A | PTE_G;

    pte |= memtype_pte_bits(type, level > 1);
    if (level > 1) {
        pte |= PTE_PS;
    }
    if (prot == MAP_RW) {
        pte |= PTE_W | PTE_D;
    }
    if (prot != MAP_RX) {
        pte |= PTE_NX;
    }
    return pte;
}

void *window_map(unsigned int slot, paddr_t pa, enum map_prot prot)
{
    const uintptr_t va = WINDOW_VIRT + slot * PAGE_SIZE;

    boot_pt_window[slot] = pt_leaf(pa & PAGE_MASK, prot, MEMTYPE_WB, 1);
    invlpg(va);
    return (void *)(va + (pa & ~PAGE_MASK));
}

void window_unmap(unsigned int slot)
{
    boot_pt_window[slot] = 0;
    invlpg(WINDOW_VIRT + slot * PAGE_SIZE);
}

/*
 * The table at @pa, to be used as one of @level until the next call.  The
 * direct map comes first: a table may lie in what was init text, which is
 * no longer mapped as part of the image.
 */
static uint64_t *pt_table(paddr_t pa, unsigned int level)
{
    if (have_directmap) {
        return arch_paddr_to_va(pa);
    }
    if (image_holds_paddr(pa)) {
        return (uint64_t *)(IMAGE_VIRT + (pa - image_paddr));
    }
    return window_map(level - 1, pa, MAP_RW);
}

static paddr_t pt_alloc(void)
{
    void *va;

    table_pages++;
    if (!have_page_alloc) {
        return boot_alloc(PAGE_SIZE, PAGE_SIZE, 0);
    }
    va = xpage_alloc(0);
    return va ? arch_va_to_paddr(va) : 0;
}

/* The table below @entry, made if it is not there; NULL without memory. */
static uint64_t *pt_descend(uint64_t *entry, unsigned int level)
{
    uint64_t *table;
    paddr_t pa;

    if (*entry & PTE_P) {
        BUG_ON(*entry & PTE_PS);
        return pt_table(*entry & PTE_ADDR_MASK, level - 1);
    }
    pa = pt_alloc();
    if (!pa) {
        return NULL;
    }
    table = pt_table(pa, level - 1);
    memset(table, 0, PAGE_SIZE);
    *entry = pa | PT_TABLE;
    return table;
}

static unsigned int pt_best_level(uintptr_t va, paddr_t pa, size_t size)
{
    const uint64_t bits = va | pa;

    if (cpu_has(CPU_FEATURE_PAGE1GB) && size >= PAGE_SIZE_1G &&
        is_aligned(bits, PAGE_SIZE_1G)) {
        return 3;
    }
    if (size >= PAGE_SIZE_2M && is_aligned(bits, PAGE_SIZE_2M)) {
        return 2;
    }
    return 1;
}

static int pt_map_one(uintptr_t va, uint64_t leaf, unsigned int to_level)
{
    uint64_t *table = boot_pml4;

    for (unsigned int level = PT_LEVELS; level > to_level; level--) {
        table = pt_descend(&table[pt_index(va, level)], level);
        if (!table) {
            return -ENOMEM;
        }
    }
    BUG_ON(table[pt_index(va, to_level)] & PTE_P);
    table[pt_index(va, to_level)] = leaf;
    return 0;
}

int pgtable_map(uintptr_t va, paddr_t pa, size_t size, enum map_prot prot,
                enum memtype type)
{
    int ret = 0;

    BUG_ON(!is_aligned(va | pa | size, PAGE_SIZE) || prot > MAP_RX);
    spin_lock(&pgtable_lock);
    while (size && !ret) {
        const unsigned int level = pt_best_level(va, pa, size);
        const size_t step = UINT64_C(1) << pt_shift(level);

        ret = pt_map_one(va, pt_leaf(pa, prot, type, level), level);
        va += step;
        pa += step;
        size -= step;
    }
    spin_unlock(&pgtable_lock);
    return ret;
}

/* Entry that maps @va, and its level; NULL if there is none. */
static uint64_t *pt_find(uintptr_t va, unsigned int *level)
{
    uint64_t *table = boot_pml4;

    for (*level = PT_LEVELS; *level > 0; (*level)--) {
        uint64_t *entry = &table[pt_index(va, *level)];

        if (!(*entry & PTE_P)) {
            return NULL;
        }
        if (*level == 1 || (*entry & PTE_PS)) {
            return entry;
        }
        table = pt_table(*entry & PTE_ADDR_MASK, *level - 1);
    }
    return NULL;
}

void pgtable_unmap(uintptr_t va, size_t size)
{
    spin_lock(&pgtable_lock);
    for (; size; va += PAGE_SIZE, size -= PAGE_SIZE) {
        unsigned int level;
        uint64_t *entry = pt_find(va, &level);

        if (entry) {
            BUG_ON(level != 1);
            *entry = 0;
            invlpg(va);
        }
    }
    spin_unlock(&pgtable_lock);
}

void pgtable_protect(uintptr_t va, size_t size, enum map_prot prot)
{
    spin_lock(&pgtable_lock);
    for (; size; va += PAGE_SIZE, size -= PAGE_SIZE) {
        unsigned int level;
        uint64_t *entry = pt_find(va, &level);

        BUG_ON(!entry || level != 1);
        *entry = pt_leaf(*entry & PTE_ADDR_MASK, prot, MEMTYPE_WB, 1);
        invlpg(va);
    }
    spin_unlock(&pgtable_lock);
}

bool pgtable_lookup(uintptr_t va, paddr_t *pa)
{
    unsigned int level;
    uint64_t *entry;
    uint64_t offset_mask;

    spin_lock(&pgtable_lock);
    entry = pt_find(va, &level);
    if (entry) {
        offset_mask = (UINT64_C(1) << pt_shift(level)) - 1;
        *pa = (*entry & PTE_ADDR_MASK & ~offset_mask) | (va & offset_mask);
    }
    spin_unlock(&pgtable_lock);
    return entry;
}

paddr_t va_to_pa(const void *va)
{
    const uintptr_t addr = (uintptr_t)va;
    paddr_t pa = 0;

    if (addr - IMAGE_VIRT < IMAGE_MAX_SIZE) {
        return image_paddr + (addr - IMAGE_VIRT);
    }
    if (addr - DIRECTMAP_VIRT < DIRECTMAP_SIZE) {
        return addr - DIRECTMAP_VIRT;
    }
    BUG_ON(!pgtable_lookup(addr, &pa));
    return pa;
}

paddr_t pgtable_root(void)
{
    return va_to_pa(boot_pml4);
}

void pgtable_unmap_identity(void)
{
    boot_pml4[0] = 0;
    /* Not a global page: a new root is enough to forget it. */
    cr3_write(cr3_read());
}

void INIT_TEXT pgtable_map_identity(paddr_t pa)
{
    memset(boot_pdpt_ident, 0, PAGE_SIZE);
    memset(boot_pd_ident, 0, PAGE_SIZE);
    memset(boot_pt_ident, 0, PAGE_SIZE);
    boot_pt_ident[pt_index(pa, 1)] = pa | PTE_P | PTE_A;
    boot_pd_ident[pt_index(pa, 2)] = va_to_pa(boot_pt_ident) | PT_TABLE;
    boot_pdpt_ident[pt_index(pa, 3)] = va_to_pa(boot_pd_ident) | PT_TABLE;
    boot_pml4[0] = va_to_pa(boot_pdpt_ident) | PT_TABLE;
}

void INIT_TEXT pgtable_use_directmap(void)
{
    have_directmap = true;
}

void INIT_TEXT pgtable_use_page_alloc(void)
{
    have_page_alloc = true;
}

unsigned long pgtable_pages(void)
{
    return table_pages;
}
