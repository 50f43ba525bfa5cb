/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything common code may ask of VT-x or AMD-V.  The two tables are
 * hvm_ops_vmx and hvm_ops_svm; one is chosen once, by hvm_init().
 *
 * Context of the vCPU hooks, unless said otherwise: the CPU whose current the
 * vCPU is, interrupts off.
 */
#ifndef ARCH_X86_HVM_HVM_OPS_H
#define ARCH_X86_HVM_HVM_OPS_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct hvm_exit;
struct p2m_format;
struct vcpu;

/* What may be injected: one event at an entry. */
enum hvm_event_type {
    HVM_EVENT_NONE,
    HVM_EVENT_INTR,      /* External interrupt                               */
    HVM_EVENT_NMI,
    HVM_EVENT_EXCEPTION, /* Fault or trap of the hardware's                  */
    HVM_EVENT_SOFT_INT,  /* INT n                                            */
    HVM_EVENT_SOFT_EXC,  /* INT3, INTO                                       */
    HVM_EVENT_PRIV_EXC,  /* ICEBP                                            */
};

struct hvm_event {
    uint8_t type;        /* enum hvm_event_type                              */
    uint8_t vector;
    bool has_error;
    uint8_t insn_len;    /* Of the software events                           */
    uint32_t error;
};

enum hvm_event_kind { HVM_KIND_INTR, HVM_KIND_NMI };

/* Which accesses of an MSR the guest may make without an exit. */
enum msr_access { MSR_TRAP = 0, MSR_READ = 1, MSR_WRITE = 2, MSR_DIRECT = 3 };

struct hvm_ops {
    const char *name;
    const struct p2m_format *p2m_format;

    /* This CPU: VMXON or EFER.SVME. 0, -ENODEV with the reason logged. */
    int (*cpu_enable)(void);

    int (*domain_init)(struct domain *d);
    void (*domain_free)(struct domain *d);
    int (*vcpu_init)(struct vcpu *v);
    void (*vcpu_free)(struct vcpu *v);

    /*
     * Make current on this CPU; put away so that any CPU may load it, with an
     * event that has not gone in put back by hvm_event_requeue().
     */
    void (*vcpu_load)(struct vcpu *v);
    void (*vcpu_unload)(struct vcpu *v);

    /*
     * One entry, one decoded exit.  An event that was being delivered when
     * the exit came is put back by hvm_event_requeue().
     */
    void (*run)(struct vcpu *v, struct hvm_exit *exit);

    /* Hardware to v's state, and back; HVM_* groups. */
    void (*pull)(struct vcpu *v, uint32_t groups);
    void (*push)(struct vcpu *v, uint32_t groups);

    /*
     * Deliver at the next entry; HVM_EVENT_NONE withdraws what has not gone
     * in yet.  False, and nothing done, if another event waits for that entry.
     */
    bool (*inject)(struct vcpu *v, const struct hvm_event *ev);
    /* Exit with HVM_EXIT_WINDOW as soon as such an event can be delivered. */
    void (*want_window)(struct vcpu *v, enum hvm_event_kind kind, bool on);

    /*
     * The domain's own access to machine ports @first to @last needs no
     * exit, or does.  Domain paused, or not yet run.
     */
    void (*allow_ports)(struct domain *d, uint16_t first, uint16_t last,
                        bool allow);
    /* Do accesses of the debug registers exit, with HVM_EXIT_DR_ACCESS. */
    void (*intercept_dr)(struct vcpu *v, bool on);
    /* Guest TSC = host TSC + @offset. */
    void (*set_tsc_offset)(struct vcpu *v, uint64_t offset);
    /* Cached translations of the p2m are stale: flush before entry. */
    void (*p2m_changed)(struct vcpu *v);
    /* Would an entry fail: 0, or -EINVAL with each reason printed. */
    int (*audit)(struct vcpu *v);
    void (*dump)(struct vcpu *v);
};

extern const struct hvm_ops hvm_ops_vmx;
extern const struct hvm_ops hvm_ops_svm;

/* The one in use. */
extern const struct hvm_ops *hvm_ops;

/*
 * Choose by what the processor offers: 0, -ENODEV if it has neither, or it is
 * locked off, or it lacks nested paging (each named in the log).
 */
int __must_check hvm_ops_choose(void);

#endif /* ARCH_X86_HVM_HVM_OPS_H */
