/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages, their references, and boot memory.
 * Links: core
 */
#include <string.h>

#include <core/abi/xen.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define SLOTS 300u

static void set_up(void)
{
    static bool is_done;

    fake_init(1);
    if (!is_done) {
        is_done = true;
        fake_memory(160);
    }
}

/* Frames in the lists must be as many as are said to be free. */
static void check_lists(void)
{
    unsigned long sum = 0;

    for (unsigned int o = 0; o <= PAGE_MAX_ORDER; o++) {
        sum += page_free_blocks(0, o) << o;
    }
    CHECK_EQ(sum, page_free_count(0));
}

TEST(boot_ranges)
{
    fake_init(1);
    boot_alloc_add(0x1000, 0x9f400);
    boot_alloc_add(0x100000, 0x400000);
    boot_alloc_add(0x300000, 0x500000);
    CHECK_EQ(boot_alloc_total(), 0x9e000 + 0x400000);
    CHECK_EQ(boot_alloc_top(), 0x500000);
    boot_alloc_reserve(0x200800, 0x201800);
    CHECK(!boot_alloc_is_free(0x200000, 0x201000));
    CHECK(boot_alloc_is_free(0x202000, 0x500000));
    CHECK_EQ(boot_alloc(0x1000, 0x1000, 0), 0x4ff000);
    CHECK_EQ(boot_alloc(0x80000, 0x1000, 0x100000), 0x1f000);
    CHECK_EQ(boot_alloc(0x200000, 0x200000, 0), 0);
    CHECK_EQ(boot_alloc(0x100000, 0x100000, 0), 0x300000);
    CHECK_EQ(boot_alloc(UINT64_C(1) << 40, 0x1000, 0), 0);
    /* For the tests that follow nothing of it may be left over. */
    boot_alloc_reserve(0, 0x500000);
}

TEST(random_operations)
{
    static struct { struct page *pg; unsigned int order; } slot[SLOTS];
    unsigned long before;

    set_up();
    before = page_free_count(PAGE_ANY_NODE);
    for (int round = 0; round < 20000; round++) {
        const unsigned int i = (unsigned int)(unit_random() % SLOTS);

        if (slot[i].pg) {
            page_free(slot[i].pg, slot[i].order);
            slot[i].pg = NULL;
            continue;
        }
        slot[i].order = (unsigned int)(unit_random() % 8);
        slot[i].pg = page_alloc(slot[i].order, 7, 0, PAGE_ANY_NODE);
        if (!slot[i].pg) {
            continue;
        }
        CHECK_EQ(mfn_x(page_mfn(slot[i].pg)) & ((1u << slot[i].order) - 1),
                 0);
        CHECK_EQ(slot[i].pg->owner, 7);
        CHECK_EQ(slot[i].pg[(1u << slot[i].order) - 1].count, 1);
    }
    check_lists();
    for (unsigned int i = 0; i < SLOTS; i++) {
        for (unsigned int j = 0; slot[i].pg && j < i; j++) {
            const bool apart = !slot[j].pg ||
                slot[j].pg + (1u << slot[j].order) <= slot[i].pg ||
                slot[i].pg + (1u << slot[i].order) <= slot[j].pg;
            if (!apart) {
                CHECK(apart);
            }
        }
    }
    for (unsigned int i = 0; i < SLOTS; i++) {
        if (slot[i].pg) {
            page_free(slot[i].pg, slot[i].order);
            slot[i].pg = NULL;
        }
    }
    CHECK_EQ(page_free_count(PAGE_ANY_NODE), before);
    check_lists();
}

TEST(coalesces)
{
    struct page *big;
    struct page *all[512];

    set_up();
    big = page_alloc(9, DOMID_XEN, 0, PAGE_ANY_NODE);
    REQUIRE(big);
    page_free(big, 9);
    for (unsigned int i = 0; i < 512; i++) {
        all[i] = page_alloc(0, DOMID_XEN, 0, PAGE_ANY_NODE);
    }
    for (unsigned int i = 0; i < 512; i++) {
        page_free(all[(i * 37) % 512], 0);
    }
    check_lists();
    CHECK(page_alloc(9, DOMID_XEN, 0, PAGE_ANY_NODE) != NULL);
}

TEST(exact)
{
    unsigned long before;
    struct page *pg;
    unsigned long mfn;

    set_up();
    before = page_free_count(0);
    pg = page_alloc(6, DOMID_XEN, 0, PAGE_ANY_NODE);
    REQUIRE(pg);
    mfn = mfn_x(page_mfn(pg));
    CHECK(!page_alloc_exact(MFN(mfn + 3), 10, 3));
    CHECK(!page_alloc_exact(MFN(0), 10, 3));
    CHECK(!page_alloc_exact(MFN(page_count - 1), 10, 3));
    page_free(pg, 6);
    CHECK(page_alloc_exact(MFN(mfn + 3), 45, 3));
    CHECK_EQ(page_free_count(0), before - 45);
    CHECK_EQ(page_of(MFN(mfn + 3))->owner, 3);
    CHECK_EQ(page_of(MFN(mfn + 2))->owner, DOMID_INVALID);
    CHECK(!page_alloc_exact(MFN(mfn + 47), 1, 3));
    check_lists();
    for (unsigned int i = 0; i < 45; i++) {
        page_put(page_of(MFN(mfn + 3 + i)));
    }
    CHECK_EQ(page_free_count(0), before);
    check_lists();
}

TEST(references)
{
    unsigned long before;
    struct page *pg;

    set_up();
    before = page_free_count(0);
    pg = page_alloc(0, 5, PAGE_ZERO, PAGE_ANY_NODE);
    REQUIRE(pg);
    CHECK(page_get(pg, 5));
    CHECK(!page_get(pg, 6));
    page_get_more(pg);
    CHECK_EQ(pg->count, 3);
    page_put(pg);
    page_put(pg);
    CHECK_EQ(page_free_count(0), before - 1);
    page_put(pg);
    CHECK(!page_get(pg, 5));
    CHECK(!page_get(pg, DOMID_INVALID));
    CHECK_EQ(page_free_count(0), before);
}

TEST(free_with_a_passing_reference)
{
    unsigned long before;
    struct page *pg;

    set_up();
    before = page_free_count(0);
    pg = page_alloc(2, DOMID_XEN, 0, PAGE_ANY_NODE);
    REQUIRE(pg);
    page_get_more(pg + 1);
    page_free(pg, 2);
    CHECK_EQ(page_free_count(0), before - 1);
    page_put(pg + 1);
    CHECK_EQ(page_free_count(0), before);
    check_lists();
    CHECK(FAKE_PANICS(page_free(pg, 2)));
    CHECK(FAKE_PANICS(page_free(pg + 1, 1)));
}

TEST(zero_and_low)
{
    struct page *pg;
    char *va;

    set_up();
    pg = page_alloc(0, 1, 0, PAGE_ANY_NODE);
    REQUIRE(pg);
    memset(page_va(pg), 0xaa, PAGE_SIZE);
    page_free(pg, 0);
    pg = page_alloc(0, 1, PAGE_ZERO | PAGE_BELOW_4G, PAGE_ANY_NODE);
    REQUIRE(pg);
    va = page_va(pg);
    CHECK_EQ(va[0], 0);
    CHECK_EQ(va[PAGE_SIZE - 1], 0);
    CHECK(va_page(va) == pg);
    CHECK(!page_alloc(PAGE_MAX_ORDER, 1, 0, PAGE_ANY_NODE));
    page_free(pg, 0);
    CHECK(!page_is_ram(MFN(0)));
    CHECK(!page_is_ram(MFN(page_count)));
    CHECK(page_is_ram(MFN(page_count - 1)));
}
