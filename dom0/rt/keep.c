/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of what is kept. It is changed in place and its sum last: a crash
 * within that, or a wild write, shows as a wrong sum, and then nothing is
 * kept.
 */
#include <core/lib/crc32.h>
#include <dom0/rt/rt.h>

#define KEEP_MAGIC UINT64_C(0x7370656b736f48)   /* "Hoskeps" */
#define RANGES 250u

struct keep_page {
    uint64_t magic;
    uint32_t crc;               /* Of all that follows. */
    uint32_t lives;
    uint64_t store;
    struct {
        uint64_t addr;
        uint64_t pages;         /* 0: free. */
    } range[RANGES];
};

extern struct keep_page keep_page;      /* start.S: not cleared by a restart. */

static_assert(sizeof(struct keep_page) <= PAGE_SIZE, "one page");

static DECLARE_BITMAP(keep_is_ours, RANGES);

static uint32_t keep_sum(void)
{
    return crc32(0, &keep_page.lives,
                 sizeof(keep_page) - offsetof(struct keep_page, lives));
}

static void keep_seal(void)
{
    barrier();
    keep_page.crc = keep_sum();
}

void keep_init(void)
{
    if (keep_page.magic != KEEP_MAGIC || keep_page.crc != keep_sum()) {
        memset(&keep_page, 0, sizeof(keep_page));
        keep_page.magic = KEEP_MAGIC;
        keep_seal();
        return;
    }
    for (unsigned int i = 0; i < RANGES; i++) {
        mem_reserve(keep_page.range[i].addr,
                    keep_page.range[i].pages << PAGE_SHIFT);
    }
    keep_page.lives++;
    keep_seal();
}

unsigned int keep_lives(void)
{
    return keep_page.lives;
}

/* The place of these pages, or RANGES. */
static unsigned int keep_find(const void *p, size_t pages)
{
    unsigned int i = 0;

    while (i < RANGES && (keep_page.range[i].addr != (uint64_t)p ||
                          keep_page.range[i].pages != pages)) {
        i++;
    }
    return i;
}

void *keep_alloc(size_t pages)
{
    const unsigned int i = keep_find(NULL, 0);
    void *const p = i < RANGES ? mem_pages_alloc(pages) : NULL;

    if (p != NULL) {
        keep_page.range[i].addr = (uint64_t)p;
        keep_page.range[i].pages = pages;
        bitmap_set(keep_is_ours, i);
        keep_seal();
    }
    return p;
}

static void keep_drop(unsigned int i)
{
    mem_pages_free((void *)keep_page.range[i].addr, keep_page.range[i].pages);
    keep_page.range[i].addr = 0;
    keep_page.range[i].pages = 0;
    bitmap_clear(keep_is_ours, i);
    keep_seal();
}

void keep_free(void *p, size_t pages)
{
    const unsigned int i = p != NULL ? keep_find(p, pages) : RANGES;

    if (i < RANGES) {
        keep_drop(i);
    }
}

bool keep_adopt(void *p, size_t pages)
{
    const unsigned int i = p != NULL ? keep_find(p, pages) : RANGES;

    return i < RANGES && !bitmap_test_and_set(keep_is_ours, i);
}

void keep_settle(void)
{
    for (unsigned int i = 0; i < RANGES; i++) {
        if (keep_page.range[i].pages != 0 && !bitmap_test(keep_is_ours, i)) {
            keep_drop(i);
        }
    }
}

void *keep_store(void)
{
    return (void *)keep_page.store;
}

void keep_set_store(void *area)
{
    keep_page.store = (uint64_t)area;
    keep_seal();
}
