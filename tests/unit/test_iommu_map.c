/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA page tables: mapping, splitting, what is flushed, running out of
 * memory.
 * Links: core drivers/iommu/iommu_map.c
 */
#include <core/abi/xen.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/iommu.h>

#include "fake_arch.h"
#include "unit.h"

/* A format of the test's own: nothing is where real ones have it. */
#define T_ABSENT UINT64_C(0x200)
#define T_LEAF BIT32(0)
#define T_TABLE BIT32(1)
#define T_R BIT32(2)
#define T_W BIT32(3)

static uint64_t t_leaf(mfn_t mfn, unsigned int level, unsigned int perm)
{
    CHECK_EQ(mfn_x(mfn) % (1u << (level * 9)), 0);
    return mfn_to_paddr(mfn) | T_LEAF | (perm & IOMMU_READ ? T_R : 0) |
           (perm & IOMMU_WRITE ? T_W : 0);
}

static uint64_t t_table(mfn_t mfn, unsigned int level)
{
    CHECK(level > 0);
    return mfn_to_paddr(mfn) | T_TABLE;
}

static bool t_is_table(uint64_t entry, unsigned int level)
{
    CHECK(level > 0);
    CHECK(entry & (T_LEAF | T_TABLE));
    return entry & T_TABLE;
}

static unsigned int t_perm(uint64_t entry)
{
    return (entry & T_R ? IOMMU_READ : 0) | (entry & T_W ? IOMMU_WRITE : 0);
}

static const struct iommu_format format = {
    .name = "test", .absent = T_ABSENT, .leaf = t_leaf, .table = t_table,
    .is_table = t_is_table, .perm = t_perm,
};

static uint64_t flush_first;
static uint64_t flush_nr;
static unsigned int flushes;

static void t_flush(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr)
{
    flush_first = dfn_x(first);
    flush_nr = nr;
    flushes++;
}

static const struct iommu_ops ops = { .name = "test", .flush = t_flush };

const struct iommu_ops *iommu_ops = &ops;
struct iommu_props iommu_props;
static struct iommu_ctx ctx;

void arch_mm_clean_cache(const void *va, size_t bytes)
{
    CHECK(iommu_props.is_incoherent);
}

static void set_up(void)
{
    if (page_total_count(PAGE_ANY_NODE) == 0) {
        fake_init(1);
        fake_memory(16);
    }
    iommu_props = (struct iommu_props){
        .format = &format, .levels = 4, .max_order = 18,
    };
    CHECK_EQ(iommu_ctx_init(&ctx, 1), 0);
    flushes = 0;
}

static void expect(uint64_t dfn, uint64_t mfn, unsigned int perm)
{
    unsigned int got;

    CHECK_EQ(mfn_x(iommu_lookup(&ctx, DFN(dfn), &got)), mfn);
    CHECK_EQ(got, perm);
}

static void flush(uint64_t first, uint64_t nr)
{
    const unsigned int before = flushes;

    iommu_ctx_flush(&ctx);
    CHECK_EQ(flushes, before + (nr != 0));
    if (nr != 0) {
        CHECK_EQ(flush_first, first);
        CHECK_EQ(flush_nr, nr);
    }
}

TEST(map_and_unmap)
{
    set_up();
    expect(5, INVALID_FRAME, 0);
    CHECK_EQ(iommu_map(&ctx, DFN(5), MFN(77), 0, IOMMU_READ), 0);
    expect(5, 77, IOMMU_READ);
    expect(4, INVALID_FRAME, 0);
    expect(6, INVALID_FRAME, 0);
    flush(0, 0);
    CHECK_EQ(iommu_map(&ctx, DFN(5), MFN(77), 0, IOMMU_READ), 0);
    flush(0, 0);
    CHECK_EQ(iommu_map(&ctx, DFN(5), MFN(77), 0, IOMMU_READ | IOMMU_WRITE),
             0);
    expect(5, 77, IOMMU_READ | IOMMU_WRITE);
    flush(5, 1);
    flush(0, 0);
    CHECK_EQ(iommu_map(&ctx, DFN(5), MFN(0), 0, 0), 0);
    expect(5, INVALID_FRAME, 0);
    flush(5, 1);
    iommu_ctx_free(&ctx);
    CHECK_EQ(page_free_count(PAGE_ANY_NODE), page_total_count(PAGE_ANY_NODE));
}

TEST(ranges_of_flushes_join)
{
    set_up();
    for (unsigned int i = 0; i < 100; i += 10) {
        CHECK_EQ(iommu_map(&ctx, DFN(i), MFN(i), 0, IOMMU_READ), 0);
    }
    CHECK_EQ(iommu_map(&ctx, DFN(20), MFN(0), 0, 0), 0);
    CHECK_EQ(iommu_map(&ctx, DFN(70), MFN(0), 0, 0), 0);
    flush(20, 51);
    iommu_ctx_free(&ctx);
}

TEST(caching_of_absent_entries)
{
    set_up();
    iommu_props.caches_absent = true;
    CHECK_EQ(iommu_map(&ctx, DFN(512), MFN(1024), 9, IOMMU_READ), 0);
    flush(512, 512);
    CHECK_EQ(iommu_map(&ctx, DFN(9), MFN(0), 0, 0), 0);
    flush(0, 0);
    iommu_ctx_free(&ctx);
}

TEST(a_hole_in_a_large_leaf)
{
    const uint64_t gib = 1u << 18;
    const uint64_t hole = 2 * gib + 777;

    set_up();
    CHECK_EQ(iommu_map(&ctx, DFN(2 * gib), MFN(gib), 18,
                       IOMMU_READ | IOMMU_WRITE), 0);
    CHECK_EQ(ctx.table_pages, 2);
    CHECK_EQ(iommu_map(&ctx, DFN(hole), MFN(0), 0, 0), 0);
    CHECK_EQ(ctx.table_pages, 4);
    /* The whole of the leaf that was split. */
    flush(2 * gib, gib);
    expect(2 * gib, gib, IOMMU_READ | IOMMU_WRITE);
    expect(hole - 1, gib + 776, IOMMU_READ | IOMMU_WRITE);
    expect(hole, INVALID_FRAME, 0);
    expect(hole + 1, gib + 778, IOMMU_READ | IOMMU_WRITE);
    expect(3 * gib - 1, 2 * gib - 1, IOMMU_READ | IOMMU_WRITE);
    /* Now small again: only the frame. */
    CHECK_EQ(iommu_map(&ctx, DFN(hole), MFN(9), 0, IOMMU_WRITE), 0);
    CHECK_EQ(iommu_map(&ctx, DFN(hole + 1), MFN(0), 0, 0), 0);
    flush(hole + 1, 1);
    /* A large mapping over tables fills them. */
    CHECK_EQ(iommu_map(&ctx, DFN(2 * gib), MFN(0), 18, IOMMU_READ), 0);
    expect(hole, 777, IOMMU_READ);
    expect(2 * gib + 100000, 100000, IOMMU_READ);
    CHECK_EQ(ctx.table_pages, 4);
    iommu_ctx_free(&ctx);
}

TEST(units_without_large_pages)
{
    set_up();
    iommu_props.max_order = 9;
    CHECK_EQ(iommu_map(&ctx, DFN(0), MFN(1u << 18), 18, IOMMU_READ), 0);
    expect(123456, (1u << 18) + 123456, IOMMU_READ);
    CHECK_EQ(ctx.table_pages, 3);
    CHECK_EQ(iommu_map(&ctx, DFN(0), MFN(0), 18, 0), 0);
    expect(123456, INVALID_FRAME, 0);
    flush(0, 1u << 18);
    iommu_ctx_free(&ctx);
}

TEST(nothing_is_made_to_be_absent)
{
    set_up();
    CHECK_EQ(iommu_map(&ctx, DFN(12345), MFN(0), 0, 0), 0);
    CHECK_EQ(iommu_map(&ctx, DFN(1u << 18), MFN(0), 18, 0), 0);
    CHECK_EQ(ctx.table_pages, 1);
    flush(0, 0);
    iommu_ctx_free(&ctx);
}

TEST(beyond_the_width)
{
    set_up();
    iommu_props.levels = 3;
    CHECK_EQ(iommu_map(&ctx, DFN(1u << 27), MFN(1), 0, IOMMU_READ), -ERANGE);
    CHECK_EQ(iommu_map(&ctx, DFN(1u << 27), MFN(0), 0, 0), 0);
    CHECK_EQ(iommu_map(&ctx, DFN((1u << 27) - 1), MFN(1), 0, IOMMU_READ), 0);
    expect((1u << 27) - 1, 1, IOMMU_READ);
    expect(1u << 27, INVALID_FRAME, 0);
    iommu_ctx_free(&ctx);
}

TEST(out_of_memory_changes_nothing)
{
    struct page *pages[4096];
    unsigned int count = 0;

    set_up();
    CHECK_EQ(iommu_map(&ctx, DFN(0), MFN(0), 9, IOMMU_READ), 0);
    flush(0, 0);
    while ((pages[count] = page_alloc(0, DOMID_XEN, 0, PAGE_ANY_NODE))) {
        count++;
    }
    CHECK_EQ(iommu_map(&ctx, DFN(3), MFN(0), 0, 0), -ENOMEM);
    CHECK_EQ(iommu_map(&ctx, DFN(512), MFN(0), 0, IOMMU_READ), -ENOMEM);
    expect(3, 3, IOMMU_READ);
    expect(512, INVALID_FRAME, 0);
    flush(0, 0);
    iommu_ctx_free(&ctx);
    while (count > 0) {
        page_free(pages[--count], 0);
    }
}

TEST(incoherent_units)
{
    set_up();
    iommu_props.is_incoherent = true;
    CHECK_EQ(iommu_map(&ctx, DFN(1), MFN(1), 0, IOMMU_READ), 0);
    expect(1, 1, IOMMU_READ);
    iommu_ctx_free(&ctx);
}
