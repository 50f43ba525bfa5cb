/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the VT-x back end share.
 */
#ifndef ARCH_X86_VMX_VMX_PRIV_H
#define ARCH_X86_VMX_VMX_PRIV_H

#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_exit.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/vmx/vmcs.h>
#include <core/kernel/cpu.h>

/*
 * What this kind of CPU has; the same on all.  The words are those of a vCPU
 * without any window or APIC virtualisation.
 */
struct vmx_features {
    uint32_t due_always;   /* VMX_DUE_* before each entry                    */
    uint32_t revision;     /* Of VMXON region and VMCS                       */
    uint32_t pin;
    uint32_t proc;
    uint32_t proc2;
    uint32_t exit;
    uint32_t entry;
    uint32_t proc2_allowed;
    uint32_t guest_slice;  /* Longest stay in a guest, preemption timer      */
    uint64_t ept_vpid;     /* EPT_CAP_*, VPID_CAP_*                          */
    uint64_t cr0_fixed0;   /* Must be 1, but PE and PG for a guest           */
    uint64_t cr4_fixed0;
};

extern struct vmx_features vmx_features;

static inline bool vmx_has_proc2(uint32_t control)
{
    return vmx_features.proc2_allowed & control;
}

/* STAR, LSTAR, CSTAR, SFMASK: neighbours, written by the hypervisor alone. */
#define VMX_SYSCALL_MSRS 4u

/* One physical CPU. */
struct vmx_cpu {
    void *vmxon;               /* [c]                                        */
    struct vmx_vcpu *last;     /* [p] whose registers are here               */
    uint64_t syscall[VMX_SYSCALL_MSRS]; /* [p] what the MSRs hold            */
    uint32_t next_vpid;        /* [p] see vmx_vpid.c                         */
    uint64_t vpid_generation;  /* [p]                                        */
};

/* Control fields that change, as wanted and as they stand in the VMCS. */
struct vmx_words {
    uint32_t proc;
    uint32_t proc2;
    uint64_t tsc_offset;
    paddr_t msr_bitmap;
    paddr_t io_bitmap;
};

#define VMX_DUE_WORDS BIT32(0)    /* @want differs from @have                */
#define VMX_DUE_EPT BIT32(1)      /* p2m translations are stale              */
#define VMX_DUE_LINEAR BIT32(2)   /* The guest's own are                     */
#define VMX_DUE_EVENT BIT32(3)    /* @event is to be injected                */
#define VMX_DUE_BUFFERS BIT32(4)  /* Flush the CPU's, see spec_ctrl.h        */

/* Bits of CR0 that are the host's. */
#define VMX_CR0_HOST (CR0_NE | CR0_CD | CR0_NW)

/* The assembly knows the first two. */
struct vmx_vcpu {
    uint64_t host_rsp;         /* [p] as it stands in the VMCS               */
    bool is_launched;          /* [p] since the last VMCLEAR                 */
    void *vmcs;                /* [c] */
    paddr_t vmcs_pa;           /* [c] */
    bool is_prepared;          /* [p] constant fields are written            */
    bool is_loaded;            /* [p] current on the CPU that runs it        */
    uint32_t due;              /* [a] VMX_DUE_*: before the next entry       */
    struct vmx_words want;     /* [p] or by anyone while it is unloaded      */
    struct vmx_words have;     /* [p] */
    struct vmx_cpu *cpu;       /* [p] where it was loaded last               */
    uint64_t rip;              /* [p] as it stands in the VMCS               */
    uint64_t rsp;              /* [p] likewise                               */
    uint64_t rflags;           /* [p] likewise, without TF                   */
    uint64_t cr0_shown;        /* [p] bits of VMX_CR0_HOST that it reads     */
    uint64_t cr4_shown;        /* [p] likewise of @cr4_host                  */
    uint64_t cr4_host;         /* [p] bits of CR4 that the guest cannot set  */
    uint32_t shadow;           /* [p] HVM_SHADOW_*, 0 while the guest runs   */
    uint32_t event;            /* [p] to inject with VMX_DUE_EVENT          */
    uint32_t event_error;      /* [p] */
    uint32_t event_len;        /* [p] */
    uint64_t vpid_generation;  /* [p] 0: needs a new VPID                    */
    uint16_t vpid;             /* [p] */
    uint16_t intr_status;      /* [p] as it stands in the VMCS: RVI, SVI     */
    uint64_t apic_base;        /* [p] what vmx_apicv_mode() has seen         */
};

struct vmx_domain {
    uint8_t *io_bitmap;        /* [c] its own map, NULL: the common one      */
};

/* vmx_cpu.c */
int __must_check vmx_cpu_enable(void);

static inline struct vmx_cpu *vmx_this_cpu(void)
{
    return this_cpu()->arch->vmx;
}

/* vmx_ctrl.c: what of the VMCS is not the guest's registers. */
void vmx_ctrl_vcpu_init(struct vcpu *v);
/* The VMCS came to this CPU: constant fields once, host state. */
void vmx_ctrl_load(struct vcpu *v);
/* Bring @have to @want. */
void vmx_ctrl_write(struct vmx_vcpu *vv);
void vmx_intercept_dr(struct vcpu *v, bool on);
void vmx_set_tsc_offset(struct vcpu *v, uint64_t offset);

/* vmx_state.c */
/* Also of a vCPU that is off all CPUs. */
void vmx_pull(struct vcpu *v, uint32_t groups);
void vmx_push(struct vcpu *v, uint32_t groups);
/* What of a vCPU is in the CPU's registers only: there and back. */
void vmx_state_load(const struct vcpu *v);
void vmx_state_unload(struct vcpu *v);
/* The registers of SYSCALL as this CPU has them. */
void vmx_state_cpu_init(struct vmx_cpu *vc);

/*
 * The privilege level is that of SS.  CS.L is reserved outside of long mode:
 * a kernel that sets it there is taken at its word.
 */
static inline void vmx_pull_mode(struct vcpu_state *s)
{
    s->cpl = (uint8_t)field_get(SEG_ATTR_DPL, vmcs_fast_get_guest_ss_ar());
    s->is_64bit = vmcs_fast_get_guest_cs_ar() & VMX_AR_L;
}

/* vmx_event.c */
bool vmx_inject(struct vcpu *v, const struct hvm_event *ev);
void vmx_want_window(struct vcpu *v, enum hvm_event_kind kind, bool on);
/* An event stands in the IDT-vectoring information @info. */
void vmx_requeue(struct vcpu *v, uint32_t info);
/* VMX_DUE_EVENT: what was to be given to the hardware waits again. */
void vmx_take_back(struct vcpu *v);

/* vmx_msr.c */
int __must_check vmx_msr_init(void);
/* The map that @v is to use now. */
paddr_t vmx_msr_bitmap_pa(const struct vcpu *v);
/* In one map: accesses of @msr that need no exit. */
void vmx_msr_set(uint8_t *map, uint32_t msr, enum msr_access allow);

/* vmx_io.c */
int __must_check vmx_io_init(void);
paddr_t vmx_io_bitmap_pa(const struct domain *d);
void vmx_allow_ports(struct domain *d, uint16_t first, uint16_t last,
                     bool allow);
void vmx_io_domain_free(struct domain *d);

/* vmx_apicv.c */
void vmx_apicv_init(bool has_tpr_shadow);
bool vmx_apicv_is_used(void);
void vmx_apicv_open_msrs(uint8_t *bitmap);
/* IA32_APIC_BASE has changed: who does the guest's APIC from now on. */
void vmx_apicv_mode(struct vcpu *v);
/* Before an entry, if there is something that the processor must learn. */
void vmx_apicv_prepare(struct vcpu *v);
/* Behind it: the status of interrupts may be another, @status. */
void vmx_apicv_finish(struct vcpu *v, uint16_t status);

/* vmx_vpid.c: its VPID is stale; a flush before the coming entry. */
void vmx_vpid_load(struct vmx_vcpu *vv);
void vmx_vpid_flush(struct vcpu *v, uint32_t due);
void vmx_p2m_changed(struct vcpu *v);
uint64_t vmx_ept_pointer(const struct domain *d);

/* vmx_exit.c: from the VMCS to the common record; there was no entry. */
void vmx_leave(struct vcpu *v, struct hvm_exit *exit, struct vcpu_state *s,
               struct vmx_vcpu *vv);
void vmx_refused(struct vcpu *v, struct hvm_exit *exit);

/* vmx_entry.S; ends in one of these. */
void vmx_enter(struct vcpu *v, struct hvm_exit *exit, struct vcpu_state *s,
               struct vmx_vcpu *vv);
/* Where exits arrive. */
extern const uint8_t vmx_exit_point[];

#endif /* ARCH_X86_VMX_VMX_PRIV_H */
