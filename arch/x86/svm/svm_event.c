/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: injection, the window in which one that was held back can go in,
 * and what an exit interrupted.  APM volume 2, "Event Injection", "Interrupt
 * and Exception Intercepts", "Virtual Interrupts".
 *
 * Interrupts go in by EVENTINJ, like all else.  QEMU's emulation may deliver
 * one given that way twice (docs/testing.md): there they go by V_IRQ.  Not
 * everywhere, because Bochs does not look at V_IRQ unless RFLAGS.IF changes
 * with the entry.
 *
 * With the intercept VINTR, V_IRQ says when the guest could take the next.  If
 * it is used for one already, the next is looked at when that one's handler
 * ends, or at any exit before.
 */
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/svm/svm_priv.h>

static uint64_t event_type(enum hvm_event_type type)
{
    switch (type) {
    case HVM_EVENT_NMI: return SVM_EV_NMI;
    case HVM_EVENT_INTR: return SVM_EV_INTR;
    case HVM_EVENT_SOFT_INT: return SVM_EV_SOFT_INT;
    default: return SVM_EV_EXCEPTION;
    }
}

/*
 * Software events push the address after their instruction.  With NRIP-save
 * the hardware takes it from the nRIP field; without, RIP itself is moved
 * past the instruction, which a fault during the delivery then shows: the
 * same compromise that other hypervisors make on such processors.
 */
static __noinline void inject_by_eventinj(struct vcpu *v,
                                          const struct hvm_event *ev)
{
    struct vmcb *const b = v->arch->svm->vmcb;
    struct vcpu_state *const s = &v->arch->s;
    uint64_t inj = SVM_EV_VALID | FIELD_PREP(SVM_EV_VECTOR, ev->vector) |
                   FIELD_PREP(SVM_EV_TYPE, event_type(ev->type));

    if (ev->has_error) {
        inj |= SVM_EV_ERROR_VALID | FIELD_PREP(SVM_EV_ERROR, ev->error);
    }
    if (ev->insn_len) {
        if (ev->type == HVM_EVENT_SOFT_INT && svm_has(SVM_FEAT_NRIPS)) {
            vmcb_set_nrip(b, s->rip + ev->insn_len);
        } else {
            s->rip += ev->insn_len;
        }
    }
    if (ev->type == HVM_EVENT_NMI) {
        s->shadow |= HVM_SHADOW_NMI;
        vmcb_set_icpt_3(b, vmcb_get_icpt_3(b) | (uint32_t)SVM_I_IRET);
    }
    vmcb_set_eventinj(b, inj);
    v->arch->svm->oneshot = true;
}

bool svm_inject(struct vcpu *v, const struct hvm_event *ev)
{
    struct svm_vcpu *const sv = v->arch->svm;

    if (ev->type == HVM_EVENT_NONE) {
        vmcb_set_eventinj(sv->vmcb, 0);
        sv->virq = 0;
        sv->stale |= SVM_STALE_VINTR;
        return true;
    }
    if (sv->virq || (vmcb_get_eventinj(sv->vmcb) & SVM_EV_VALID)) {
        return false;
    }
    if (ev->type == HVM_EVENT_INTR && svm_features.intr_by_virq) {
        sv->virq = ev->vector;
        if (likely(!sv->window)) {
            svm_vintr_prepare(sv);
        } else {
            /* The window may be closed before the entry. */
            sv->stale |= SVM_STALE_VINTR;
        }
    } else {
        inject_by_eventinj(v, ev);
    }
    return true;
}

/* NMIs become possible at IRET, which is intercepted since the injection. */
void svm_want_window(struct vcpu *v, enum hvm_event_kind kind, bool on)
{
    if (kind == HVM_KIND_NMI && (v->arch->s.shadow & HVM_SHADOW_NMI)) {
        return;
    }
    v->arch->svm->window = on;
    v->arch->svm->stale |= SVM_STALE_VINTR;
}

void svm_vintr_prepare(struct svm_vcpu *sv)
{
    struct vmcb *const b = sv->vmcb;
    uint64_t vintr = vmcb_get_vintr(b) &
                     ~(SVM_V_IRQ | SVM_V_IGN_TPR | SVM_V_INTR_VECTOR);
    const uint32_t old = vmcb_get_icpt_3(b);
    uint32_t icpt = old & ~(uint32_t)SVM_I_VINTR;

    if (sv->virq) {
        vintr |= SVM_V_IRQ | SVM_V_IGN_TPR |
                 FIELD_PREP(SVM_V_INTR_VECTOR, sv->virq);
        if (sv->window) {
            icpt |= (uint32_t)SVM_I_IRET;
            sv->oneshot = true;
        }
    } else if (sv->window) {
        vintr |= SVM_V_IRQ | SVM_V_IGN_TPR;
        icpt |= (uint32_t)SVM_I_VINTR;
    }
    vmcb_set_vintr(b, vintr);
    if (icpt != old) {
        vmcb_set_icpt_3(b, icpt);
    }
    sv->stale &= ~SVM_STALE_VINTR;
}

/*
 * An interrupt of the machine's comes before a virtual one.  What did not go
 * in is given back, to be judged anew; unless its delivery had begun, which
 * is then in EXITINTINFO and svm_requeue()'s.
 */
void svm_vintr_finish(struct vcpu *v)
{
    struct svm_vcpu *const sv = v->arch->svm;
    const uint64_t vintr = vmcb_get_vintr(sv->vmcb);

    if (unlikely(vintr & SVM_V_IRQ)) {
        sv->stale |= SVM_STALE_VINTR;
        if (!(vmcb_get_exitintinfo(sv->vmcb) & SVM_EV_VALID)) {
            hvm_event_return(v, sv->virq);
        }
    }
    if (sv->window) {
        sv->stale |= SVM_STALE_VINTR;
    }
    sv->virq = 0;
}

/*
 * Put back an event, in the form of EXITINTINFO and EVENTINJ.  Software events
 * are raised again by executing their instruction again, without a word.
 */
void svm_requeue(struct vcpu *v, uint64_t info)
{
    struct hvm_event ev = {
        .vector = (uint8_t)field_get(SVM_EV_VECTOR, info),
        .has_error = info & SVM_EV_ERROR_VALID,
        .error = (uint32_t)field_get(SVM_EV_ERROR, info),
    };

    switch (field_get(SVM_EV_TYPE, info)) {
    case SVM_EV_INTR:
        ev.type = HVM_EVENT_INTR;
        break;
    case SVM_EV_NMI:
        ev.type = HVM_EVENT_NMI;
        v->arch->s.shadow &= ~(uint32_t)HVM_SHADOW_NMI;
        break;
    case SVM_EV_EXCEPTION:
        if (ev.vector == 3 || ev.vector == 4) {
            return;
        }
        /* QEMU says so of an interrupt, too, that V_IRQ let in. */
        ev.type = ev.vector < 32 ? HVM_EVENT_EXCEPTION : HVM_EVENT_INTR;
        break;
    default:
        return;
    }
    hvm_event_requeue(v, &ev);
}

void svm_take_back(struct vcpu *v)
{
    struct svm_vcpu *const sv = v->arch->svm;
    const uint64_t given = vmcb_get_eventinj(sv->vmcb);
    const uint8_t vector = sv->virq;

    if (vector) {
        sv->virq = 0;
        sv->stale |= SVM_STALE_VINTR;
        hvm_event_return(v, vector);
    } else if (given & SVM_EV_VALID) {
        vmcb_set_eventinj(sv->vmcb, 0);
        svm_requeue(v, given);
    }
}
