/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID executed by a guest: the leaves of its domain's policy, those of the
 * hypervisor, and what depends on the vCPU and its registers.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <core/abi/cpuid.h>
#include <core/arch/arch_domain.h>
#include <core/kernel/version.h>

#define LEAF1_ECX_OSXSAVE BIT32(27)
#define LEAF1_EDX_APIC BIT32(9)
#define LEAF7_ECX_OSPKE BIT32(4)

#define HV_LEAVES_MIN 2u
/* XEN_CPUID_LEAF(3), EAX */
#define TIME_TSC_IS_SAFE BIT32(1)
#define TIME_HAS_RDTSCP BIT32(2)

#define XSAVE_LEGACY_BYTES 512u
#define XSAVE_HEADER_BYTES 64u
#define XSTATE_ECX_ALIGN BIT32(1)

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

/* The tools can hide the last ones, but not the first two. */
static uint32_t last_hypervisor_leaf(const struct cpuid_policy *p)
{
    const uint32_t n = p->hv_limit ? max(p->hv_limit, HV_LEAVES_MIN)
                                   : XEN_CPUID_MAX_NUM_LEAVES;

    return XEN_CPUID_FIRST_LEAF + min(n, XEN_CPUID_MAX_NUM_LEAVES + 0u);
}

static void read_hypervisor(const struct vcpu *v, uint32_t leaf,
                            uint32_t subleaf, struct cpuid_regs *out)
{
    const struct arch_domain *const ad = v->domain->arch;
    const uint32_t last = last_hypervisor_leaf(ad->cpuid);

    *out = (struct cpuid_regs){ 0 };
    if (leaf > last) {
        return;
    }
    switch (leaf) {
    case XEN_CPUID_LEAF(0):
        *out = (struct cpuid_regs){ last, XEN_CPUID_SIGNATURE_EBX,
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
            out->eax = (ad->cpuid->has_rdtscp ? TIME_HAS_RDTSCP : 0) |
                       (arch_tsc_is_stable() ? TIME_TSC_IS_SAFE : 0);
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
    case CPUID_TOPOLOGY:
        if (v->domain->arch->cpuid->max_basic >= CPUID_TOPOLOGY &&
            cpuid_raw(CPUID_TOPOLOGY, 0).ebx) {
            read_topology(v, subleaf, out);
        }
        break;
    case CPUID_XSTATE:
        if (v->domain->arch->cpuid->xcr0_mask && subleaf == 0) {
            /* The guest's XCR0 is in the register. */
            out->ebx = cpuid_xsave_bytes(v->domain->arch->cpuid, xgetbv(0));
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
    if (cpuid_in_range(p, leaf)) {
        slot = cpuid_slot(p, leaf, subleaf);
    }
    *out = slot ? *slot : (struct cpuid_regs){ 0 };
    if (slot || leaf == CPUID_TOPOLOGY) {
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
