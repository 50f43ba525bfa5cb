/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audit of the hypervisor's page tables: no page may be both writable and
 * executable, by the rights of all levels taken together.
 */
#include <arch/x86/hw/page_bits.h>
#include <arch/x86/mm/image.h>
#include <arch/x86/mm/pgtable.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>

extern uint64_t boot_pml4[PT_ENTRIES];

struct audit {
    unsigned long leaves;
    unsigned long bad;
};

static const uint64_t *audit_table(paddr_t pa)
{
    return arch_paddr_to_va(pa);
}

static void audit_leaf(struct audit *a, uintptr_t va, uint64_t rights)
{
    a->leaves++;
    if ((rights & PTE_W) && !(rights & PTE_NX)) {
        a->bad++;
        printk(LOG_ERR, "writable and executable: %016lx\n", va);
    }
}

/* @rights: PTE_W if all levels above allow it, PTE_NX if one forbids. */
static void audit_level(struct audit *a, const uint64_t *table,
                        unsigned int level, uintptr_t va, uint64_t rights)
{
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        const uint64_t e = table[i];
        const uint64_t r = (rights & e & PTE_W) | ((rights | e) & PTE_NX);
        const uintptr_t at =
            va | ((uintptr_t)i << (PAGE_SHIFT + (level - 1) * PT_INDEX_BITS));

        if (!(e & PTE_P)) {
            continue;
        }
        if (level == 1 || (e & PTE_PS)) {
            audit_leaf(a, at, r);
            continue;
        }
        audit_level(a, audit_table(e & PTE_ADDR_MASK), level - 1, at, r);
    }
}

unsigned long pgtable_audit(void)
{
    struct audit a = { 0 };

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        uintptr_t va = (uintptr_t)i << (PAGE_SHIFT + 3 * PT_INDEX_BITS);

        if (!(boot_pml4[i] & PTE_P)) {
            continue;
        }
        if (i >= PT_ENTRIES / 2) {
            va |= ~((UINT64_C(1) << 48) - 1);
        }
        audit_level(&a, audit_table(boot_pml4[i] & PTE_ADDR_MASK), 3, va,
                    boot_pml4[i] & (PTE_W | PTE_NX));
    }
    printk(LOG_DEBUG, "page tables: %lu mappings, %lu writable and "
           "executable\n", a.leaves, a.bad);
    return a.bad;
}
