/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing the one event that goes in with an entry, and asking for an exit
 * at the moment when the next one could.
 *
 * Everything that may need injecting sets HVM_WORK_EVENT after it recorded
 * what it wants; entry looks only if the bit is set.  What cannot be delivered
 * now leaves a window request behind, whose exit sets the bit again.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_domain.h>
#include <core/domain/vcpu.h>
#include <core/evtchn/evtchn.h>
#include <core/sync/atomic.h>

/* SDM volume 3, "Interrupt 8—Double Fault Exception (#DF)", table 6-4. */
#define CONTRIBUTORY                                                         \
    (BIT(X86_DE) | BIT(X86_TS) | BIT(X86_NP) | BIT(X86_SS) | BIT(X86_GP))

static bool makes_double_fault(uint8_t first, uint8_t second)
{
    if (first == X86_PF) {
        return second == X86_PF || (CONTRIBUTORY & BIT(second));
    }
    return (CONTRIBUTORY & BIT(first)) && (CONTRIBUTORY & BIT(second));
}

static void queue_exception(struct vcpu *v, uint8_t vector, bool has_error,
                            uint32_t error)
{
    struct hvm_event *const ev = &v->arch->event;

    if (ev->type == HVM_EVENT_EXCEPTION) {
        if (ev->vector == X86_DF) {
            domain_triple_fault(v);
            return;
        }
        if (makes_double_fault(ev->vector, vector)) {
            vector = X86_DF;
            has_error = true;
            error = 0;
        }
    }
    *ev = (struct hvm_event){ .type = HVM_EVENT_EXCEPTION, .vector = vector,
                              .has_error = has_error, .error = error };
    hvm_event_recheck(v);
}

void hvm_inject_fault(struct vcpu *v, uint8_t vector)
{
    queue_exception(v, vector, false, 0);
}

void hvm_inject_fault_error(struct vcpu *v, uint8_t vector, uint32_t error)
{
    queue_exception(v, vector, true, error);
}

void hvm_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error)
{
    vcpu_state_change(v, HVM_CR2);
    v->arch->s.cr2 = cr2;
    queue_exception(v, X86_PF, true, error);
}

void hvm_event_requeue(struct vcpu *v, const struct hvm_event *ev)
{
    v->arch->event = *ev;
    hvm_event_recheck(v);
}

void hvm_event_return(struct vcpu *v, uint8_t vector)
{
    if (v->arch->upcall_vector == 0 &&
        v->domain->arch->callback_vector == vector) {
        atomic_set_relaxed(&v->arch->upcall_direct, true);
    } else {
        vlapic_unaccept(v, vector);
    }
    hvm_event_recheck(v);
}

/* One in delivery and one latched: more NMIs are lost, as on a processor. */
#define NMI_LATCHED_MAX 2u

void hvm_nmi(struct vcpu *v)
{
    uint32_t old = atomic_read_relaxed(&v->arch->nmi_pending);

    while (old < NMI_LATCHED_MAX &&
           !atomic_cmpxchg(&v->arch->nmi_pending, &old, old + 1)) {
    }
    hvm_event_recheck(v);
    vcpu_notify(v);
}

void arch_vcpu_upcall(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    if (a->upcall_vector) {
        vlapic_set_irq(v, a->upcall_vector, false);
    } else if (v->domain->arch->callback_vector) {
        atomic_set_relaxed(&a->upcall_direct, true);
        hvm_event_recheck(v);
        vcpu_notify(v);
    } else {
        vcpu_notify(v); /* It may wait in SCHEDOP_block, and poll then. */
    }
}

/* The vector to deliver next: the domain-wide upcall goes first. */
static int pending_vector(const struct vcpu *v)
{
    if (unlikely(atomic_read_relaxed(&v->arch->upcall_direct))) {
        return v->domain->arch->callback_vector;
    }
    /* The processor takes those of the APIC without being asked. */
    return v->arch->vlapic.hw_delivery ? -1 : vlapic_deliverable(v);
}

/* The quick half of pending_vector(): false if there is surely none. */
static inline bool has_vector(const struct vcpu *v)
{
    return atomic_read_relaxed(&v->arch->vlapic.irr_words) ||
           atomic_read_relaxed(&v->arch->upcall_direct);
}

/* Also one of those that the processor takes by itself. */
bool arch_vcpu_has_interrupt(const struct vcpu *v)
{
    if (v->arch->nmi_pending || v->arch->event.type != HVM_EVENT_NONE) {
        return true;
    }
    return (v->arch->s.rflags & RFLAGS_IF) && has_vector(v) &&
           (atomic_read_relaxed(&v->arch->upcall_direct) ||
            vlapic_deliverable(v) >= 0);
}

static void inject_interrupt(struct vcpu *v, uint8_t vector)
{
    const struct hvm_event ev = { .type = HVM_EVENT_INTR, .vector = vector };

    if (!hvm_ops->inject(v, &ev)) {
        return;
    }
    if (v->arch->upcall_direct) {
        atomic_set_relaxed(&v->arch->upcall_direct, false);
    } else {
        vlapic_accept(v, vector);
    }
}

/*
 * Inject at most one event.  None if one was given to the hardware before and
 * the entry was put off: that one has been taken from where it was pending.
 */
static void inject_one(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;
    const uint32_t shadow = a->s.shadow;
    int vector;

    if (a->event.type != HVM_EVENT_NONE) {
        if (hvm_ops->inject(v, &a->event)) {
            a->event.type = HVM_EVENT_NONE;
        }
        return;
    }
    if (unlikely(a->nmi_pending) &&
        !(shadow & (HVM_SHADOW_ANY | HVM_SHADOW_NMI))) {
        const struct hvm_event nmi = { .type = HVM_EVENT_NMI,
                                       .vector = X86_NMI };

        if (hvm_ops->inject(v, &nmi)) {
            atomic_dec(&a->nmi_pending);
        }
        return;
    }
    if (!(a->s.rflags & RFLAGS_IF) || (shadow & HVM_SHADOW_ANY)) {
        return;
    }
    vector = pending_vector(v);
    if (vector >= 0) {
        inject_interrupt(v, (uint8_t)vector);
    }
}

void __no_stack_protector hvm_event_prepare(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;
    bool wait_intr;

    /* Cleared first: what arrives from here on sets it again. */
    atomic_fetch_and(&a->work, ~(uint32_t)HVM_WORK_EVENT);
    inject_one(v);
    wait_intr = has_vector(v) && pending_vector(v) >= 0;
    if (wait_intr != a->window) {
        a->window = wait_intr;
        hvm_ops->want_window(v, HVM_KIND_INTR, wait_intr);
    }
    if (unlikely(a->nmi_pending)) {
        hvm_ops->want_window(v, HVM_KIND_NMI, true);
        a->window = true;
    }
}
