/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: injection, the window in which one that was held back can go in,
 * and what an exit interrupted.  SDM volume 3, "Event Injection", "Information
 * for VM Exits That Occur During Event Delivery".
 */
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/vmx/vmx_priv.h>

static uint32_t event_type(enum hvm_event_type type)
{
    switch (type) {
    case HVM_EVENT_NMI: return VMX_EV_NMI;
    case HVM_EVENT_INTR: return VMX_EV_INTR;
    case HVM_EVENT_SOFT_INT: return VMX_EV_SOFT_INT;
    case HVM_EVENT_SOFT_EXC: return VMX_EV_SOFT_EXC;
    case HVM_EVENT_PRIV_EXC: return VMX_EV_PRIV_EXC;
    default: return VMX_EV_EXCEPTION;
    }
}

/*
 * Only noted here: the fields are written right before the entry, so that a
 * vCPU which is reset meanwhile loses its event.  #BP and #OF exist only as
 * software exceptions.
 */
bool vmx_inject(struct vcpu *v, const struct hvm_event *ev)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    uint32_t type = event_type(ev->type);

    if (ev->type == HVM_EVENT_NONE) {
        vv->due &= ~VMX_DUE_EVENT;
        return true;
    }
    if (vv->due & VMX_DUE_EVENT) {
        return false;
    }
    if (ev->type == HVM_EVENT_EXCEPTION &&
        (ev->vector == X86_BP || ev->vector == X86_OF)) {
        type = VMX_EV_SOFT_EXC;
    }
    vv->event = VMX_EV_VALID |
                (uint32_t)FIELD_PREP(VMX_EV_VECTOR, ev->vector) |
                (uint32_t)FIELD_PREP(VMX_EV_TYPE, type);
    if (ev->has_error) {
        vv->event |= VMX_EV_ERROR;
        vv->event_error = ev->error;
    }
    vv->event_len = ev->insn_len;
    vv->due |= VMX_DUE_EVENT;
    return true;
}

void vmx_want_window(struct vcpu *v, enum hvm_event_kind kind, bool on)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    const uint32_t bit =
        kind == HVM_KIND_NMI ? PROC_NMI_WINDOW : PROC_INTR_WINDOW;

    if (on) {
        vv->want.proc |= bit;
    } else {
        vv->want.proc &= ~bit;
    }
    vv->due |= VMX_DUE_WORDS;
}

/*
 * Put back an event, in the form of the interruption fields.  Software events
 * are raised again by executing their instruction again, without a word.
 */
static void requeue(struct vcpu *v, uint32_t info, uint32_t error)
{
    struct hvm_event ev = {
        .vector = (uint8_t)field_get(VMX_EV_VECTOR, info),
        .has_error = info & VMX_EV_ERROR,
        .error = error,
    };

    switch (field_get(VMX_EV_TYPE, info)) {
    case VMX_EV_INTR:
        ev.type = HVM_EVENT_INTR;
        break;
    case VMX_EV_NMI:
        ev.type = HVM_EVENT_NMI;
        v->arch->s.shadow &= ~(uint32_t)HVM_SHADOW_NMI;
        break;
    case VMX_EV_EXCEPTION:
        ev.type = HVM_EVENT_EXCEPTION;
        break;
    default:
        return;
    }
    hvm_event_requeue(v, &ev);
}

void vmx_requeue(struct vcpu *v, uint32_t info)
{
    requeue(v, info, info & VMX_EV_ERROR ? vmcs_get_idt_error() : 0);
}

void vmx_take_back(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    vv->due &= ~VMX_DUE_EVENT;
    requeue(v, vv->event, vv->event & VMX_EV_ERROR ? vv->event_error : 0);
}
