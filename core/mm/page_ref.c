/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References to pages.  Lock-free: the count is atomic, and a page whose count
 * is zero is nobody's.
 *
 *   CPU 0: page_get(pg, 7)            CPU 1: page_put(pg), the last
 *   count 1 -> 2                      count 2 -> 1, stays
 *   owner is 7: good
 *
 *   count is 0: no                    count 1 -> 0, owner := free
 *
 * The owner changes only while the count is zero, so it is looked at after
 * the count was raised from a value that is not.
 */
#include <core/abi/xen.h>
#include <core/kernel/bug.h>
#include <core/lib/bitmap.h>
#include <core/mm/page.h>
#include <core/mm/page_priv.h>
#include <core/sync/atomic.h>

uint64_t *page_sections;

bool page_is_ram(mfn_t mfn)
{
    const uint64_t m = mfn_x(mfn);

    return m < page_count &&
           bitmap_test(page_sections, (unsigned int)(m >> PAGE_SECTION_ORDER))
           && (page_table[m].flags & PAGE_F_RAM);
}

bool page_get(struct page *pg, uint16_t owner)
{
    /* Not to disturb the count of a page that is another's anyway. */
    if (READ_ONCE(pg->owner) != owner || !page_get_any(pg)) {
        return false;
    }
    if (READ_ONCE(pg->owner) == owner) {
        return true;
    }
    page_put(pg);
    return false;
}

void page_get_more(struct page *pg)
{
    const uint32_t count = atomic_inc(&pg->count);

    BUG_ON(count <= 1 || count >= PAGE_COUNT_MAX);
}

void page_put(struct page *pg)
{
    const uint32_t count = atomic_dec(&pg->count);

    if (likely(count != 0)) {
        BUG_ON(count >= PAGE_COUNT_MAX);
        return;
    }
    page_free_last(pg);
}

void page_set_reserved(unsigned long start, unsigned long end)
{
    for (unsigned long mfn = start; mfn < end; mfn++) {
        page_table[mfn] = (struct page){
            .owner = DOMID_XEN,
            .flags = PAGE_F_RAM,
            .count = 1,
        };
    }
}
