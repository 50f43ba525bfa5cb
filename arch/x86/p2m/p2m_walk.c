/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking, growing and splitting second-level tables.  Entries are written
 * by single stores, a table is complete before it is linked: the hardware and
 * look-ups without the lock see the old or the new state.
 */
#include <arch/x86/p2m/p2m_walk.h>
#include <core/abi/xen.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>

static uint64_t *table_of(uint64_t entry)
{
    return mfn_va(paddr_to_mfn(entry & P2M_ADDR));
}

uint64_t *p2m_walk(const struct p2m *p2m, gfn_t gfn, unsigned int *level)
{
    uint64_t *table = mfn_va(p2m->root);
    unsigned int at = P2M_LEVELS - 1;

    for (;;) {
        uint64_t *const slot = &table[p2m_index(gfn, at)];
        const uint64_t entry = atomic_read_relaxed(slot);

        if (at == *level || !p2m_entry_is_present(entry) ||
            (at > 0 && p2m_entry_is_large(entry))) {
            *level = at;
            return slot;
        }
        table = table_of(entry);
        at--;
    }
}

static uint64_t *table_alloc(struct p2m *p2m, mfn_t *mfn)
{
    if (p2m->table_pages >= p2m->table_limit) {
        return NULL;
    }
    struct page *const pg = page_alloc(0, DOMID_XEN, PAGE_ZERO,
                                       PAGE_ANY_NODE);

    if (!pg) {
        return NULL;
    }
    pg->next = p2m->tables;
    p2m->tables = (uint32_t)mfn_x(page_mfn(pg));
    p2m->table_pages++;
    *mfn = page_mfn(pg);
    return page_va(pg);
}

/* A table with the same translations as the leaf @entry at @level. */
static void table_fill(const struct p2m *p2m, uint64_t *table, uint64_t entry,
                       unsigned int level)
{
    const unsigned int order = (level - 1) * P2M_LEVEL_BITS;
    /* Bit 12 of a large leaf is no address: mask what is below its size. */
    const paddr_t base = entry & P2M_ADDR &
                         ~((PAGE_SIZE << (level * P2M_LEVEL_BITS)) - 1);

    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        const paddr_t pa = base + ((paddr_t)i << (order + PAGE_SHIFT));

        table[i] = p2m->format->leaf(paddr_to_mfn(pa), order,
                                     p2m_entry_type(entry));
    }
}

/* A table of the mark that stood for it all. */
static void table_mark(uint64_t *table, uint64_t mark)
{
    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        table[i] = mark;
    }
}

uint64_t *p2m_walk_create(struct p2m *p2m, gfn_t gfn, unsigned int level)
{
    const struct p2m_format *const f = p2m->format;
    unsigned int at = level;
    uint64_t *slot = p2m_walk(p2m, gfn, &at);

    while (at > level) {
        const uint64_t entry = *slot;
        mfn_t mfn;
        uint64_t *const table = table_alloc(p2m, &mfn);

        if (!table) {
            return NULL;
        }
        if (p2m_entry_is_present(entry)) {
            table_fill(p2m, table, entry, at);
        } else if (entry) {
            table_mark(table, entry);
        }
        /* The table's content before the link to it. */
        atomic_set_release(slot, f->table(mfn));
        at--;
        slot = &table[p2m_index(gfn, at)];
    }
    return slot;
}
