/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the AMD-V back end share.
 */
#ifndef ARCH_X86_SVM_SVM_PRIV_H
#define ARCH_X86_SVM_SVM_PRIV_H

#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_exit.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/svm/vmcb.h>
#include <core/kernel/cpu.h>

/* What this kind of CPU has; the same on all. */
struct svm_features {
    uint32_t edx;          /* CPUID 0x8000000A: SVM_FEAT_*                   */
    uint32_t asids;        /* ASIDs 0 to asids - 1                           */
    bool intr_by_virq;     /* Interrupts go in by V_IRQ, see svm_event.c     */
};

extern struct svm_features svm_features;

static inline bool svm_has(uint64_t feature)
{
    return svm_features.edx & feature;
}

/* One physical CPU. */
struct svm_cpu {
    struct vmcb *host;         /* [c] VMLOAD restores the host from here     */
    paddr_t host_pa;           /* [c]                                        */
    void *hsave;               /* [c]                                        */
    uint32_t next_asid;        /* [p] see svm_asid.c                         */
    uint64_t asid_tag;         /* [p] this CPU and its generation            */
};

/* What the VMCB lacks before it can be entered. */
#define SVM_STALE_VINTR BIT32(0) /* It does not show @virq and @window       */
#define SVM_STALE_TLB BIT32(1)   /* Translations of the p2m are stale        */

struct svm_vcpu {
    struct vmcb *vmcb;         /* [c] */
    paddr_t vmcb_pa;           /* [c] */
    uint64_t asid_tag;         /* [p] that of the CPU when it was drawn      */
    uint32_t stale;            /* [p] SVM_STALE_*                            */
    bool oneshot;              /* [p] the VMCB has a TLB command or an event */
    uint8_t virq;              /* [p] vector to go in by V_IRQ, 0: none      */
    bool window;               /* [p] exit when an interrupt could go in     */
};

struct svm_domain {
    uint8_t *iopm;             /* [c] its own map, NULL: the common one      */
};

/* svm_cpu.c */
int __must_check svm_cpu_enable(void);

static inline struct svm_cpu *svm_this_cpu(void)
{
    return this_cpu()->arch->svm;
}

/* svm_ctrl.c: the VMCB of a new vCPU. */
void svm_ctrl_init(struct vcpu *v);
void svm_intercept_dr(struct vcpu *v, bool on);
void svm_set_tsc_offset(struct vcpu *v, uint64_t offset);

/* svm_state.c */
static inline void svm_pull_mode(struct vcpu_state *s, const struct vmcb *b)
{
    s->cpl = vmcb_get_cpl(b);
    s->is_64bit = (vmcb_get_efer(b) & EFER_LMA) &&
                  (vmcb_get_cs_attr(b) & SEG_ATTR_L);
}

void svm_pull(struct vcpu *v, uint32_t groups);
void svm_push(struct vcpu *v, uint32_t groups);

/* svm_event.c */
bool svm_inject(struct vcpu *v, const struct hvm_event *ev);
void svm_want_window(struct vcpu *v, enum hvm_event_kind kind, bool on);
void svm_requeue(struct vcpu *v, uint64_t info);
/* What was given to the hardware and has not gone in waits again. */
void svm_take_back(struct vcpu *v);
/*
 * The VMCB shows virq and window from here on; at the latest before an entry,
 * if SVM_STALE_VINTR.  Behind it, if virq was set and V_IRQ still is.
 */
void svm_vintr_prepare(struct svm_vcpu *sv);
void svm_vintr_finish(struct vcpu *v);

/* svm_msr.c */
int __must_check svm_msr_init(void);
void svm_msr_vcpu_init(struct vcpu *v);

/* svm_io.c */
int __must_check svm_io_init(void);
paddr_t svm_iopm_pa(const struct domain *d);
void svm_allow_ports(struct domain *d, uint16_t first, uint16_t last,
                     bool allow);
void svm_io_domain_free(struct domain *d);

/* svm_asid.c: the ASID and TLB flush of the coming entry. */
void svm_asid_draw(struct svm_vcpu *sv, struct svm_cpu *sc);
/* Before an entry, if SVM_STALE_TLB. */
void svm_asid_flush(struct svm_vcpu *sv);
void svm_p2m_changed(struct vcpu *v);

/* svm_exit.c: behind an exit, from the VMCB to the common records. */
void svm_leave(struct vcpu *v, struct hvm_exit *exit);

/* svm_entry.S: in and out, then svm_leave(). */
typedef void svm_enter_fn(struct vcpu_state *s, paddr_t vmcb_pa,
                          paddr_t host_pa, struct vcpu *v,
                          struct hvm_exit *exit);
svm_enter_fn svm_enter;
svm_enter_fn svm_enter_shadow;

#endif /* ARCH_X86_SVM_SVM_PRIV_H */
