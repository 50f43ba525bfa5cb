/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a policy's leaves say to what follows from them, and from what
 * the tools wish for to what a guest can have.  Pure: the processor is not
 * asked, all that it can do is in the policy that is the limit.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/domctl.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define LEAF1_ECX_X2APIC BIT32(21)
#define LEAF1_ECX_TSC_DEADLINE BIT32(24)
#define LEAF1_ECX_XSAVE BIT32(26)
#define LEAF1_ECX_AVX BIT32(28)
#define LEAF7_EBX_AVX512F BIT32(16)
#define LEAF7_ECX_PKU BIT32(3)
#define EXT1_EDX_RDTSCP BIT32(27)
#define EXT1_EDX_LM BIT32(29)
/* AMD repeats these bits of leaf 1 in EXT1_EDX. */
#define EXT1_EDX_AS_LEAF1 0x0183f3ffu
#define EXT8_EAX_PHYSICAL 0xffu
#define PHYSICAL_BITS_MIN 36u
#define LINEAR_BITS_LONG (48u << 8)
#define LINEAR_BITS_32 (32u << 8)

#define XSAVE_LEGACY_BYTES 512u
#define XSAVE_HEADER_BYTES 64u

static void drop_dependents(struct cpuid_policy *p)
{
#define CPUID_DEP(name, leaf, subleaf, reg, bit, leaf2, subleaf2, reg2, bits) \
    if (!(cpuid_slot(p, (leaf), (subleaf))->reg & BIT32(bit))) {             \
        cpuid_slot(p, (leaf2), (subleaf2))->reg2 &= ~UINT32_C(bits);         \
    }
#include <arch/x86/hvm/cpuid_deps.def>
#undef CPUID_DEP
}

/* The components that the features left ask for. */
static uint64_t wanted_states(const struct cpuid_policy *p)
{
    uint64_t states = 0;

    if (p->basic[1].ecx & LEAF1_ECX_XSAVE) {
        states |= XCR0_X87 | XCR0_SSE;
    }
    if (p->basic[1].ecx & LEAF1_ECX_AVX) {
        states |= XCR0_AVX;
    }
    if (p->feature[0].ebx & LEAF7_EBX_AVX512F) {
        states |= XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM;
    }
    if (p->feature[0].ecx & LEAF7_ECX_PKU) {
        states |= XCR0_PKRU;
    }
    return states;
}

uint32_t cpuid_xsave_bytes(const struct cpuid_policy *p, uint64_t xcr0)
{
    uint32_t size = XSAVE_LEGACY_BYTES + XSAVE_HEADER_BYTES;

    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        if (xcr0 & BIT(i)) {
            size = max(size, p->xstate[i].eax + p->xstate[i].ebx);
        }
    }
    return size;
}

static void derive_xstate(struct cpuid_policy *p)
{
    p->xcr0_mask = wanted_states(p) &
                   make64(p->xstate[0].edx, p->xstate[0].eax);
    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        /* Nobody could lay out what has no size (PKRU on Bochs). */
        if (p->xstate[i].eax == 0) {
            p->xcr0_mask &= ~BIT(i);
        }
        if (!(p->xcr0_mask & BIT(i))) {
            p->xstate[i] = (struct cpuid_regs){ 0 };
        }
    }
    if (!(p->xcr0_mask & XCR0_PKRU)) {
        p->feature[0].ecx &= ~LEAF7_ECX_PKU;
    }
    p->xstate[0] = (struct cpuid_regs){
        .eax = lo32(p->xcr0_mask),
        .ecx = p->xcr0_mask ? cpuid_xsave_bytes(p, p->xcr0_mask) : 0,
        .edx = hi32(p->xcr0_mask),
    };
}

/* A feature in a leaf, and the bit of CR4 that exists with it. */
struct cr4_row {
    uint32_t leaf;
    uint8_t reg; /* 0 eax, 1 ebx, 2 ecx, 3 edx */
    uint8_t bit;
    uint64_t cr4;
};

static const struct cr4_row cr4_rows[] = {
    { 1, 3, 1, CR4_VME | CR4_PVI }, { 1, 3, 4, CR4_TSD },
    { 1, 3, 2, CR4_DE },            { 1, 3, 3, CR4_PSE },
    { 1, 3, 6, CR4_PAE },           { 1, 3, 7, CR4_MCE },
    { 1, 3, 13, CR4_PGE },          { 1, 3, 5, CR4_PCE },
    { 1, 3, 24, CR4_OSFXSR },       { 1, 3, 25, CR4_OSXMMEXCPT },
    { 7, 2, 2, CR4_UMIP },          { 7, 1, 0, CR4_FSGSBASE },
    { 1, 2, 17, CR4_PCIDE },        { 1, 2, 26, CR4_OSXSAVE },
    { 7, 1, 7, CR4_SMEP },          { 7, 1, 20, CR4_SMAP },
    { 7, 2, 3, CR4_PKE },
};

static uint32_t reg_of(const struct cpuid_regs *r, unsigned int reg)
{
    switch (reg) {
    case 0: return r->eax;
    case 1: return r->ebx;
    case 2: return r->ecx;
    default: return r->edx;
    }
}

void cpuid_policy_derive(struct cpuid_policy *p)
{
    /* The legacy states are what makes the others possible. */
    if (p->max_basic < CPUID_XSTATE || !(p->xstate[0].eax & XCR0_X87)) {
        p->basic[1].ecx &= ~LEAF1_ECX_XSAVE;
    }
    drop_dependents(p);
    derive_xstate(p);
    p->cr4_mask = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(cr4_rows); i++) {
        const struct cr4_row *const row = &cr4_rows[i];

        if (reg_of(cpuid_slot(p, row->leaf, 0), row->reg) & BIT32(row->bit)) {
            p->cr4_mask |= row->cr4;
        }
    }
    p->has_x2apic = p->basic[1].ecx & LEAF1_ECX_X2APIC;
    p->has_tsc_deadline = p->basic[1].ecx & LEAF1_ECX_TSC_DEADLINE;
    p->has_rdtscp = p->ext[1].edx & EXT1_EDX_RDTSCP;
}

/*
 * Bits that mean nothing to the hypervisor, so that the tools may say what a
 * guest saw elsewhere: model, names, caches, how ids are put together.
 */
struct tool_row {
    uint32_t leaf;
    uint32_t subleaf;
    struct cpuid_regs bits;
};

#define ALL UINT32_MAX
#define CACHE_ROW(subleaf)                                                   \
    { CPUID_CACHE, (subleaf), { 0xffffc3ff, ALL, ALL, 0x7 } }

static const struct tool_row tool_rows[] = {
    { 0x1, 0, { 0x0fff0fff, 0x00ff0000, 0, 0 } },
    { 0x2, 0, { ALL, ALL, ALL, ALL } },
    CACHE_ROW(0), CACHE_ROW(1), CACHE_ROW(2), CACHE_ROW(3), CACHE_ROW(4),
    CACHE_ROW(5),
    { 0x7, 0, { ALL, 0, 0, 0 } },
    { 0x80000001, 0, { 0x0fff0fff, 0, 0, 0 } },
    { 0x80000002, 0, { ALL, ALL, ALL, ALL } },
    { 0x80000003, 0, { ALL, ALL, ALL, ALL } },
    { 0x80000004, 0, { ALL, ALL, ALL, ALL } },
    { 0x80000005, 0, { ALL, ALL, ALL, ALL } },
    { 0x80000006, 0, { ALL, ALL, ALL, ALL } },
    { 0x80000008, 0, { EXT8_EAX_PHYSICAL, 0, 0xf0ff, 0 } },
    { 0x80000019, 0, { ALL, ALL, ALL, ALL } },
    { 0x8000001a, 0, { ALL, ALL, ALL, ALL } },
};

static uint32_t merge(uint32_t wish, uint32_t most, uint32_t bits)
{
    return (wish & bits) | (most & ~bits);
}

static void take_from_tools(struct cpuid_policy *out, struct cpuid_policy *p)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(tool_rows); i++) {
        const struct tool_row *const row = &tool_rows[i];
        const struct cpuid_regs *const wish =
            cpuid_slot(p, row->leaf, row->subleaf);
        struct cpuid_regs *const to =
            cpuid_slot(out, row->leaf, row->subleaf);

        to->eax = merge(wish->eax, to->eax, row->bits.eax);
        to->ebx = merge(wish->ebx, to->ebx, row->bits.ebx);
        to->ecx = merge(wish->ecx, to->ecx, row->bits.ecx);
        to->edx = merge(wish->edx, to->edx, row->bits.edx);
    }
#define CPUID_MASK(leaf, subleaf, reg, bits)                                 \
    cpuid_slot(out, (leaf), (subleaf))->reg &=                               \
        cpuid_slot(p, (leaf), (subleaf))->reg;
#include <arch/x86/hvm/cpuid_masks.def>
#undef CPUID_MASK
    out->hv_limit = p->hv_limit;
    out->hv2_limit = p->hv2_limit;
}

/* Leaves above the highest read 0. */
static void clear_out_of_range(struct cpuid_policy *p)
{
    const uint32_t basic = p->max_basic + 1;
    const uint32_t ext = p->max_ext - CPUID_EXT_BASE + 1;

    memset(&p->basic[basic], 0,
           (CPUID_BASIC_LEAVES - basic) * sizeof(p->basic[0]));
    memset(&p->ext[ext], 0, (CPUID_EXT_LEAVES - ext) * sizeof(p->ext[0]));
    if (p->max_basic < CPUID_CACHE) {
        memset(p->cache, 0, sizeof(p->cache));
    }
    if (p->max_basic < CPUID_FEATURES) {
        memset(p->feature, 0, sizeof(p->feature));
    }
    for (uint32_t i = p->feature[0].eax + 1; i < CPUID_FEATURE_LEAVES; i++) {
        p->feature[i] = (struct cpuid_regs){ 0 };
    }
    if (p->max_basic < CPUID_XSTATE) {
        memset(p->xstate, 0, sizeof(p->xstate));
    }
}

static int check_maximums(const struct cpuid_policy *p,
                          const struct cpuid_policy *most,
                          uint32_t *err_leaf, uint32_t *err_subleaf)
{
    *err_subleaf = XEN_CPUID_INPUT_UNUSED;
    if (p->basic[0].eax > most->max_basic || p->basic[0].eax < 1 ||
        memcmp(&p->basic[0].ebx, &most->basic[0].ebx,
               3 * sizeof(uint32_t)) != 0) {
        *err_leaf = 0;
    } else if (p->feature[0].eax > most->feature[0].eax) {
        *err_leaf = CPUID_FEATURES;
        *err_subleaf = 0;
    } else if (p->ext[0].eax > most->max_ext ||
               p->ext[0].eax < CPUID_EXT_BASE + 1) {
        *err_leaf = CPUID_EXT_BASE;
    } else {
        return 0;
    }
    return -EINVAL;
}

int cpuid_policy_sanitise(struct cpuid_policy *p,
                          const struct cpuid_policy *most,
                          uint32_t *err_leaf, uint32_t *err_subleaf)
{
    struct cpuid_policy out = *most;
    uint32_t *const widths = &out.ext[8].eax;
    int rc = check_maximums(p, most, err_leaf, err_subleaf);

    if (rc) {
        return rc;
    }
    take_from_tools(&out, p);
    out.max_basic = out.basic[0].eax = p->basic[0].eax;
    out.max_ext = out.ext[0].eax = p->ext[0].eax;
    out.ext[1].edx &= ~EXT1_EDX_AS_LEAF1 | out.basic[1].edx;
    clear_out_of_range(&out);
    cpuid_policy_derive(&out);
    if (cpuid_in_range(&out, CPUID_EXT_BASE + 8)) {
        const uint32_t bits = most->ext[8].eax & EXT8_EAX_PHYSICAL;
        const uint32_t wish = max(*widths & EXT8_EAX_PHYSICAL,
                                  PHYSICAL_BITS_MIN);

        *widths = min(wish, bits) |
                  (out.ext[1].edx & EXT1_EDX_LM ? LINEAR_BITS_LONG
                                                : LINEAR_BITS_32);
    }
    *p = out;
    return 0;
}
