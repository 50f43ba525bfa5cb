/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies to and from the tools' form, and what the tools can get past the
 * check: nothing that the limit lacks.
 * Links: core arch/x86/hvm/cpuid_sanitise.c arch/x86/hvm/cpuid_stream.c
 */
#include <string.h>

#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_policy.h>
#include <core/lib/errno.h>
#include <tests/unit/unit.h>

#define SSE2 (1u << 26)
#define AVX (1u << 28)
#define XSAVE (1u << 26)
#define AVX2 (1u << 5)
#define AVX512F (1u << 16)
#define AVX512BW (1u << 30)
#define LM (1u << 29)

/* A processor with AVX512 that is to be the limit. */
static void make_limit(struct cpuid_policy *p)
{
    memset(p, 0, sizeof(*p));
    p->max_basic = p->basic[0].eax = CPUID_BASIC_LEAVES - 1;
    p->max_ext = p->ext[0].eax = CPUID_EXT_BASE + CPUID_EXT_LEAVES - 1;
    memcpy(&p->basic[0].ebx, "GenuntelineI", 12);
    p->basic[1] = (struct cpuid_regs){ 0x000506e3, 0x00100800, 0xf7fa3203,
                                       0x178bfbff };
    p->feature[0] = (struct cpuid_regs){ 1, 0xf1bf07a9, 0x00405f4e,
                                         0x0000451c };
    p->feature[1].eax = 0x30;
    p->xstate[1].eax = 7;
    p->xstate[0].eax = 0x2e7;
    for (unsigned int i = 2; i < 10; i++) {
        p->xstate[i] = (struct cpuid_regs){ 64, 512 + i * 64, 0, 0 };
    }
    p->ext[1] = (struct cpuid_regs){ 0, 0, 0x121, 0x2c100800 };
    p->ext[7].edx = 0x100;
    p->ext[8].eax = 0x302e;
    cpuid_policy_derive(p);
}

static int sanitise(struct cpuid_policy *p)
{
    struct cpuid_policy limit;
    uint32_t leaf;
    uint32_t subleaf;

    make_limit(&limit);
    return cpuid_policy_sanitise(p, &limit, &leaf, &subleaf);
}

TEST(limit_is_a_fixed_point)
{
    struct cpuid_policy limit;
    struct cpuid_policy p;

    make_limit(&limit);
    p = limit;
    CHECK_EQ(sanitise(&p), 0);
    CHECK(memcmp(&p, &limit, sizeof(p)) == 0);
    CHECK_EQ(p.xcr0_mask, 0x2e7);
    CHECK(p.cr4_mask & CR4_OSXSAVE);
}

TEST(stream_there_and_back)
{
    static struct policy_stream s;
    struct cpuid_policy limit;
    struct cpuid_policy p = { 0 };

    make_limit(&limit);
    limit.hv_limit = 3;
    memset(&s, 0, sizeof(s));
    cpuid_stream_write(&s, &limit);
    CHECK(s.nr_leaves <= POLICY_LEAVES_MAX);
    CHECK_EQ(s.nr_msrs, 2);
    CHECK_EQ(cpuid_stream_read(&p, &s), 0);
    CHECK_EQ(p.hv_limit, 3);
    p.max_basic = limit.max_basic;
    p.max_ext = limit.max_ext;
    CHECK_EQ(sanitise(&p), 0);
    limit.hv_limit = p.hv_limit;
    CHECK(memcmp(&p, &limit, sizeof(p)) == 0);
}

TEST(stream_refuses_what_there_is_not)
{
    static const struct {
        uint32_t leaf;
        uint32_t subleaf;
        int rc;
    } rows[] = {
        { 0x0, 0xffffffff, 0 },         { 0x0, 0, -ERANGE },
        { 0xe, 0xffffffff, -ERANGE },   { 0x4, 5, 0 },
        { 0x4, 6, -ERANGE },            { 0x4, 0xffffffff, -ERANGE },
        { 0x7, 2, 0 },                  { 0x7, 3, -ERANGE },
        { 0xd, 19, 0 },                 { 0xd, 20, -ERANGE },
        { 0x40000000, 0xffffffff, 0 },  { 0x40000000, 0, -ERANGE },
        { 0x40000001, 0xffffffff, -ERANGE },
        { 0x40000100, 0xffffffff, 0 },
        { 0x80000021, 0xffffffff, 0 },  { 0x80000022, 0xffffffff, -ERANGE },
        { 0x80000001, 1, -ERANGE },     { 0xffffffff, 0xffffffff, -ERANGE },
    };
    static struct policy_stream s;
    struct cpuid_policy p;

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_limit(&p);
        s.nr_leaves = 1;
        s.nr_msrs = 0;
        s.leaves[0] = (xen_cpuid_leaf_t){ .leaf = rows[i].leaf,
                                          .subleaf = rows[i].subleaf };
        CHECK_EQ(cpuid_stream_read(&p, &s), rows[i].rc);
        CHECK(rows[i].rc == 0 || s.err_leaf == rows[i].leaf);
    }
}

TEST(stream_of_msrs)
{
    static struct policy_stream s;
    struct cpuid_policy p;

    make_limit(&p);
    s.nr_leaves = 0;
    s.nr_msrs = 1;
    s.msrs[0] = (xen_msr_entry_t){ .idx = 0xce };
    CHECK_EQ(cpuid_stream_read(&p, &s), 0);
    s.msrs[0].val = 1;
    CHECK_EQ(cpuid_stream_read(&p, &s), -EINVAL);
    CHECK_EQ(s.err_msr, 0xce);
    s.msrs[0] = (xen_msr_entry_t){ .idx = 0x10a, .val = 1 };
    CHECK_EQ(cpuid_stream_read(&p, &s), 0);
    s.msrs[0] = (xen_msr_entry_t){ .idx = 0x10a, .flags = 1 };
    CHECK_EQ(cpuid_stream_read(&p, &s), -EINVAL);
    s.msrs[0] = (xen_msr_entry_t){ .idx = 0x10 };
    CHECK_EQ(cpuid_stream_read(&p, &s), -ERANGE);
}

TEST(maximums_and_vendor)
{
    struct cpuid_policy limit;
    struct cpuid_policy p;
    uint32_t leaf;
    uint32_t subleaf;

    make_limit(&limit);
    p = limit;
    p.basic[0].eax++;
    CHECK_EQ(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf), -EINVAL);
    CHECK_EQ(leaf, 0);
    p = limit;
    p.feature[0].eax++;
    CHECK_EQ(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf), -EINVAL);
    CHECK_EQ(leaf, 7);
    CHECK_EQ(subleaf, 0);
    p = limit;
    p.ext[0].eax++;
    CHECK_EQ(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf), -EINVAL);
    CHECK_EQ(leaf, 0x80000000);
    p = limit;
    p.ext[0].eax = 8;
    CHECK_EQ(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf), -EINVAL);
    p = limit;
    p.basic[0].ecx++;
    CHECK_EQ(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf), -EINVAL);
    CHECK_EQ(leaf, 0);
}

TEST(dependents_go_too)
{
    struct cpuid_policy p;

    make_limit(&p);
    p.basic[1].ecx &= ~XSAVE;
    CHECK_EQ(sanitise(&p), 0);
    CHECK_EQ(p.xcr0_mask, 0);
    CHECK_EQ(p.basic[1].ecx & AVX, 0);
    CHECK_EQ(p.feature[0].ebx & (AVX2 | AVX512F | AVX512BW), 0);
    CHECK_EQ(p.xstate[1].eax, 0);
    CHECK_EQ(p.cr4_mask & (CR4_OSXSAVE | CR4_PKE), 0);

    make_limit(&p);
    p.feature[0].ebx &= ~AVX512F;
    CHECK_EQ(sanitise(&p), 0);
    CHECK_EQ(p.xcr0_mask, 0x207);
    CHECK_EQ(p.feature[0].ebx & AVX512BW, 0);
    CHECK(p.feature[0].ebx & AVX2);
    CHECK_EQ(p.xstate[5].eax, 0);
    CHECK_EQ(p.xstate[0].ecx, 512 + 9 * 64 + 64);

    make_limit(&p);
    p.basic[1].edx &= ~SSE2;
    CHECK_EQ(sanitise(&p), 0);
    CHECK_EQ(p.ext[1].edx & LM, 0);
    CHECK_EQ(p.ext[8].eax >> 8, 32);
}

TEST(shorter_range_reads_zero)
{
    struct cpuid_policy p;

    make_limit(&p);
    p.basic[0].eax = 4;
    p.ext[0].eax = CPUID_EXT_BASE + 4;
    CHECK_EQ(sanitise(&p), 0);
    CHECK_EQ(p.max_basic, 4);
    CHECK_EQ(p.feature[0].ebx, 0);
    CHECK_EQ(p.xcr0_mask, 0);
    CHECK_EQ(p.ext[8].eax, 0);
}

/* Whatever the bits: what the limit lacks is never there afterwards. */
TEST(noise_stays_below_the_limit)
{
    struct cpuid_policy limit;

    make_limit(&limit);
    unit_seed(7);
    for (unsigned int n = 0; n < 20000; n++) {
        struct cpuid_policy p;
        uint32_t *const words = (uint32_t *)&p;
        uint32_t leaf;
        uint32_t subleaf;

        for (unsigned int i = 0; i < sizeof(p) / sizeof(*words); i++) {
            words[i] = (uint32_t)unit_random();
        }
        p.basic[0] = limit.basic[0];
        p.basic[0].eax = 1 + (uint32_t)(unit_random() % 13);
        p.ext[0].eax = CPUID_EXT_BASE + 1 + (uint32_t)(unit_random() % 33);
        p.feature[0].eax = (uint32_t)(unit_random() % 2);
        REQUIRE(cpuid_policy_sanitise(&p, &limit, &leaf, &subleaf) == 0);
#define CPUID_MASK(leaf, sub, reg, bits)                                  \
        CHECK((cpuid_slot(&p, (leaf), (sub))->reg &                       \
               ~cpuid_slot(&limit, (leaf), (sub))->reg) == 0);
#include <arch/x86/hvm/cpuid_masks.def>
#undef CPUID_MASK
        CHECK((p.xcr0_mask & ~limit.xcr0_mask) == 0);
        CHECK((p.cr4_mask & ~limit.cr4_mask) == 0);
        CHECK(!(p.xcr0_mask & XCR0_AVX) || (p.xcr0_mask & XCR0_SSE));
        CHECK((p.ext[8].eax & 0xff) <= (limit.ext[8].eax & 0xff));
        CHECK(p.topology[0].eax == 0 && p.basic[5].eax == 0);
    }
}
