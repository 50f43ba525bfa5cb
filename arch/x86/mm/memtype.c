/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory types.  The MTRRs are firmware's: read once, never written.
 * SDM, "Memory Type Range Registers" and "Page Attribute Table".
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/mtrr_pat.h>
#include <arch/x86/hw/page_bits.h>
#include <arch/x86/mm/memtype.h>
#include <core/lib/compiler.h>
#include <core/lib/util.h>

#define MTRR_VAR_MAX 32u

struct mtrr_var {
    uint64_t base;
    uint64_t mask;
    uint8_t type;
};

static struct {
    bool is_enabled;
    bool fixed_enabled;
    uint8_t def_type;
    unsigned int var_count;
    struct mtrr_var var[MTRR_VAR_MAX];
    uint8_t fixed[MTRR_FIXED_TYPES];
} mtrr RO_AFTER_INIT;

static const uint32_t mtrr_fixed_msr[MTRR_FIXED_COUNT] = {
    MSR_MTRR_FIX64K_00000,    MSR_MTRR_FIX16K_80000,
    MSR_MTRR_FIX16K_A0000,    MSR_MTRR_FIX4K_C0000 + 0,
    MSR_MTRR_FIX4K_C0000 + 1, MSR_MTRR_FIX4K_C0000 + 2,
    MSR_MTRR_FIX4K_C0000 + 3, MSR_MTRR_FIX4K_C0000 + 4,
    MSR_MTRR_FIX4K_C0000 + 5, MSR_MTRR_FIX4K_C0000 + 6,
    MSR_MTRR_FIX4K_C0000 + 7,
};

uint64_t memtype_pte_bits(enum memtype type, bool is_large)
{
    const uint64_t pat = is_large ? PTE_PAT_LARGE : PTE_PAT_4K;

    switch (type) {
    case MEMTYPE_WB:
        return 0;
    case MEMTYPE_WT:
        return PTE_PWT;
    case MEMTYPE_UC_MINUS:
        return PTE_PCD;
    case MEMTYPE_UC:
        return PTE_PCD | PTE_PWT;
    case MEMTYPE_WC:
        return pat;
    case MEMTYPE_WP:
        return pat | PTE_PWT;
    }
    return PTE_PCD | PTE_PWT;
}

void memtype_init_cpu(void)
{
    msr_write(MSR_PAT, PAT_HOST);
}

static void INIT_TEXT mtrr_read_fixed(void)
{
    for (unsigned int i = 0; i < MTRR_FIXED_COUNT; i++) {
        const uint64_t val = msr_read(mtrr_fixed_msr[i]);

        for (unsigned int j = 0; j < 8; j++) {
            mtrr.fixed[i * 8 + j] = (uint8_t)(val >> (8 * j));
        }
    }
}

void INIT_TEXT memtype_init(void)
{
    uint64_t cap;
    uint64_t def;

    if (!cpu_has(CPU_FEATURE_MTRR)) {
        return;
    }
    cap = msr_read(MSR_MTRRCAP);
    def = msr_read(MSR_MTRR_DEF_TYPE);
    mtrr.is_enabled = def & MTRR_DEF_ENABLE;
    mtrr.def_type = (uint8_t)(def & MTRR_DEF_TYPE_MASK);
    mtrr.fixed_enabled =
        (cap & MTRRCAP_FIX) && (def & MTRR_DEF_FIXED_ENABLE);
    if (mtrr.fixed_enabled) {
        mtrr_read_fixed();
    }
    for (unsigned int i = 0; i < (cap & MTRRCAP_VCNT); i++) {
        const uint64_t base = msr_read(MSR_MTRR_PHYSBASE0 + 2 * i);
        const uint64_t mask = msr_read(MSR_MTRR_PHYSMASK0 + 2 * i);

        if ((mask & MTRR_MASK_VALID) && mtrr.var_count < MTRR_VAR_MAX) {
            mtrr.var[mtrr.var_count++] = (struct mtrr_var){
                .base = base & MTRR_ADDR_MASK,
                .mask = mask & MTRR_ADDR_MASK,
                .type = (uint8_t)(base & MTRR_BASE_TYPE),
            };
        }
    }
}

static uint8_t mtrr_fixed_type(paddr_t pa)
{
    if (pa < 0x80000) {
        return mtrr.fixed[pa >> 16];
    }
    if (pa < 0xc0000) {
        return mtrr.fixed[8 + ((pa - 0x80000) >> 14)];
    }
    return mtrr.fixed[24 + ((pa - 0xc0000) >> 12)];
}

/* Where ranges overlap UC wins over all, WT over WB. */
static uint8_t mtrr_combine(uint8_t a, uint8_t b)
{
    if (a == b) {
        return a;
    }
    if ((a == MEMTYPE_WT && b == MEMTYPE_WB) ||
        (a == MEMTYPE_WB && b == MEMTYPE_WT)) {
        return MEMTYPE_WT;
    }
    return MEMTYPE_UC;
}

/* Type of one page, and the power of two around it that certainly has it. */
static uint8_t mtrr_type_at(paddr_t pa, uint64_t size, bool *uniform)
{
    bool found = false;
    uint8_t type = mtrr.def_type;

    for (unsigned int i = 0; i < mtrr.var_count; i++) {
        const struct mtrr_var *v = &mtrr.var[i];
        /* Bits below the mask's lowest one do not matter. */
        const uint64_t reach = v->mask & -v->mask;
        const uint64_t first = pa & ~(size - 1);

        if (reach < size &&
            ((first ^ v->base) & v->mask & ~(size - 1)) == 0) {
            *uniform = false;
        }
        if ((pa & v->mask) != (v->base & v->mask)) {
            continue;
        }
        type = found ? mtrr_combine(type, v->type) : v->type;
        found = true;
    }
    return type;
}

enum memtype memtype_of_range(paddr_t pa, uint64_t size, bool *uniform)
{
    *uniform = true;
    if (!mtrr.is_enabled) {
        return cpu_has(CPU_FEATURE_MTRR) ? MEMTYPE_UC : MEMTYPE_WB;
    }
    if (mtrr.fixed_enabled && pa < MTRR_FIXED_END) {
        *uniform = size <= PAGE_SIZE;
        return mtrr_fixed_type(pa);
    }
    return mtrr_type_at(pa, size, uniform);
}
