/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register groups between the VMCB and the common state.
 *
 * Two bits differ between what runs and what the guest sees: EFER.SVME is
 * always set in the VMCB, and so is CR4.MCE, because a machine check with it
 * clear would shut the processor down.  While the guest has MCE clear its
 * reads of CR4 exit.
 */
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/svm/svm_priv.h>

static void pull_cr(struct vcpu_state *s, const struct vmcb *b)
{
    s->cr0 = vmcb_get_cr0(b);
    s->cr3 = vmcb_get_cr3(b);
    s->cr4 = vmcb_get_cr4(b);
    if (vmcb_get_icpt_cr(b) & SVM_CR_READ(4)) {
        s->cr4 &= ~CR4_MCE;
    }
    s->efer = vmcb_get_efer(b) & ~EFER_SVME;
}

static void push_cr(const struct vcpu_state *s, struct vmcb *b)
{
    uint32_t icpt = vmcb_get_icpt_cr(b) & ~(uint32_t)SVM_CR_READ(4);

    if (!(s->cr4 & CR4_MCE)) {
        icpt |= (uint32_t)SVM_CR_READ(4);
    }
    vmcb_set_icpt_cr(b, icpt);
    vmcb_set_cr0(b, s->cr0);
    vmcb_set_cr3(b, s->cr3);
    vmcb_set_cr4(b, s->cr4 | CR4_MCE);
    vmcb_set_efer(b, s->efer | EFER_SVME);
}

static void pull_syscall(struct vcpu_state *s, const struct vmcb *b)
{
    s->star = vmcb_get_star(b);
    s->lstar = vmcb_get_lstar(b);
    s->cstar = vmcb_get_cstar(b);
    s->sfmask = vmcb_get_sfmask(b);
    s->kernel_gs = vmcb_get_kernel_gs(b);
    s->sysenter_cs = vmcb_get_sysenter_cs(b);
    s->sysenter_esp = vmcb_get_sysenter_esp(b);
    s->sysenter_eip = vmcb_get_sysenter_eip(b);
}

static void push_syscall(const struct vcpu_state *s, struct vmcb *b)
{
    vmcb_set_star(b, s->star);
    vmcb_set_lstar(b, s->lstar);
    vmcb_set_cstar(b, s->cstar);
    vmcb_set_sfmask(b, s->sfmask);
    vmcb_set_kernel_gs(b, s->kernel_gs);
    vmcb_set_sysenter_cs(b, s->sysenter_cs);
    vmcb_set_sysenter_esp(b, s->sysenter_esp);
    vmcb_set_sysenter_eip(b, s->sysenter_eip);
}

void svm_pull(struct vcpu *v, uint32_t groups)
{
    struct vcpu_state *const s = &v->arch->s;
    const struct vmcb *const b = v->arch->svm->vmcb;

    /* What guest_copy.c asks for. */
    if (likely(groups == HVM_CR)) {
        pull_cr(s, b);
        return;
    }
    if (groups & HVM_MODE) {
        svm_pull_mode(s, b);
    }
    if (groups & HVM_CR) {
        pull_cr(s, b);
    }
    if (groups & HVM_CR2) {
        s->cr2 = vmcb_get_cr2(b);
    }
    if (groups & HVM_SEG) {
        vmcb_get_segments(b, s->seg);
        svm_pull_mode(s, b);
    }
    if (groups & HVM_DR) {
        s->dr6 = vmcb_get_dr6(b);
        s->dr7 = vmcb_get_dr7(b);
    }
    if (groups & (HVM_SYSCALL | HVM_SYSENTER)) {
        pull_syscall(s, b);
    }
    if (groups & HVM_PAT) {
        s->pat = vmcb_get_g_pat(b);
    }
}

void svm_push(struct vcpu *v, uint32_t groups)
{
    const struct vcpu_state *const s = &v->arch->s;
    struct vmcb *const b = v->arch->svm->vmcb;

    if (groups & HVM_CR) {
        push_cr(s, b);
    }
    if (groups & HVM_CR2) {
        vmcb_set_cr2(b, s->cr2);
    }
    if (groups & HVM_SEG) {
        vmcb_set_segments(b, s->seg);
        vmcb_set_cpl(b, s->cpl);
    }
    if (groups & HVM_DR) {
        vmcb_set_dr6(b, s->dr6);
        vmcb_set_dr7(b, s->dr7);
    }
    if (groups & (HVM_SYSCALL | HVM_SYSENTER)) {
        push_syscall(s, b);
    }
    if (groups & HVM_PAT) {
        vmcb_set_g_pat(b, s->pat);
    }
}
