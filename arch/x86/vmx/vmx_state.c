/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register groups between the VMCS, or the registers themselves, and the
 * common state.  SDM volume 3, "Guest-State Area".
 *
 * VT-x leaves CR2, DR6 and the MSRs of SYSCALL to software.  The hypervisor
 * uses none of them: they hold the guest's values from a load to the unload,
 * and cost nothing at entries and exits.  Of the MSRs a guest changes only
 * KERNEL_GS_BASE without an exit; the others are written where the last vCPU
 * had other values.  DR6 is read and written while the guest uses the debug
 * registers.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/arch/arch_copy.h>
#include <core/lib/string.h>

#define PDPTES 4u
#define PAE_CR3 GENMASK64(31, 5)

/* Every hypercall with an argument in memory wants these. */
static void pull_cr(struct vcpu_state *s, const struct vmx_vcpu *vv)
{
    s->cr0 = (vmcs_fast_get_guest_cr0() & ~VMX_CR0_HOST) | vv->cr0_shown;
    s->cr4 = (vmcs_fast_get_guest_cr4() & ~vv->cr4_host) | vv->cr4_shown;
    s->cr3 = vmcs_fast_get_guest_cr3();
    s->efer = vmcs_fast_get_guest_efer();
}

/*
 * In PAE paging the processor reads the four top entries when CR3 is loaded;
 * here it is the VMCS that is loaded.  What cannot be read is not present.
 */
static void push_pdptes(struct vcpu *v)
{
    const struct vcpu_state *const s = &v->arch->s;
    uint64_t pdpte[PDPTES];

    if (!(s->cr0 & CR0_PG) || !(s->cr4 & CR4_PAE) || (s->efer & EFER_LMA)) {
        return;
    }
    if (guest_phys_read(v->domain, pdpte, s->cr3 & PAE_CR3, sizeof(pdpte))) {
        memset(pdpte, 0, sizeof(pdpte));
    }
    vmcs_set_guest_pdpte0(pdpte[0]);
    vmcs_set_guest_pdpte1(pdpte[1]);
    vmcs_set_guest_pdpte2(pdpte[2]);
    vmcs_set_guest_pdpte3(pdpte[3]);
}

static void push_cr(struct vcpu *v)
{
    const struct vcpu_state *const s = &v->arch->s;
    struct vmx_vcpu *const vv = v->arch->vmx;
    const uint64_t fixed0 = vmx_features.cr0_fixed0 & ~(CR0_PE | CR0_PG);
    uint32_t entry = vmx_features.entry;

    if (s->efer & EFER_LMA) {
        entry |= ENTRY_IA32E;
    }
    vmcs_set_entry(entry);
    vv->cr0_shown = s->cr0 & VMX_CR0_HOST;
    vv->cr4_shown = s->cr4 & vv->cr4_host;
    vmcs_set_cr0_shadow(s->cr0);
    vmcs_set_guest_cr0((s->cr0 & ~(CR0_CD | CR0_NW)) | fixed0);
    vmcs_set_guest_cr3(s->cr3);
    vmcs_set_cr4_shadow(s->cr4);
    vmcs_set_guest_cr4(s->cr4 | vmx_features.cr4_fixed0 | CR4_MCE);
    vmcs_set_guest_efer(s->efer);
    push_pdptes(v);
    /* What the hardware would have flushed, had the guest done it. */
    vv->due |= VMX_DUE_LINEAR;
}

static void pull_dr(struct vcpu *v)
{
    struct vcpu_state *const s = &v->arch->s;

    if (v->arch->uses_dr) {
        s->dr6 = dr6_read();
    }
    s->dr7 = vmcs_fast_get_guest_dr7();
}

static void pull_sysenter(struct vcpu_state *s)
{
    s->sysenter_cs = vmcs_get_guest_sysenter_cs();
    s->sysenter_esp = vmcs_get_guest_sysenter_esp();
    s->sysenter_eip = vmcs_get_guest_sysenter_eip();
}

static_assert(MSR_SFMASK - MSR_STAR == VMX_SYSCALL_MSRS - 1, "");

static inline void set_syscall(struct vmx_cpu *vc, uint32_t msr, uint64_t val)
{
    uint64_t *const have = &vc->syscall[msr - MSR_STAR];

    if (*have != val) {
        *have = val;
        msr_write(msr, val);
    }
}

static inline void push_syscall(const struct vcpu_state *s)
{
    struct vmx_cpu *const vc = vmx_this_cpu();

    set_syscall(vc, MSR_STAR, s->star);
    set_syscall(vc, MSR_LSTAR, s->lstar);
    set_syscall(vc, MSR_CSTAR, s->cstar);
    set_syscall(vc, MSR_SFMASK, s->sfmask);
    msr_write(MSR_KERNEL_GS_BASE, s->kernel_gs);
}

void vmx_state_cpu_init(struct vmx_cpu *vc)
{
    for (uint32_t i = 0; i < VMX_SYSCALL_MSRS; i++) {
        vc->syscall[i] = msr_read(MSR_STAR + i);
    }
}

static void push_sysenter(const struct vcpu_state *s)
{
    vmcs_set_guest_sysenter_cs((uint32_t)s->sysenter_cs);
    vmcs_set_guest_sysenter_esp(s->sysenter_esp);
    vmcs_set_guest_sysenter_eip(s->sysenter_eip);
}

static void push_segments(struct vcpu_state *s)
{
    struct segment *const ss = &s->seg[SEG_SS];

    ss->attr = (uint16_t)field_set(ss->attr, SEG_ATTR_DPL, s->cpl);
    vmcs_set_segments(s->seg);
}

static void pull_current(struct vcpu *v, uint32_t groups)
{
    struct vcpu_state *const s = &v->arch->s;

    if (groups & (HVM_SEG | HVM_MODE)) {
        vmx_pull_mode(s);
    }
    if (groups & HVM_CR) {
        pull_cr(s, v->arch->vmx);
    }
    if (likely(!(groups & ~(uint32_t)(HVM_MODE | HVM_CR)))) {
        return;
    }
    if (groups & HVM_CR2) {
        s->cr2 = cr2_read();
    }
    if (groups & HVM_SEG) {
        vmcs_get_segments(s->seg);
    }
    if (groups & HVM_DR) {
        pull_dr(v);
    }
    if (groups & HVM_SYSCALL) {
        s->kernel_gs = msr_read(MSR_KERNEL_GS_BASE);
    }
    if (groups & HVM_SYSENTER) {
        pull_sysenter(s);
    }
    if (groups & HVM_PAT) {
        s->pat = vmcs_get_guest_pat();
    }
}

void vmx_pull(struct vcpu *v, uint32_t groups)
{
    const struct vmx_vcpu *const vv = v->arch->vmx;
    const struct vcpu *current;

    if (likely(vv->is_loaded)) {
        pull_current(v, groups);
        return;
    }
    vmcs_load(vv->vmcs_pa);
    pull_current(v, groups);
    vmcs_clear(vv->vmcs_pa);
    current = this_cpu()->current;
    if (current && current->arch->vmx->is_loaded) {
        vmcs_load(current->arch->vmx->vmcs_pa);
    }
}

/* What another vCPU left behind is replaced; DR7 is in the VMCS. */
void vmx_state_load(const struct vcpu *v)
{
    const struct vcpu_state *const s = &v->arch->s;

    cr2_write(s->cr2);
    if (v->arch->uses_dr) {
        dr6_write(s->dr6);
    }
    push_syscall(s);
}

/* Those groups that are not in the VMCS; DR6 was pulled by who uses it. */
void vmx_state_unload(struct vcpu *v)
{
    struct vcpu_state *const s = &v->arch->s;
    const uint32_t absent = ~s->valid;

    if (absent & HVM_CR2) {
        s->cr2 = cr2_read();
    }
    if (absent & HVM_SYSCALL) {
        s->kernel_gs = msr_read(MSR_KERNEL_GS_BASE);
    }
    s->valid |= (uint32_t)(HVM_CR2 | HVM_SYSCALL);
}

void vmx_push(struct vcpu *v, uint32_t groups)
{
    struct vcpu_state *const s = &v->arch->s;

    if (groups & HVM_CR) {
        push_cr(v);
    }
    if (groups & HVM_CR2) {
        cr2_write(s->cr2);
    }
    if (groups & HVM_SEG) {
        push_segments(s);
    }
    if (groups & HVM_DR) {
        if (v->arch->uses_dr) {
            dr6_write(s->dr6);
        }
        vmcs_set_guest_dr7(s->dr7);
    }
    if (groups & HVM_SYSCALL) {
        push_syscall(s);
    }
    if (groups & HVM_SYSENTER) {
        push_sysenter(s);
    }
    if (groups & HVM_PAT) {
        vmcs_set_guest_pat(s->pat);
    }
}
