/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address space identifiers.  Each physical CPU draws ASIDs in turn; when it
 * runs out, it flushes its TLB and a new generation begins, which makes the
 * ASIDs of all vCPUs stale on that CPU.  A vCPU that came from another CPU,
 * or whose p2m lost something, draws a new one (or flushes its own, where the
 * CPU can).  APM volume 2, "TLB Control".
 *
 * No locking: a CPU's numbers are its own.
 */
#include <arch/x86/svm/svm_priv.h>

void svm_asid_draw(struct svm_vcpu *sv, struct svm_cpu *sc)
{
    struct vmcb *const b = sv->vmcb;

    if (sc->next_asid >= svm_features.asids) {
        sc->next_asid = 1;
        sc->asid_tag++;
        vmcb_set_tlb_control(b, SVM_TLB_FLUSH_ALL);
        sv->oneshot = true;
    }
    vmcb_set_asid(b, sc->next_asid++);
    sv->asid_tag = sc->asid_tag;
}

void svm_asid_flush(struct svm_vcpu *sv)
{
    if (svm_has(SVM_FEAT_FLUSH_ASID)) {
        vmcb_set_tlb_control(sv->vmcb, SVM_TLB_FLUSH_ASID);
        sv->oneshot = true;
    } else {
        /* No CPU has this tag: a new ASID is drawn. */
        sv->asid_tag = 0;
    }
}

void svm_p2m_changed(struct vcpu *v)
{
    v->arch->svm->stale |= SVM_STALE_TLB;
}
