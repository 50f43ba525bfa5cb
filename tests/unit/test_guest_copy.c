/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies to and from guest memory, whose translations are remembered: every
 * change of the guest's tables and of the p2m must show at once.
 * Links: core arch/x86/hvm/guest_copy.c arch/x86/hvm/guest_walk.c
 * Links: arch/x86/p2m/p2m.c arch/x86/p2m/p2m_walk.c arch/x86/p2m/p2m_npt.c
 */
#include <stdlib.h>
#include <string.h>

#include <arch/x86/hvm/guest_walk.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/p2m/p2m_iommu.h>
#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/domain/pod.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/iommu.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define GFNS 64u
#define PML4_GFN 1u
#define PDPT_GFN 2u
#define PD_GFN 3u
#define PT_GFN 4u
#define DATA_GFN 16u
#define BASE UINT64_C(0x7f0000400000)

/* Of entries: present, writable, large. */
#define P 0x1u
#define W 0x3u
#define LARGE 0x80u

static struct domain *d;
static struct vcpu *v;

void arch_vcpu_sync(struct vcpu *vcpu)
{
}

void vcpu_state_fetch(struct vcpu *vcpu, uint32_t groups)
{
}

/* No domain here has devices, or frames to populate. */
int p2m_iommu_set(struct domain *dom, gfn_t gfn, mfn_t mfn,
                  unsigned int order, enum p2m_type type)
{
    return -EINVAL;
}

void p2m_iommu_undo(struct domain *dom, gfn_t gfn, unsigned int order)
{
}

struct iommu_ctx *iommu_hardware_ctx(void)
{
    return NULL;
}

void iommu_ctx_flush(struct iommu_ctx *ctx)
{
}

void p2m_log_mark(struct domain *dom, gfn_t gfn)
{
}

int pod_fill(struct domain *dom, gfn_t gfn)
{
    return -ENOENT;
}

static void fake_pull(struct vcpu *vcpu, uint32_t groups)
{
}

static const struct hvm_ops fake_ops = { .pull = fake_pull };
const struct hvm_ops *hvm_ops = &fake_ops;

static uint8_t *at(uint64_t gfn)
{
    return mfn_va(p2m_lookup(d, GFN(gfn)).mfn);
}

static uint64_t *entry(uint64_t gfn, unsigned int i)
{
    return (uint64_t *)(void *)at(gfn) + i;
}

static void give(uint64_t gfn)
{
    struct page *const pg = page_alloc(0, d->id, PAGE_ZERO, PAGE_ANY_NODE);

    CHECK_EQ(p2m_map(d, GFN(gfn), page_mfn(pg), 0, P2M_RAM_RW), 0);
}

static uint64_t pte(uint64_t gfn, uint64_t flags)
{
    return gfn << PAGE_SHIFT | flags;
}

static void setup(void)
{
    static bool is_ready;

    if (!is_ready) {
        fake_init(1);
        fake_memory(64);
        is_ready = true;
    }
    d = calloc(1, sizeof(*d));
    v = calloc(1, sizeof(*v));
    d->id = 1;
    d->arch = calloc(1, sizeof(*d->arch));
    v->arch = calloc(1, sizeof(*v->arch));
    v->domain = d;
    p2m_limits.address_bits = 40;
    CHECK_EQ(p2m_init(d, &p2m_format_npt), 0);
    for (unsigned int i = 0; i < GFNS; i++) {
        give(i);
        memset(at(i), i < DATA_GFN ? 0 : (int)i, PAGE_SIZE);
    }
    *entry(PML4_GFN, BASE >> 39 & 511) = pte(PDPT_GFN, W);
    *entry(PDPT_GFN, BASE >> 30 & 511) = pte(PD_GFN, W);
    *entry(PD_GFN, BASE >> 21 & 511) = pte(PT_GFN, W);
    for (unsigned int i = 0; i < 16; i++) {
        *entry(PT_GFN, i) = pte(DATA_GFN + i, W);
    }
    v->arch->s.cr0 = CR0_PG | CR0_PE | CR0_WP;
    v->arch->s.cr4 = CR4_PAE;
    v->arch->s.efer = EFER_LMA | EFER_LME;
    v->arch->s.cr3 = PML4_GFN << PAGE_SHIFT;
    this_cpu()->current = v;
}

/* The first byte of page @i of the window, or -1 if it faults. */
static int peek(unsigned int i)
{
    uint8_t byte;

    return guest_copy_from(&byte, BASE + i * PAGE_SIZE, 1) == 0 ? byte : -1;
}

static int poke(unsigned int i, uint8_t byte)
{
    return guest_copy_to(BASE + i * PAGE_SIZE, &byte, 1);
}

TEST(shows_changes_of_the_guests_tables)
{
    setup();
    CHECK_EQ(peek(0), DATA_GFN);
    CHECK_EQ(peek(0), DATA_GFN);
    *entry(PT_GFN, 0) = pte(40, W);
    CHECK_EQ(peek(0), 40);
    CHECK_EQ(poke(0, 99), 0);
    CHECK_EQ(*at(40), 99);
    CHECK_EQ(*entry(PT_GFN, 0) & 0x60, 0x60);
    *entry(PT_GFN, 0) = pte(41, P);
    CHECK_EQ(peek(0), 41);
    CHECK_EQ(poke(0, 1), -EFAULT);
    CHECK_EQ(peek(0), 41);
    *entry(PT_GFN, 0) = 0;
    CHECK_EQ(peek(0), -1);
    /* A level above. */
    *entry(PT_GFN, 0) = pte(42, W);
    CHECK_EQ(peek(0), 42);
    memcpy(at(5), at(PT_GFN), PAGE_SIZE);
    *entry(5, 0) = pte(43, W);
    *entry(PD_GFN, BASE >> 21 & 511) = pte(5, W);
    CHECK_EQ(peek(0), 43);
    *entry(PML4_GFN, BASE >> 39 & 511) = 0;
    CHECK_EQ(peek(0), -1);
    memcpy(at(6), at(PML4_GFN), PAGE_SIZE);
    *entry(6, BASE >> 39 & 511) = pte(PDPT_GFN, W);
    v->arch->s.cr3 = 6 << PAGE_SHIFT;
    CHECK_EQ(peek(0), 43);
}

TEST(shows_changes_of_the_p2m)
{
    setup();
    struct page *const old = page_of(p2m_lookup(d, GFN(DATA_GFN)).mfn);

    CHECK_EQ(peek(0), DATA_GFN);
    CHECK_EQ(old->count, 1);
    CHECK_EQ(p2m_unmap(d, GFN(DATA_GFN), 0), 0);
    CHECK_EQ(peek(0), -1);
    give(DATA_GFN);
    CHECK_EQ(peek(0), 0);
    CHECK_EQ(p2m_map(d, GFN(DATA_GFN), page_mfn(old), 0, P2M_RAM_RO), 0);
    CHECK_EQ(peek(0), DATA_GFN);
    CHECK_EQ(poke(0, 3), -EFAULT);
    /* The page with the guest's table goes, another comes. */
    CHECK_EQ(peek(1), DATA_GFN + 1);
    CHECK_EQ(p2m_unmap(d, GFN(PT_GFN), 0), 0);
    CHECK_EQ(peek(1), -1);
    give(PT_GFN);
    CHECK_EQ(peek(1), -1);
    *entry(PT_GFN, 1) = pte(50, W);
    CHECK_EQ(peek(1), 50);
    /* Freed while we look: no reference is taken to what is nobody's. */
    page_put(old);
    CHECK_EQ(p2m_unmap(d, GFN(DATA_GFN), 0), 0);
    CHECK_EQ(peek(0), -1);
}

TEST(shows_changes_of_modes)
{
    setup();
    *entry(PT_GFN, 0) = pte(DATA_GFN, P);
    CHECK_EQ(poke(0, 1), -EFAULT);
    v->arch->s.cr0 &= ~CR0_WP;
    CHECK_EQ(poke(0, 1), 0);
    v->arch->s.cr0 |= CR0_WP;
    CHECK_EQ(poke(0, 1), -EFAULT);
    /* Without paging, addresses are frames. */
    v->arch->s.cr0 = CR0_PE;
    uint8_t byte;

    CHECK_EQ(guest_copy_from(&byte, 33 << PAGE_SHIFT, 1), 0);
    CHECK_EQ(byte, 33);
    CHECK_EQ(guest_copy_from(&byte, (uint64_t)GFNS << PAGE_SHIFT, 1),
             -EFAULT);
}

TEST(sizes)
{
    static uint8_t buf[3 * PAGE_SIZE];

    setup();
    CHECK_EQ(guest_copy_from(buf, BASE + 100, 2 * PAGE_SIZE), 0);
    CHECK_EQ(buf[0], DATA_GFN);
    CHECK_EQ(buf[PAGE_SIZE - 101], DATA_GFN);
    CHECK_EQ(buf[PAGE_SIZE - 100], DATA_GFN + 1);
    CHECK_EQ(buf[2 * PAGE_SIZE - 1], DATA_GFN + 2);
    CHECK_EQ(guest_copy_from(buf, 0, 0), 0);
    CHECK_EQ(guest_copy_to(5, buf, 0), 0);
    CHECK_EQ(guest_copy_from(buf, BASE + 15 * PAGE_SIZE + 4095, 2), -EFAULT);
    CHECK_EQ(guest_copy_from(buf, BASE + 15 * PAGE_SIZE + 4092, 4), 0);
    CHECK_EQ(guest_copy_from(buf, BASE | UINT64_C(1) << 62, 4), -EFAULT);
    /* A large page: 2 MiB from frame 0, of which there are GFNS frames. */
    *entry(PD_GFN, (BASE >> 21 & 511) + 1) = LARGE | W;
    for (unsigned int i = 0; i < 2; i++) {
        CHECK_EQ(guest_copy_from(buf, BASE + (2 << 20) + 30 * PAGE_SIZE, 4),
                 0);
        CHECK_EQ(buf[0], 30);
    }
    *entry(PD_GFN, (BASE >> 21 & 511) + 1) = 0;
    CHECK_EQ(guest_copy_from(buf, BASE + (2 << 20) + 30 * PAGE_SIZE, 4),
             -EFAULT);
}

/* What a walk without memory of earlier ones finds. */
static int expected(unsigned int i, bool is_write)
{
    uint32_t pfec;
    gpa_t gpa;

    if (guest_walk(v, BASE + i * PAGE_SIZE, is_write ? PFEC_WRITE : 0, &gpa,
                   &pfec) != 0) {
        return -1;
    }
    const struct p2m_entry e = p2m_lookup(d, gpa_to_gfn(gpa));

    return e.type == P2M_RAM_RW || (!is_write && e.type == P2M_RAM_RO)
               ? *(uint8_t *)mfn_va(e.mfn)
               : -1;
}

TEST(random_changes)
{
    setup();
    unit_seed(11);
    for (unsigned int n = 0; n < 100000; n++) {
        const unsigned int i = unit_random() % 16;
        const uint64_t gfn = DATA_GFN + unit_random() % 40;

        switch (unit_random() % 8) {
        case 0:
            *entry(PT_GFN, i) = pte(gfn, unit_random() % 4);
            break;
        case 1:
            if (p2m_lookup(d, GFN(gfn)).type == P2M_NONE) {
                give(gfn);
                *at(gfn) = (uint8_t)unit_random();
            } else {
                struct page *const pg = page_of(p2m_lookup(d,
                                                           GFN(gfn)).mfn);

                CHECK_EQ(p2m_unmap(d, GFN(gfn), 0), 0);
                page_put(pg);
            }
            break;
        case 2:
            if (unit_random() % 50 == 0) {
                v->arch->s.cr0 ^= CR0_WP;
            }
            break;
        case 3: {
            const int want = expected(i, true);

            CHECK_EQ(poke(i, (uint8_t)n) == 0, want >= 0);
            CHECK(want < 0 || expected(i, false) == (uint8_t)n);
            break;
        }
        default:
            CHECK_EQ(peek(i), expected(i, false));
            break;
        }
    }
    for (unsigned int i = 0; i < GFNS; i++) {
        const struct p2m_entry e = p2m_lookup(d, GFN(i));

        CHECK(e.type == P2M_NONE || page_of(e.mfn)->count == 1);
    }
}
