/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical map and its log of writes, in both formats, against a model.
 * Links: core arch/x86/p2m/p2m.c arch/x86/p2m/p2m_walk.c
 * Links: arch/x86/p2m/p2m_npt.c arch/x86/p2m/p2m_ept.c
 * Links: arch/x86/p2m/p2m_log.c
 */
#include <string.h>

#include <arch/x86/hvm/hvm.h>
#include <arch/x86/mm/memtype.h>
#include <arch/x86/p2m/p2m_iommu.h>
#include <core/arch/arch_domain.h>
#include <core/domain/pod.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/iommu.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define FRAMES 2048u /* Of the model: two large leaves and two tables */
#define OWNER 3u

static struct arch_domain arch_d;
static struct domain d = { .id = OWNER, .arch = &arch_d };
static uint64_t map[BITMAP_WORDS(P2M_LOG_FRAMES)];

void arch_vcpu_sync(struct vcpu *v)
{
}

enum memtype memtype_of_range(paddr_t pa, uint64_t size, bool *uniform)
{
    *uniform = true;
    return MEMTYPE_UC;
}

struct iommu_ctx *iommu_hardware_ctx(void)
{
    return NULL;
}

void iommu_ctx_flush(struct iommu_ctx *ctx)
{
}

int pod_fill(struct domain *dom, gfn_t gfn)
{
    return -ENOMEM;
}

int p2m_iommu_set(struct domain *dom, gfn_t gfn, mfn_t mfn,
                  unsigned int order, enum p2m_type type)
{
    return 0;
}

void p2m_iommu_undo(struct domain *dom, gfn_t gfn, unsigned int order)
{
}

static struct page *ram(unsigned int order)
{
    return page_alloc(order, OWNER, 0, PAGE_ANY_NODE);
}

static void begin(const struct p2m_format *format)
{
    static bool has_memory;

    if (!has_memory) {
        fake_init(1);
        fake_memory(64);
        has_memory = true;
    }
    memset(&arch_d, 0, sizeof(arch_d));
    CHECK_EQ(p2m_init(&d, format), 0);
    for (unsigned int gfn = 0; gfn < FRAMES; gfn++) {
        const unsigned int order = gfn < FRAMES / 2 ? 9 : 0;
        struct page *const pg = ram(order);

        REQUIRE(pg);
        CHECK_EQ(p2m_map(&d, GFN(gfn), page_mfn(pg), order, P2M_RAM_RW), 0);
        gfn += (1u << order) - 1;
    }
}

/* All dirty frames of the model, by one pass. */
static void scan(bool clean, uint64_t *all)
{
    unsigned long done = 0;

    while (done < FRAMES) {
        const unsigned long n = p2m_log_scan(&d, GFN(done), clean, map);

        CHECK(n % 512 == 0 && n != 0);
        for (unsigned long i = 0; i < n && done + i < FRAMES; i++) {
            if (bitmap_test(map, (unsigned int)i)) {
                bitmap_set(all, (unsigned int)(done + i));
            } else {
                bitmap_clear(all, (unsigned int)(done + i));
            }
        }
        done += n;
    }
}

static void check_model(const struct p2m_format *format)
{
    uint64_t seen[BITMAP_WORDS(FRAMES)];
    uint64_t want[BITMAP_WORDS(FRAMES)];
    struct page *held = NULL;
    unsigned int held_gfn = 0;

    begin(format);
    CHECK_EQ(p2m_log_start(&d), 0);
    CHECK_EQ(p2m_log_start(&d), -EINVAL);
    scan(true, seen);
    CHECK_EQ(bitmap_weight(seen, FRAMES), FRAMES);
    CHECK_EQ(p2m_lookup(&d, GFN(0)).order, 9);
    bitmap_zero(want, FRAMES);
    unit_seed(5);
    for (unsigned int round = 0; round < 200; round++) {
        for (unsigned int i = 0; i < round % 7; i++) {
            const unsigned int gfn = (unsigned int)(unit_random() % FRAMES);

            if (unit_random() % 2) {
                p2m_log_mark(&d, GFN(gfn));
            } else {
                struct page *const pg = p2m_get_page(&d, GFN(gfn), true,
                                                     NULL);

                REQUIRE(pg);
                page_put(pg);
            }
            bitmap_set(want, gfn);
            CHECK_EQ(p2m_lookup(&d, GFN(gfn)).type, P2M_RAM_RW);
        }
        if (held) {
            bitmap_set(want, held_gfn);
        }
        if (round % 16 == 4) {
            held_gfn = (unsigned int)(unit_random() % FRAMES);
            held = p2m_get_page(&d, GFN(held_gfn), true, NULL);
            bitmap_set(want, held_gfn);
        }
        scan(round % 3 != 0, seen);
        CHECK(memcmp(seen, want, sizeof(want)) == 0);
        if (round % 3 != 0) {
            bitmap_zero(want, FRAMES);
            if (held) {
                bitmap_set(want, held_gfn);
            }
        }
        if (round % 16 == 12) {
            page_put(held);
            held = NULL;
        }
    }
    p2m_log_stop(&d);
    p2m_free(&d);
}

TEST(npt)
{
    check_model(&p2m_format_npt);
}

TEST(ept)
{
    check_model(&p2m_format_ept);
}

TEST(no_memory_for_tables)
{
    uint64_t seen[BITMAP_WORDS(FRAMES)];

    begin(&p2m_format_npt);
    CHECK_EQ(p2m_log_start(&d), 0);
    scan(true, seen);
    arch_d.p2m.table_limit = arch_d.p2m.table_pages;
    p2m_log_mark(&d, GFN(5));
    scan(true, seen);
    CHECK_EQ(bitmap_weight(seen, FRAMES), 512);
    CHECK_EQ(p2m_lookup(&d, GFN(5)).order, 9);
    scan(false, seen);
    CHECK_EQ(bitmap_weight(seen, FRAMES), 0);
    p2m_free(&d);
}

TEST(off_says_nothing)
{
    uint64_t seen[BITMAP_WORDS(FRAMES)];

    begin(&p2m_format_npt);
    scan(true, seen);
    CHECK_EQ(bitmap_weight(seen, FRAMES), 0);
    CHECK_EQ(p2m_lookup(&d, GFN(0)).type, P2M_RAM_RW);
    p2m_free(&d);
}
