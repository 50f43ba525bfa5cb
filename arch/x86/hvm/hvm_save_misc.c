/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small records, and that of the extended state: CPU_XSAVE, VMCE_VCPU,
 * TSC_ADJUST, CPU_MSR.  MTRRs are in msr_policy.c, the local APIC in
 * vdev/vlapic_save.c.
 */
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hvm/hvm_save.h>
#include <arch/x86/hvm/msr_policy.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define XSAVE_PREFIX offsetof(struct hvm_hw_cpu_xsave, save_area)
#define MCG_CAP_BANKS 0xffu

uint32_t hvm_xsave_bytes(void)
{
    return (uint32_t)round_up(XSAVE_PREFIX + fpu_area_size(), 8);
}

/* What XSAVE wrote, cut to the states that the domain can have. */
uint32_t hvm_xsave_save(struct vcpu *v, void *body)
{
    const struct cpuid_policy *const p = v->domain->arch->cpuid;
    struct hvm_hw_cpu_xsave *const r = body;
    const uint32_t bytes = p->xstate[0].ecx;

    if (!p->xcr0_mask || bytes > fpu_area_size()) {
        return 0;
    }
    r->xfeature_mask = fpu_xcr0_mask();
    r->xcr0 = v->arch->xcr0;
    r->xcr0_accum = p->xcr0_mask;
    memcpy(&r->save_area, v->arch->fpu, bytes);
    r->save_area.xsave_hdr.xstate_bv &= p->xcr0_mask;
    return (uint32_t)round_up(XSAVE_PREFIX + bytes, 8);
}

static bool is_zero(const uint8_t *p, size_t n)
{
    while (n && *p == 0) {
        p++;
        n--;
    }
    return n == 0;
}

/* States of a wider processor may follow, if they are empty. */
int hvm_xsave_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_cpu_xsave *const r = body;
    const uint64_t mask = v->domain->arch->cpuid->xcr0_mask;
    const uint32_t area = fpu_area_size();
    const uint32_t given = bytes - (uint32_t)XSAVE_PREFIX;

    if (!mask) {
        return -EOPNOTSUPP;
    }
    if (!hvm_xcr0_is_legal(v->domain, r->xcr0) || (r->xcr0_accum & ~mask) ||
        (r->save_area.xsave_hdr.xstate_bv & ~r->xcr0_accum) ||
        r->save_area.xsave_hdr.xcomp_bv ||
        !is_zero((const uint8_t *)r->save_area.xsave_hdr.reserved,
                 sizeof(r->save_area.xsave_hdr.reserved))) {
        return -EINVAL;
    }
    if (given > area &&
        !is_zero((const uint8_t *)&r->save_area + area, given - area)) {
        return -EOPNOTSUPP;
    }
    return 0;
}

void hvm_xsave_load(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_cpu_xsave *const r = body;

    v->arch->xcr0 = r->xcr0;
    fpu_area_init(v->arch->fpu);
    memcpy(v->arch->fpu, &r->save_area,
           min(bytes - (uint32_t)XSAVE_PREFIX, fpu_area_size()));
}

/* The banks are empty and have no CTL2. */
uint32_t hvm_mce_save(struct vcpu *v, void *body)
{
    *(struct hvm_vmce_vcpu *)body = (struct hvm_vmce_vcpu){
        .caps = HVM_MCA_BANKS,
    };
    return sizeof(struct hvm_vmce_vcpu);
}

int hvm_mce_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_vmce_vcpu *const r = body;

    return (r->caps & MCG_CAP_BANKS) == HVM_MCA_BANKS ? 0 : -EINVAL;
}

void hvm_mce_load(struct vcpu *v, const void *body, uint32_t bytes)
{
}

/* IA32_TSC_ADJUST is not offered; a write of it is in the counter. */
uint32_t hvm_tsc_adjust_save(struct vcpu *v, void *body)
{
    *(struct hvm_tsc_adjust *)body = (struct hvm_tsc_adjust){ 0 };
    return sizeof(struct hvm_tsc_adjust);
}

int hvm_tsc_adjust_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    return 0;
}

void hvm_tsc_adjust_load(struct vcpu *v, const void *body, uint32_t bytes)
{
}

/* None of the MSRs that go here is offered: only zeros are taken. */
uint32_t hvm_msrs_save(struct vcpu *v, void *body)
{
    return 0;
}

int hvm_msrs_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_msr *const r = body;

    if (bytes != sizeof(*r) + (uint64_t)r->count * sizeof(r->msr[0])) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->msr[i]._rsvd) {
            return -EINVAL;
        }
        if (r->msr[i].val) {
            return -EOPNOTSUPP;
        }
    }
    return 0;
}

void hvm_msrs_load(struct vcpu *v, const void *body, uint32_t bytes)
{
}
