/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small objects.
 * Links: core
 */
#include <string.h>

#include <core/mm/mm_dump.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define SLOTS 400u

static void set_up(void)
{
    static bool is_done;

    fake_init(1);
    if (!is_done) {
        is_done = true;
        fake_memory(64);
    }
}

static bool has_pattern(const uint8_t *p, size_t size, uint8_t val)
{
    for (size_t i = 0; i < size; i++) {
        if (p[i] != val) {
            return false;
        }
    }
    return true;
}

TEST(random_operations)
{
    static struct { uint8_t *p; size_t size; uint8_t val; } slot[SLOTS];
    unsigned long before;
    uint64_t held;
    uint64_t used;

    set_up();
    before = page_free_count(0);
    for (int round = 0; round < 30000; round++) {
        const unsigned int i = (unsigned int)(unit_random() % SLOTS);

        if (slot[i].p) {
            CHECK(has_pattern(slot[i].p, slot[i].size, slot[i].val));
            xfree(slot[i].p);
            slot[i].p = NULL;
            continue;
        }
        slot[i].size = unit_random() % (unit_random() % 8 ? 600 : 20000) + 1;
        slot[i].val = (uint8_t)unit_random();
        slot[i].p = xalloc(slot[i].size);
        REQUIRE(slot[i].p);
        CHECK_EQ((uintptr_t)slot[i].p % 16, 0);
        memset(slot[i].p, slot[i].val, slot[i].size);
    }
    slab_usage(&held, &used);
    CHECK(used <= held);
    for (unsigned int i = 0; i < SLOTS; i++) {
        if (slot[i].p) {
            CHECK(has_pattern(slot[i].p, slot[i].size, slot[i].val));
            xfree(slot[i].p);
        }
    }
    CHECK_EQ(page_free_count(0), before);
    slab_usage(&held, &used);
    CHECK_EQ(held, 0);
    CHECK_EQ(used, 0);
}

TEST(limits)
{
    unsigned long before;
    uint8_t *p;

    set_up();
    before = page_free_count(0);
    CHECK(!xalloc(0));
    CHECK(!xzalloc_array(SIZE_MAX / 2, 3));
    CHECK(!xalloc((size_t)1 << 40));
    xfree(NULL);
    p = xalloc(3 * PAGE_SIZE);
    REQUIRE(p);
    CHECK_EQ((uintptr_t)p % PAGE_SIZE, 0);
    CHECK_EQ(page_free_count(0), before - 3);
    xfree(p);
    p = xzalloc(2049);
    REQUIRE(p);
    CHECK(has_pattern(p, 2049, 0));
    xfree(p);
    CHECK_EQ(page_free_count(0), before);
}

TEST(slab_pages_have_no_references)
{
    struct page *pg;
    char *p;

    set_up();
    p = xalloc(16);
    REQUIRE(p);
    pg = va_page(p);
    CHECK(pg->flags & PAGE_F_SLAB);
    CHECK(!page_get(pg, pg->owner));
    xfree(p);
}

TEST(dump)
{
    char *p;

    set_up();
    p = xalloc(100);
    mm_dump();
    CHECK(strstr(fake_printed(), "objects of  128 bytes") != NULL);
    xfree(p);
}

/* Leaves the lock held: the last one. */
TEST(bad_frees)
{
    char *p;

    set_up();
    p = xalloc(100);
    REQUIRE(p);
    CHECK(FAKE_PANICS(xfree(p + 16)));
}
