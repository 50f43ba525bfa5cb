/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's half of domains and vCPUs, shared by the files of this
 * folder, the p2m, the virtual devices and the two back ends.
 */
#ifndef ARCH_X86_HVM_HVM_H
#define ARCH_X86_HVM_HVM_H

#include <arch/x86/emul/emul.h>
#include <arch/x86/hvm/guest_walk.h>
#include <arch/x86/hvm/hvm_exit.h>
#include <arch/x86/hvm/hvm_io.h>
#include <arch/x86/hvm/hvm_ops.h>
#include <arch/x86/hvm/vcpu_state.h>
#include <arch/x86/p2m/p2m.h>
#include <arch/x86/vdev/vlapic.h>
#include <core/domain/domain.h>
#include <core/sync/atomic.h>

struct cpuid_policy;
struct svm_domain;
struct svm_vcpu;
struct vioapic;
struct vmx_domain;
struct vmx_vcpu;

/* Why an entry must look before it leaps; any CPU sets, the owner clears. */
#define HVM_WORK_EVENT BIT(0) /* Something may have to be injected          */
#define HVM_WORK_INIT BIT(1)  /* An INIT or a start-up IPI arrived          */
#define HVM_WORK_ANY (HVM_WORK_EVENT | HVM_WORK_INIT)

/* The instruction emulated last, by its bytes and the fifteen's rest. */
struct emul_memo {
    uint8_t bytes[EMUL_INSN_MAX];
    bool is_valid;
    uint8_t mode;
    struct emul_insn insn;
};

struct arch_vcpu {
    struct vcpu_state s;       /* First, for the assembly                    */
    union {
        struct svm_vcpu *svm;  /* [c] */
        struct vmx_vcpu *vmx;  /* [c] */
    };
    uint32_t work;             /* [a] HVM_WORK_*                             */
    uint32_t guest_seq;        /* [a] odd from before entry to after exit    */
    uint64_t p2m_generation;   /* [p] what the TLB may hold                  */
    struct emul_memo emul_memo;/* [p] of hvm_emul.c                          */
    struct guest_tlb tlb;      /* [p] of guest_copy.c                        */

    struct hvm_event event;    /* [p] must be delivered first                */
    uint32_t nmi_pending;      /* [a] 0, 1 or 2                              */
    bool window;               /* [p] an exit at the window is asked for     */
    uint8_t upcall_vector;     /* [d] HVMOP_set_evtchn_upcall_vector, or 0   */
    bool upcall_direct;        /* [a] domain-wide vector waits to be injected */

    struct vlapic vlapic;

    uint64_t tsc_offset;       /* [p] */
    uint64_t tsc_aux;          /* [p] */
    uint64_t xcr0;             /* [p] */
    bool uses_dr;              /* [p] DR0-3 and DR6 are loaded with the vCPU */
    uint64_t misc_enable;      /* [p] */
    uint64_t mtrr_def;         /* [p] kept for the guest; no effect (PAT)    */
    uint64_t mtrr_fixed[11];
    uint64_t mtrr_var[16];
    uint64_t mca_ctl[2];
    void *fpu;                 /* [c] XSAVE area                             */
    uint64_t exits[HVM_EXIT_KIND_COUNT]; /* [p] counters                     */
};

#define HVM_PARAMS 39u

struct arch_domain {
    struct p2m p2m;
    union {
        struct svm_domain *svm; /* [c] */
        struct vmx_domain *vmx; /* [c] */
    };
    struct hvm_io io;          /* Emulated ports and frames                  */
    struct vioapic *vioapic;   /* [c] NULL: none                             */
    struct cpuid_policy *cpuid;/* [d] changed only before the first run      */
    uint32_t emulation_flags;  /* [c] XEN_X86_EMU_*                          */
    uint8_t callback_vector;   /* [d] HVM_PARAM_CALLBACK_IRQ type 2, or 0    */
    uint64_t tsc_offset;       /* [d] new vCPUs start with this              */
    uint64_t sync_cycles;      /* TSC records are as of then; one domctl     */
    uint32_t tsc_mode;         /* [d] for gettscinfo                         */
    uint32_t tsc_khz;
    uint32_t tsc_incarnation;
};

/* Bring the groups in @groups into v's state. */
static inline void vcpu_state_pull(struct vcpu *v, uint32_t groups)
{
    if (unlikely(groups & ~v->arch->s.valid)) {
        vcpu_state_fetch(v, groups);
    }
}

/* The same for HVM_CR alone, which every copy needs. */
static inline void vcpu_state_pull_cr(struct vcpu *v)
{
    if (!(v->arch->s.valid & HVM_CR)) {
        hvm_ops->pull(v, (uint32_t)HVM_CR);
        v->arch->s.valid |= (uint32_t)HVM_CR;
    }
}

/*
 * Something may have become deliverable: look before the next entry.  Any
 * CPU; does not wake or kick.
 */
static inline void hvm_event_recheck(struct vcpu *v)
{
    atomic_fetch_or(&v->arch->work, (uint32_t)HVM_WORK_EVENT);
}

static inline struct vcpu_state *vcpu_regs(struct vcpu *v)
{
    return &v->arch->s;
}

/* hvm_vcpu.c: guest TSC = host TSC + @offset from now on. */
void hvm_vcpu_set_tsc_offset(struct vcpu *v, uint64_t offset);
/* All debug registers in v's state are new; it runs on no CPU, or resets. */
void hvm_debug_regs_set(struct vcpu *v);
/* It has touched one without having them. */
void hvm_debug_regs_use(struct vcpu *v);

static inline bool hvm_is_canonical(uint64_t addr)
{
    return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

static inline struct p2m *p2m_of(const struct domain *d)
{
    return &d->arch->p2m;
}

#endif /* ARCH_X86_HVM_HVM_H */
