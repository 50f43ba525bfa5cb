/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control area of a new vCPU: what exits and what does not.  APM volume
 * 2, "Instruction Intercepts".
 *
 * CR0, CR2 and CR3 are the guest's own: nested paging does not need them.
 * CR4 writes exit so that features which the guest was not given stay off;
 * CR8 exits because the priority lives in the virtual APIC.
 */
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/svm/svm_priv.h>

#define VECTOR_DB 1u
#define VECTOR_AC 17u
#define VECTOR_MC 18u

/*
 * #DB and #AC: a guest could otherwise hold the CPU in an endless delivery
 * loop, in which no interrupt ends the entry.
 */
#define EXC_ALWAYS (BIT(VECTOR_DB) | BIT(VECTOR_AC) | BIT(VECTOR_MC))

#define CR_ALWAYS (SVM_CR_WRITE(4) | SVM_CR_READ(8) | SVM_CR_WRITE(8))

#define I3_ALWAYS                                                            \
    (SVM_I_INTR | SVM_I_NMI | SVM_I_SMI | SVM_I_INIT | SVM_I_RDPMC |         \
     SVM_I_CPUID | SVM_I_INVD | SVM_I_HLT | SVM_I_INVLPGA | SVM_I_IOIO |     \
     SVM_I_MSR | SVM_I_FERR_FREEZE | SVM_I_SHUTDOWN)

#define I4_ALWAYS                                                            \
    (SVM_I_VMRUN | SVM_I_VMMCALL | SVM_I_VMLOAD | SVM_I_VMSAVE |             \
     SVM_I_STGI | SVM_I_CLGI | SVM_I_SKINIT | SVM_I_WBINVD |                 \
     SVM_I_MONITOR | SVM_I_MWAIT | SVM_I_XSETBV | SVM_I_RDPRU)

/* Loops of PAUSE that exit, where the CPU counts them. */
#define PAUSE_COUNT 3000u
#define PAUSE_THRESHOLD 128u

void svm_ctrl_init(struct vcpu *v)
{
    struct vmcb *const b = v->arch->svm->vmcb;
    uint32_t i3 = (uint32_t)I3_ALWAYS;

    if (svm_has(SVM_FEAT_PAUSE_FILTER)) {
        i3 |= (uint32_t)SVM_I_PAUSE;
        vmcb_set_pause_count(b, PAUSE_COUNT);
        if (svm_has(SVM_FEAT_PAUSE_THRESH)) {
            vmcb_set_pause_threshold(b, PAUSE_THRESHOLD);
        }
    }
    vmcb_set_icpt_cr(b, (uint32_t)CR_ALWAYS);
    vmcb_set_icpt_exc(b, (uint32_t)EXC_ALWAYS);
    vmcb_set_icpt_3(b, i3);
    vmcb_set_icpt_4(b, (uint32_t)I4_ALWAYS);
    vmcb_set_iopm_base(b, svm_iopm_pa(v->domain));
    vmcb_set_vintr(b, SVM_V_INTR_MASKING);
    vmcb_set_np_enable(b, SVM_NP_ENABLE);
    vmcb_set_ncr3(b, mfn_to_paddr(p2m_of(v->domain)->root));
    svm_msr_vcpu_init(v);
}

void svm_intercept_dr(struct vcpu *v, bool on)
{
    vmcb_set_icpt_dr(v->arch->svm->vmcb, on ? UINT32_MAX : 0);
}

void svm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    vmcb_set_tsc_offset(v->arch->svm->vmcb, offset);
}
