/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID for guests; see cpuid_policy.h.
 *
 * Locking: a policy changes only before its domain first runs.
 */
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/hw/cpuid_bits.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/cpuid.h>
#include <core/kernel/version.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

#define LEAF1_ECX_X2APIC BIT32(21)
#define LEAF1_ECX_TSC_DEADLINE BIT32(24)
#define LEAF1_ECX_XSAVE BIT32(26)
#define LEAF1_ECX_OSXSAVE BIT32(27)
#define LEAF1_ECX_HYPERVISOR BIT32(31)
#define LEAF1_EDX_APIC BIT32(9)
#define LEAF1_EDX_HTT BIT32(28)
#define LEAF7_ECX_OSPKE BIT32(4)
#define EXT1_ECX_CMP_LEGACY BIT32(1)
#define EXT1_EDX_SYSCALL BIT32(11)
#define EXT1_EDX_NX BIT32(20)
#define EXT1_EDX_FFXSR BIT32(25)
#define EXT1_EDX_RDTSCP BIT32(27)
#define EXT1_EDX_LM BIT32(29)

#define XSAVE_LEGACY_BYTES 512u
#define XSAVE_HEADER_BYTES 64u
#define XSTATE_ECX_ALIGN BIT32(1)

#define TOPOLOGY_LEAF 0xbu
#define XSTATE_LEAF 0xdu
#define EXT_BASE 0x80000000u

/* Leaves that pass as they are: cache and TLB descriptions, frequencies. */
static const uint32_t raw_leaves[] = {
    0x2, 0x16, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006,
    0x80000019, 0x8000001a,
};

static struct cpuid_regs *leaf_slot(struct cpuid_policy *p, uint32_t leaf,
                                    uint32_t subleaf)
{
    switch (leaf) {
    case 0x4:
        return subleaf < CPUID_CACHE_LEAVES ? &p->cache[subleaf] : NULL;
    case 0x7:
        return subleaf < CPUID_FEATURE_LEAVES ? &p->feature[subleaf] : NULL;
    case XSTATE_LEAF:
        return subleaf < CPUID_XSTATE_LEAVES ? &p->xstate[subleaf] : NULL;
    default:
        break;
    }
    if (leaf < CPUID_BASIC_LEAVES) {
        return &p->basic[leaf];
    }
    if (leaf - EXT_BASE < CPUID_EXT_LEAVES) {
        return &p->ext[leaf - EXT_BASE];
    }
    return NULL;
}

static void mask_features(struct cpuid_policy *p)
{
#define CPUID_MASK(leaf, subleaf, reg, bits)                                 \
    if (((leaf) & EXT_BASE ? p->max_ext : p->max_basic) >= (leaf)) {         \
        leaf_slot(p, (leaf), (subleaf))->reg =                               \
            cpuid_raw((leaf), (subleaf)).reg & (bits);                       \
    }
#include <arch/x86/hvm/cpuid_masks.def>
#undef CPUID_MASK
}

/*
 * One thread a core, ids two apart as Xen has them; one package.  @ids: how
 * many APIC ids the package spans.
 */
static void set_topology(struct cpuid_policy *p, unsigned int vcpus)
{
    const uint32_t ids = 1u << order_of_pages(vcpus * 2);
    const uint32_t id_bits = bit_highest(ids);

    p->basic[1].ebx = (p->basic[1].ebx & 0xff00) | min(ids, 255u) << 16;
    p->basic[1].edx |= LEAF1_EDX_HTT;
    for (unsigned int i = 0; i < CPUID_CACHE_LEAVES; i++) {
        const uint32_t level = p->cache[i].eax >> 5 & 7;

        if ((p->cache[i].eax & 0x1f) == 0) {
            continue;
        }
        p->cache[i].eax = (p->cache[i].eax & 0x3fff) | (ids / 2 - 1) << 26 |
                          (level >= 3 ? ids - 1 : 1) << 14;
    }
    if (p->max_ext >= EXT_BASE + 8) {
        p->ext[1].ecx &= ~EXT1_ECX_CMP_LEGACY;
        p->ext[8].ecx = id_bits << 12 | (ids - 1);
        if (vcpus > 1) {
            p->ext[1].ecx |= EXT1_ECX_CMP_LEGACY;
        }
    }
}

static void copy_raw(struct cpuid_policy *p)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(raw_leaves); i++) {
        const uint32_t leaf = raw_leaves[i];
        const uint32_t max = leaf & EXT_BASE ? p->max_ext : p->max_basic;
        struct cpuid_regs *const slot = leaf_slot(p, leaf, 0);

        if (leaf <= max && slot) {
            *slot = cpuid_raw(leaf, 0);
        }
    }
    for (unsigned int i = 0; p->max_basic >= 4 && i < CPUID_CACHE_LEAVES;
         i++) {
        p->cache[i] = cpuid_raw(4, i);
        if ((p->cache[i].eax & 0x1f) == 0) {
            break;
        }
    }
}

/* Bytes of an XSAVE area in standard form with the components @xcr0. */
static uint32_t standard_size(const struct cpuid_policy *p, uint64_t xcr0)
{
    uint32_t size = XSAVE_LEGACY_BYTES + XSAVE_HEADER_BYTES;

    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        if (xcr0 & BIT(i)) {
            size = max(size, p->xstate[i].eax + p->xstate[i].ebx);
        }
    }
    return size;
}

/* Extended state: components that the processor and the masks leave. */
static void set_xstate(struct cpuid_policy *p)
{
    const struct cpuid_regs raw = cpuid_raw(XSTATE_LEAF, 0);
    const uint32_t f7b = p->feature[0].ebx;

    p->xcr0_mask = 0;
    if (!fpu_has_xsave()) {
        /* Switched off: the host cannot execute XSETBV for a guest. */
        p->basic[1].ecx &= ~LEAF1_ECX_XSAVE;
    }
    if (!(p->basic[1].ecx & LEAF1_ECX_XSAVE)) {
        p->xstate[1].eax = 0;
        p->feature[0].ecx &= ~BIT32(3);
        return;
    }
    p->xcr0_mask = XCR0_X87 | XCR0_SSE;
    if (p->basic[1].ecx & BIT32(28)) {
        p->xcr0_mask |= XCR0_AVX;
    }
    if (f7b & BIT32(16)) {
        p->xcr0_mask |= XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM;
    }
    if (p->feature[0].ecx & BIT32(3)) {
        p->xcr0_mask |= XCR0_PKRU;
    }
    p->xcr0_mask &= make64(raw.edx, raw.eax) & fpu_xcr0_mask();
    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        if (p->xcr0_mask & BIT(i)) {
            p->xstate[i] = cpuid_raw(XSTATE_LEAF, i);
        }
        /* Nobody could lay out what has no size (PKRU on Bochs). */
        if (p->xstate[i].eax == 0) {
            p->xcr0_mask &= ~BIT(i);
        }
    }
    if (!(p->xcr0_mask & XCR0_PKRU)) {
        p->feature[0].ecx &= ~BIT32(3);
    }
    p->xstate[0].eax = lo32(p->xcr0_mask);
    p->xstate[0].edx = hi32(p->xcr0_mask);
    p->xstate[0].ecx = standard_size(p, p->xcr0_mask);
}

/* A feature in a leaf, and the bit of CR4 that exists with it. */
struct cr4_row {
    uint32_t leaf;
    uint8_t reg;       /* 0 eax, 1 ebx, 2 ecx, 3 edx                         */
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
    set_xstate(p);
    p->cr4_mask = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(cr4_rows); i++) {
        const struct cr4_row *const row = &cr4_rows[i];

        if (reg_of(leaf_slot(p, row->leaf, 0), row->reg) & BIT32(row->bit)) {
            p->cr4_mask |= row->cr4;
        }
    }
    p->has_x2apic = p->basic[1].ecx & LEAF1_ECX_X2APIC;
    p->has_tsc_deadline = p->basic[1].ecx & LEAF1_ECX_TSC_DEADLINE;
    p->has_rdtscp = p->ext[1].edx & EXT1_EDX_RDTSCP;
}

int cpuid_policy_init(struct domain *d)
{
    struct cpuid_policy *const p = xzalloc_type(struct cpuid_policy);

    if (!p) {
        return -ENOMEM;
    }
    d->arch->cpuid = p;
    p->max_basic = min(cpuid_raw(0, 0).eax, CPUID_BASIC_LEAVES - 1);
    p->max_ext = min(cpuid_raw(EXT_BASE, 0).eax,
                     EXT_BASE + CPUID_EXT_LEAVES - 1);
    p->basic[0] = cpuid_raw(0, 0);
    p->basic[0].eax = p->max_basic;
    p->ext[0] = cpuid_raw(EXT_BASE, 0);
    p->ext[0].eax = p->max_ext;
    p->basic[1].eax = cpuid_raw(1, 0).eax;
    p->basic[1].ebx = cpuid_raw(1, 0).ebx & 0xff00;
    p->ext[1].eax = cpuid_raw(EXT_BASE + 1, 0).eax;
    p->ext[8].eax = cpuid_raw(EXT_BASE + 8, 0).eax;
    p->feature[0].eax = p->max_basic >= 7 &&
                        cpuid_raw(7, 0).eax >= 1 ? 1 : 0;
    copy_raw(p);
    mask_features(p);
    p->basic[1].ecx |= LEAF1_ECX_X2APIC | LEAF1_ECX_HYPERVISOR;
    p->basic[1].edx |= LEAF1_EDX_APIC;
    set_topology(p, d->max_vcpus);
    cpuid_policy_derive(p);
    return 0;
}

void cpuid_policy_free(struct domain *d)
{
    xfree(d->arch->cpuid);
    d->arch->cpuid = NULL;
}

uint64_t cpuid_policy_cr4_mask(const struct domain *d)
{
    return d->arch->cpuid->cr4_mask;
}

uint64_t cpuid_policy_xcr0_mask(const struct domain *d)
{
    return d->arch->cpuid->xcr0_mask;
}

uint64_t cpuid_policy_efer_mask(const struct domain *d)
{
    const uint32_t edx = d->arch->cpuid->ext[1].edx;

    return (edx & EXT1_EDX_SYSCALL ? EFER_SCE : 0) |
           (edx & EXT1_EDX_LM ? EFER_LME | EFER_LMA : 0) |
           (edx & EXT1_EDX_NX ? EFER_NXE : 0) |
           (edx & EXT1_EDX_FFXSR ? EFER_FFXSR : 0);
}

/* Leaf 0xb: level 0 threads (one), level 1 cores. */
static void read_topology(const struct vcpu *v, uint32_t subleaf,
                          struct cpuid_regs *out)
{
    const unsigned int vcpus = v->domain->max_vcpus;

    *out = (struct cpuid_regs){ .ecx = subleaf & 0xff,
                                .edx = vlapic_id(v) };
    if (subleaf == 0) {
        out->eax = 1;
        out->ebx = 1;
        out->ecx |= 1u << 8;
    } else if (subleaf == 1) {
        out->eax = order_of_pages(vcpus * 2);
        out->ebx = vcpus;
        out->ecx |= 2u << 8;
    }
}

static void read_hypervisor(const struct vcpu *v, uint32_t leaf,
                            uint32_t subleaf, struct cpuid_regs *out)
{
    const struct arch_domain *const ad = v->domain->arch;

    *out = (struct cpuid_regs){ 0 };
    switch (leaf) {
    case XEN_CPUID_LEAF(0):
        *out = (struct cpuid_regs){ XEN_CPUID_MAX_NUM_LEAVES +
                                        XEN_CPUID_FIRST_LEAF,
                                    XEN_CPUID_SIGNATURE_EBX,
                                    XEN_CPUID_SIGNATURE_ECX,
                                    XEN_CPUID_SIGNATURE_EDX };
        break;
    case XEN_CPUID_LEAF(1):
        out->eax = VERSION_ABI_MAJOR << 16 | VERSION_ABI_MINOR;
        break;
    case XEN_CPUID_LEAF(2):
        out->eax = 1;
        out->ebx = 0x40000000;
        break;
    case XEN_CPUID_LEAF(3):
        if (subleaf == 0) {
            out->eax = ad->cpuid->has_rdtscp ? 4 : 0;
            out->ebx = ad->tsc_mode;
            out->ecx = ad->tsc_khz;
            out->edx = ad->tsc_incarnation;
        } else if (subleaf == 2) {
            out->eax = ad->tsc_khz;
        }
        break;
    case XEN_CPUID_LEAF(4):
        if (subleaf == 0) {
            out->eax = XEN_HVM_CPUID_IOMMU_MAPPINGS |
                       XEN_HVM_CPUID_VCPU_ID_PRESENT |
                       XEN_HVM_CPUID_DOMID_PRESENT |
                       XEN_HVM_CPUID_UPCALL_VECTOR;
            out->ebx = v->id;
            out->ecx = v->domain->id;
        }
        break;
    default:
        break;
    }
}

/*
 * Bytes of the compacted form with what XCR0 has now.  Not asked of the
 * processor: Bochs says 0, and what XSS adds is not the guest's.
 */
static uint32_t compact_size(const struct cpuid_policy *p)
{
    const uint64_t xcr0 = xgetbv(0);
    uint32_t size = XSAVE_LEGACY_BYTES + XSAVE_HEADER_BYTES;

    for (unsigned int i = 2; i < CPUID_XSTATE_LEAVES; i++) {
        if (!(xcr0 & BIT(i))) {
            continue;
        }
        if (p->xstate[i].ecx & XSTATE_ECX_ALIGN) {
            size = (size + 63) & ~63u;
        }
        size += p->xstate[i].eax;
    }
    return size;
}

/* What depends on the vCPU or its registers. */
static void patch_dynamic(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                          struct cpuid_regs *out)
{
    const struct vcpu_state *const s = &v->arch->s;

    switch (leaf) {
    case 0x1:
        vcpu_state_pull(v, HVM_CR);
        out->ebx |= vlapic_id(v) << 24;
        if (s->cr4 & CR4_OSXSAVE) {
            out->ecx |= LEAF1_ECX_OSXSAVE;
        }
        if (!(v->arch->vlapic.base_msr & APIC_BASE_ENABLE)) {
            out->edx &= ~LEAF1_EDX_APIC;
        }
        break;
    case 0x7:
        vcpu_state_pull(v, HVM_CR);
        if (subleaf == 0 && (s->cr4 & CR4_PKE)) {
            out->ecx |= LEAF7_ECX_OSPKE;
        }
        break;
    case TOPOLOGY_LEAF:
        if (v->domain->arch->cpuid->max_basic >= TOPOLOGY_LEAF &&
            cpuid_raw(TOPOLOGY_LEAF, 0).ebx) {
            read_topology(v, subleaf, out);
        }
        break;
    case XSTATE_LEAF:
        if (v->domain->arch->cpuid->xcr0_mask && subleaf == 0) {
            /* The guest's XCR0 is in the register. */
            out->ebx = standard_size(v->domain->arch->cpuid, xgetbv(0));
        } else if (v->domain->arch->cpuid->xcr0_mask && subleaf == 1) {
            out->ebx = compact_size(v->domain->arch->cpuid);
        }
        break;
    default:
        break;
    }
}

void cpuid_policy_read(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                       struct cpuid_regs *out)
{
    struct cpuid_policy *const p = v->domain->arch->cpuid;
    const struct cpuid_regs *slot = NULL;

    if ((leaf & 0xffffff00u) == XEN_CPUID_FIRST_LEAF) {
        read_hypervisor(v, leaf, subleaf, out);
        return;
    }
    if (leaf & EXT_BASE ? leaf <= p->max_ext : leaf <= p->max_basic) {
        slot = leaf_slot(p, leaf, subleaf);
    }
    *out = slot ? *slot : (struct cpuid_regs){ 0 };
    if (slot || leaf == TOPOLOGY_LEAF) {
        patch_dynamic(v, leaf, subleaf, out);
    }
}

void hvm_handle_cpuid(struct vcpu *v, const struct hvm_exit *exit)
{
    uint64_t *const gpr = v->arch->s.gpr;
    struct cpuid_regs r;

    cpuid_policy_read(v, (uint32_t)gpr[GPR_RAX], (uint32_t)gpr[GPR_RCX], &r);
    gpr[GPR_RAX] = r.eax;
    gpr[GPR_RBX] = r.ebx;
    gpr[GPR_RCX] = r.ecx;
    gpr[GPR_RDX] = r.edx;
    hvm_skip(v, exit->insn_len);
}
