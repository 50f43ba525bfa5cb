/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of free frames in the order of their addresses, for the builder of
 * the control domain.  Walks from block to block.
 * Locking: none; boot, when nobody else allocates.
 */
#include <core/lib/bitmap.h>
#include <core/mm/page_alloc.h>
#include <core/mm/page_priv.h>

static bool section_is_present(unsigned long mfn)
{
    return bitmap_test(page_sections,
                       (unsigned int)(mfn >> PAGE_SECTION_ORDER));
}

/* Frames from @mfn on that are one free block, 0: it is not the first. */
static unsigned long block_at(unsigned long mfn)
{
    const struct page *const pg = page_of(MFN(mfn));

    return pg->flags & PAGE_F_FREE ? 1ul << pg->order : 0;
}

bool page_alloc_next_free(mfn_t from, mfn_t *start, mfn_t *end)
{
    const unsigned long section = 1ul << PAGE_SECTION_ORDER;
    unsigned long mfn = mfn_x(from);
    unsigned long len;

    while (mfn < page_count) {
        if (!section_is_present(mfn)) {
            mfn = round_down(mfn, section) + section;
            continue;
        }
        if (block_at(mfn) != 0) {
            break;
        }
        mfn++;
    }
    if (mfn >= page_count) {
        return false;
    }
    *start = MFN(mfn);
    while (mfn < page_count && section_is_present(mfn) &&
           (len = block_at(mfn)) != 0) {
        mfn += len;
    }
    *end = MFN(mfn);
    return true;
}
