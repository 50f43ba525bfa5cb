/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From exit reasons to the common record.  SDM volume 3, "Basic VM-Exit
 * Information", appendix "VMX Basic Exit Reasons".
 */
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/vmx/vmx_priv.h>

struct exit_row {
    uint8_t kind;     /* enum hvm_exit_kind                                  */
    bool is_insn;     /* Nothing to know but the length of an instruction    */
};

#define ROW(code, exit_kind, insn) \
    [VMX_EXIT_##code] = { HVM_EXIT_##exit_kind, (insn) }

static const struct exit_row exit_rows[] = {
    ROW(EXCEPTION, EXCEPTION, false),
    ROW(EXT_INTR, INTR, false),
    ROW(TRIPLE_FAULT, SHUTDOWN, false),
    ROW(INTR_WINDOW, WINDOW, false),
    ROW(NMI_WINDOW, WINDOW, false),
    ROW(TASK_SWITCH, TASK_SWITCH, false),
    ROW(CPUID, CPUID, true),
    ROW(GETSEC, UNDEFINED, false),
    ROW(HLT, HLT, true),
    ROW(INVD, WBINVD, true),
    ROW(RDPMC, RDPMC, false),
    ROW(RDTSC, RDTSC, true),
    ROW(VMCALL, HYPERCALL, true),
    ROW(VMCLEAR, UNDEFINED, false),
    ROW(VMLAUNCH, UNDEFINED, false),
    ROW(VMPTRLD, UNDEFINED, false),
    ROW(VMPTRST, UNDEFINED, false),
    ROW(VMREAD, UNDEFINED, false),
    ROW(VMRESUME, UNDEFINED, false),
    ROW(VMWRITE, UNDEFINED, false),
    ROW(VMXOFF, UNDEFINED, false),
    ROW(VMXON, UNDEFINED, false),
    ROW(CR, CR_ACCESS, false),
    ROW(DR, DR_ACCESS, true),
    ROW(IO, IO, false),
    ROW(RDMSR, RDMSR, true),
    ROW(WRMSR, WRMSR, true),
    ROW(MWAIT, UNDEFINED, false),
    ROW(MONITOR, UNDEFINED, false),
    ROW(PAUSE, PAUSE, true),
    ROW(ENTRY_MC, ENTRY_FAIL, false),
    ROW(EOI, EOI, false),
    ROW(EPT_VIOLATION, GPA_FAULT, false),
    ROW(INVEPT, UNDEFINED, false),
    ROW(RDTSCP, RDTSC, true),
    ROW(PREEMPT_TIMER, TIMER, false),
    ROW(INVVPID, UNDEFINED, false),
    ROW(WBINVD, WBINVD, true),
    ROW(XSETBV, XSETBV, true),
    ROW(APIC_WRITE, APIC, false),
    ROW(VMFUNC, UNDEFINED, false),
};

static void decode_io(struct hvm_exit *exit)
{
    const uint64_t q = exit->qual;

    exit->u.io.port = (uint16_t)field_get(VMX_IO_PORT, q);
    exit->u.io.size = (uint8_t)(field_get(VMX_IO_SIZE, q) + 1);
    exit->u.io.is_in = q & VMX_IO_IN;
    exit->u.io.is_string = q & VMX_IO_STRING;
    exit->u.io.is_rep = q & VMX_IO_REP;
}

static void decode_cr(struct hvm_exit *exit)
{
    const uint64_t q = exit->qual;
    const uint64_t access = field_get(VMX_CR_ACCESS, q);

    exit->u.cr.nr = (uint8_t)field_get(VMX_CR_NR, q);
    exit->u.cr.gpr = (uint8_t)field_get(VMX_CR_GPR, q);
    exit->u.cr.is_write = access == VMX_CR_TO;
    exit->u.cr.is_clts = access == VMX_CR_CLTS;
    exit->u.cr.is_lmsw = access == VMX_CR_LMSW_TO;
    if (access == VMX_CR_LMSW_TO) {
        exit->qual = field_get(VMX_CR_LMSW, q);
    }
}

static void decode_fault(struct vcpu *v, struct hvm_exit *exit)
{
    const uint64_t q = exit->qual;
    uint32_t access = 0;

    if (q & VMX_EPT_FETCH) {
        access = GPA_FAULT_EXEC;
    } else if (q & VMX_EPT_WRITE) {
        access = GPA_FAULT_WRITE;
    } else {
        access = GPA_FAULT_READ;
    }
    if (q & VMX_EPT_RIGHTS) {
        access |= GPA_FAULT_PRESENT;
    }
    if (q & VMX_EPT_GVA_VALID) {
        access |= GPA_FAULT_GVA_VALID;
        exit->gva = vmcs_fast_get_guest_linear();
        if (!(q & VMX_EPT_NOT_WALK)) {
            access |= GPA_FAULT_IN_WALK;
        }
    }
    exit->u.fault.access = access;
    exit->gpa = vmcs_fast_get_guest_physical();
    /* The IRET that faulted had already let NMIs in again. */
    if (unlikely(q & VMX_EPT_NMI_UNBLOCKED)) {
        v->arch->s.shadow |= (uint32_t)HVM_SHADOW_NMI;
    }
}

/*
 * The exit has taken the place of the exception's effects: DR6 and DR7 are
 * as before, and RIP is still at an ICEBP, which is a trap.
 */
static void debug_exception(struct vcpu *v, const struct hvm_exit *exit,
                            uint32_t info)
{
    const uint64_t causes = DR6_B | DR6_BD | DR6_BS;
    struct vcpu_state *const s = &v->arch->s;

    if (field_get(VMX_EV_TYPE, info) == VMX_EV_PRIV_EXC) {
        s->rip += vmcs_get_insn_len();
        s->shadow &= ~(uint32_t)HVM_SHADOW_ANY;
        return;
    }
    vcpu_state_change(v, HVM_DR);
    s->dr6 = (s->dr6 & ~DR6_B) | (exit->qual & causes);
    if (exit->qual & DR6_BD) {
        s->dr7 &= ~DR7_GD;
    }
}

static void decode_exception(struct vcpu *v, struct hvm_exit *exit)
{
    const uint32_t info = vmcs_get_exit_intr_info();

    if (field_get(VMX_EV_TYPE, info) == VMX_EV_NMI) {
        /* NMIs stay blocked until the handler's IRET. */
        trap_raise_nmi();
        exit->kind = HVM_EXIT_NMI;
        return;
    }
    exit->u.exc.vector = (uint8_t)field_get(VMX_EV_VECTOR, info);
    exit->u.exc.has_error = info & VMX_EV_ERROR;
    exit->u.exc.error = 0;
    if (info & VMX_EV_ERROR) {
        exit->u.exc.error = vmcs_get_exit_intr_error();
    }
    exit->gva = exit->qual;
    if (exit->u.exc.vector == X86_MC) {
        trap_raise_mce();
    } else if (exit->u.exc.vector == X86_DB) {
        debug_exception(v, exit, info);
    }
    if (info & VMX_EV_NMI_UNBLOCKED) {
        v->arch->s.shadow |= (uint32_t)HVM_SHADOW_NMI;
    }
}

/* An event that was being delivered is put back. */
static void check_delivery(struct vcpu *v)
{
    const uint32_t info = vmcs_fast_get_idt_info();

    if (unlikely(info & VMX_EV_VALID)) {
        vmx_requeue(v, info);
    }
}

static enum hvm_exit_kind kind_of(uint32_t reason)
{
    if (reason & VMX_REASON_ENTRY_FAIL) {
        return HVM_EXIT_ENTRY_FAIL;
    }
    if (reason < ARRAY_SIZE(exit_rows) && exit_rows[reason].kind) {
        return (enum hvm_exit_kind)exit_rows[reason].kind;
    }
    return HVM_EXIT_UNKNOWN;
}

static __noinline void decode_other(struct vcpu *v, uint32_t reason,
                                    struct hvm_exit *exit)
{
    exit->kind = kind_of(reason);
    exit->reason = reason;
    exit->insn_len = 0;
    exit->insn_bytes = 0;
    exit->qual = vmcs_fast_get_qualification();
    switch (field_get(VMX_REASON_BASIC, reason)) {
    case VMX_EXIT_EXCEPTION:
        check_delivery(v);
        decode_exception(v, exit);
        break;
    case VMX_EXIT_NMI_WINDOW:
        vmx_want_window(v, HVM_KIND_NMI, false);
        break;
    case VMX_EXIT_CR:
        exit->insn_len = (uint8_t)vmcs_get_insn_len();
        decode_cr(exit);
        break;
    case VMX_EXIT_IO:
        exit->insn_len = (uint8_t)vmcs_get_insn_len();
        decode_io(exit);
        break;
    case VMX_EXIT_EOI:
        exit->u.apic.offset = (uint8_t)exit->qual;
        break;
    case VMX_EXIT_APIC_WRITE:
        exit->u.apic.offset = (uint32_t)(exit->qual & ~PAGE_MASK);
        break;
    case VMX_EXIT_EPT_VIOLATION:
        check_delivery(v);
        decode_fault(v, exit);
        break;
    case VMX_EXIT_ENTRY_MC:
        trap_raise_mce();
        break;
    case VMX_EXIT_PREEMPT_TIMER:
        vmcs_set_preempt_timer(vmx_features.guest_slice);
        break;
    case VMX_EXIT_INIT:
    case VMX_EXIT_SIPI:
        exit->kind = HVM_EXIT_NONE;
        break;
    default:
        break;
    }
}

/* An exit of an instruction needs its length only; others are rare. */
static inline void decode_exit(struct vcpu *v, struct vcpu_state *s,
                               struct hvm_exit *exit)
{
    const uint64_t reason = vmcs_fast_get_exit_reason();

    /* Bit 31, a failed entry, is above all rows. */
    if (unlikely(reason >= ARRAY_SIZE(exit_rows) ||
                 !exit_rows[reason].is_insn)) {
        decode_other(v, (uint32_t)reason, exit);
        return;
    }
    exit->kind = exit_rows[reason].kind;
    exit->insn_len = (uint8_t)vmcs_fast_get_insn_len();
    if (reason == VMX_EXIT_VMCALL) {
        vmx_pull_mode(s);
        s->valid = (uint32_t)HVM_MODE;
    }
}

/*
 * What is seldom there: an interrupt shadow, a change in what the processor
 * delivers by itself.  The shadow is looked at before the next entry.
 */
static __noinline void leave_slow(struct vcpu *v, struct hvm_exit *exit)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    struct vcpu_state *const s = &v->arch->s;
    const uint32_t blocking = s->shadow;

    s->shadow = blocking & (uint32_t)HVM_SHADOW_ANY;
    if (blocking & VMX_BLOCK_NMI) {
        s->shadow |= (uint32_t)HVM_SHADOW_NMI;
    }
    vv->shadow = s->shadow;
    if (v->arch->vlapic.hw_delivery) {
        vmx_apicv_finish(v, vmcs_fast_get_guest_intr_status());
    }
    decode_exit(v, s, exit);
}

void vmx_leave(struct vcpu *v, struct hvm_exit *exit, struct vcpu_state *s,
               struct vmx_vcpu *vv)
{
    const struct arch_vcpu *const a = container_of(s, struct arch_vcpu, s);
    const uint64_t rip = vmcs_fast_get_guest_rip();
    const uint64_t rsp = vmcs_fast_get_guest_rsp();
    const uint64_t rflags = vmcs_fast_get_guest_rflags();
    uint32_t rare = vmcs_fast_get_guest_interruptibility();

    s->valid = 0;
    s->rip = rip;
    vv->rip = rip;
    s->gpr[GPR_RSP] = rsp;
    vv->rsp = rsp;
    s->rflags = rflags;
    vv->rflags = rflags & ~RFLAGS_TF;
    s->shadow = rare;
    if (a->vlapic.hw_delivery) {
        rare |= vv->intr_status ^ vmcs_fast_get_guest_intr_status();
    }
    if (unlikely(rare)) {
        leave_slow(v, exit);
    } else {
        decode_exit(v, s, exit);
    }
}

/* VMLAUNCH or VMRESUME did not even look at the guest's state. */
void vmx_refused(struct vcpu *v, struct hvm_exit *exit)
{
    v->arch->vmx->is_launched = false;
    v->arch->s.valid = 0;
    *exit = (struct hvm_exit){
        .kind = HVM_EXIT_ENTRY_FAIL,
        .reason = vmcs_get_insn_error(),
    };
}
