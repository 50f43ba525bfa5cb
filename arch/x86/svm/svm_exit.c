/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From exit codes to the common record.  APM volume 2, appendix "SVM
 * Intercept Exit Codes".
 *
 * Without NRIP-save the length of an instruction comes from this table: all
 * of these have one encoding.  A guest that adds useless prefixes to one of
 * them on such a processor resumes inside it, to nobody's harm but its own.
 */
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/svm/svm_priv.h>

struct exit_row {
    uint8_t kind;     /* enum hvm_exit_kind                                  */
    uint8_t insn_len; /* 0: not an instruction, or of any length             */
};

#define ROW(code, exit_kind, len) \
    [SVM_EXIT_##code] = { HVM_EXIT_##exit_kind, (len) }

static const struct exit_row exit_rows[] = {
    ROW(INTR, INTR, 0),
    ROW(NMI, NMI, 0),
    ROW(VINTR, WINDOW, 0),
    ROW(RDTSC, RDTSC, 2),
    ROW(RDTSCP, RDTSC, 3),
    ROW(RDPMC, RDPMC, 2),
    ROW(CPUID, CPUID, 2),
    ROW(INVD, WBINVD, 2),
    ROW(WBINVD, WBINVD, 2),
    ROW(PAUSE, PAUSE, 2),
    ROW(HLT, HLT, 1),
    ROW(IOIO, IO, 0),
    ROW(MSR, RDMSR, 2),
    ROW(TASK_SWITCH, TASK_SWITCH, 0),
    ROW(SHUTDOWN, SHUTDOWN, 0),
    ROW(VMMCALL, HYPERCALL, 3),
    ROW(VMRUN, UNDEFINED, 0),
    ROW(VMLOAD, UNDEFINED, 0),
    ROW(VMSAVE, UNDEFINED, 0),
    ROW(STGI, UNDEFINED, 0),
    ROW(CLGI, UNDEFINED, 0),
    ROW(SKINIT, UNDEFINED, 0),
    ROW(INVLPGA, UNDEFINED, 0),
    ROW(MONITOR, UNDEFINED, 0),
    ROW(MWAIT, UNDEFINED, 0),
    ROW(MWAIT_ARMED, UNDEFINED, 0),
    ROW(RDPRU, UNDEFINED, 0),
    ROW(XSETBV, XSETBV, 3),
};

static void decode_io(const struct vmcb *b, const struct vcpu_state *s,
                      struct hvm_exit *exit)
{
    const uint64_t info = vmcb_get_exitinfo1(b);

    exit->u.io.port = (uint16_t)field_get(SVM_IO_PORT, info);
    exit->u.io.size = (uint8_t)field_get(SVM_IO_SIZE, info);
    exit->u.io.is_in = info & SVM_IO_IN;
    exit->u.io.is_string = info & SVM_IO_STRING;
    exit->u.io.is_rep = info & SVM_IO_REP;
    /* The next RIP is given even without NRIP-save. */
    exit->insn_len = (uint8_t)(vmcb_get_exitinfo2(b) - s->rip);
}

static void decode_fault(const struct vmcb *b, struct hvm_exit *exit)
{
    const uint64_t error = vmcb_get_exitinfo1(b);
    uint32_t access = 0;

    if (error & BIT(4)) {
        access |= GPA_FAULT_EXEC;
    } else if (error & BIT(1)) {
        access |= GPA_FAULT_WRITE;
    } else {
        access |= GPA_FAULT_READ;
    }
    if (error & BIT(0)) {
        access |= GPA_FAULT_PRESENT;
    }
    if (error & SVM_NPF_WALK) {
        access |= GPA_FAULT_IN_WALK;
    }
    exit->kind = HVM_EXIT_GPA_FAULT;
    exit->u.fault.access = access;
    exit->gpa = vmcb_get_exitinfo2(b);
    exit->insn_bytes = 0;
    if (svm_has(SVM_FEAT_DECODE)) {
        exit->insn_bytes = vmcb_get_insn_count(b) & 0xf;
        exit->insn = &b->raw[VMCB_INSN_BYTES];
    }
}

static void decode_cr(const struct vmcb *b, uint32_t code,
                      struct hvm_exit *exit)
{
    const uint64_t info = vmcb_get_exitinfo1(b);

    exit->kind = HVM_EXIT_CR_ACCESS;
    exit->u.cr.nr = code & 0xf;
    exit->u.cr.is_write = code >= SVM_EXIT_CR_WRITE;
    exit->u.cr.is_lmsw = false;
    exit->u.cr.is_clts = false;
    if (svm_has(SVM_FEAT_DECODE) && (info & SVM_CR_MOV)) {
        exit->u.cr.gpr = (uint8_t)field_get(SVM_CR_GPR, info);
    } else {
        exit->u.cr.gpr = 0xff;
    }
}

/* Of the vectors that have an error code, those that can exit here. */
#define EXC_WITH_ERROR                                                       \
    (BIT(8) | BIT(10) | BIT(11) | BIT(12) | BIT(13) | BIT(14) | BIT(17))

static void decode_exception(struct vcpu *v, uint32_t vector,
                             struct hvm_exit *exit)
{
    const struct vmcb *const b = v->arch->svm->vmcb;

    exit->kind = HVM_EXIT_EXCEPTION;
    exit->u.exc.vector = (uint8_t)vector;
    exit->u.exc.has_error = EXC_WITH_ERROR & BIT(vector);
    exit->u.exc.error = (uint32_t)vmcb_get_exitinfo1(b);
    exit->gva = vmcb_get_exitinfo2(b);
    if (vector == X86_MC) {
        /* The intercept took the place of the host's own exception. */
        trap_raise_mce();
    }
}

/*
 * IRET ends the time in which NMIs are held off, but it has not run yet: an
 * NMI here would push its frame over the one that IRET is to pop, when the
 * handler has a stack of its own.  A shadow lets IRET go first.
 */
static void handle_iret(struct vcpu *v)
{
    struct vmcb *const b = v->arch->svm->vmcb;

    v->arch->s.shadow &= ~(uint32_t)HVM_SHADOW_NMI;
    v->arch->s.shadow |= HVM_SHADOW_STI;
    vmcb_set_icpt_3(b, vmcb_get_icpt_3(b) & ~(uint32_t)SVM_I_IRET);
}

/* The machine's own events: STGI has let them happen by now. */
static bool is_machine_event(uint64_t code)
{
    return code == SVM_EXIT_SMI || code == SVM_EXIT_INIT ||
           code == SVM_EXIT_FERR_FREEZE;
}

/* All that is not a row of the table, and rows that need more than it. */
static __noinline void decode_other(struct vcpu *v, struct hvm_exit *exit)
{
    const struct vmcb *const b = v->arch->svm->vmcb;
    const uint64_t code = vmcb_get_exitcode(b);

    exit->reason = code;
    exit->qual = vmcb_get_exitinfo1(b);
    exit->insn_len = 0;
    if (code == SVM_EXIT_NPF) {
        decode_fault(b, exit);
    } else if (code == SVM_EXIT_IRET) {
        handle_iret(v);
        exit->kind = HVM_EXIT_WINDOW;
    } else if (code < SVM_EXIT_DR_READ || code == SVM_EXIT_CR0_SEL_WRITE) {
        decode_cr(b, (uint32_t)code, exit);
    } else if (code < SVM_EXIT_EXCEPTION) {
        exit->kind = HVM_EXIT_DR_ACCESS;
    } else if (code - SVM_EXIT_EXCEPTION < 32) {
        decode_exception(v, (uint32_t)(code - SVM_EXIT_EXCEPTION), exit);
    } else if (code == (uint64_t)SVM_EXIT_INVALID ||
               code == (uint32_t)SVM_EXIT_INVALID) {
        exit->kind = HVM_EXIT_ENTRY_FAIL;
    } else if (is_machine_event(code)) {
        exit->kind = HVM_EXIT_NONE;
    } else {
        exit->kind = HVM_EXIT_UNKNOWN;
    }
}

static inline void decode_exit(struct vcpu *v, struct vcpu_state *s,
                               const struct vmcb *b, struct hvm_exit *exit)
{
    const uint64_t code = vmcb_get_exitcode(b);

    if (unlikely(code >= ARRAY_SIZE(exit_rows) ||
                 exit_rows[code].kind == HVM_EXIT_NONE)) {
        decode_other(v, exit);
        return;
    }
    const struct exit_row *const row = &exit_rows[code];

    exit->kind = row->kind;
    exit->insn_len = row->insn_len;
    if (row->insn_len && svm_has(SVM_FEAT_NRIPS)) {
        exit->insn_len = (uint8_t)(vmcb_get_nrip(b) - s->rip);
    }
    if (code == SVM_EXIT_VMMCALL) {
        /* The one exit that always asks for the mode. */
        svm_pull_mode(s, b);
        s->valid = (uint32_t)HVM_MODE;
    } else if (code == SVM_EXIT_MSR) {
        exit->kind = vmcb_get_exitinfo1(b) & 1 ? HVM_EXIT_WRMSR
                                               : HVM_EXIT_RDMSR;
    } else if (code == SVM_EXIT_IOIO) {
        decode_io(b, s, exit);
    }
}

/*
 * What is seldom there: an event by EVENTINJ, one by V_IRQ that did not go in
 * or one whose delivery the exit cut short.
 */
static __noinline void leave_slow(struct vcpu *v, struct hvm_exit *exit)
{
    struct svm_vcpu *const sv = v->arch->svm;
    struct vcpu_state *const s = &v->arch->s;

    if (sv->oneshot) {
        vmcb_set_tlb_control(sv->vmcb, SVM_TLB_NOTHING);
        vmcb_set_eventinj(sv->vmcb, 0);
        sv->oneshot = false;
    }
    if (sv->virq) {
        svm_vintr_finish(v);
    }
    if (vmcb_get_exitintinfo(sv->vmcb) & SVM_EV_VALID) {
        svm_requeue(v, vmcb_get_exitintinfo(sv->vmcb));
    }
    decode_exit(v, s, sv->vmcb, exit);
}

void svm_leave(struct vcpu *v, struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    struct svm_vcpu *const sv = v->arch->svm;
    struct vmcb *const b = sv->vmcb;

    s->valid = 0;
    s->gpr[GPR_RAX] = vmcb_get_rax(b);
    s->gpr[GPR_RSP] = vmcb_get_rsp(b);
    s->rip = vmcb_get_rip(b);
    s->rflags = vmcb_get_rflags(b);
    /* Processors without clean bits do not look. */
    vmcb_set_clean(b, UINT32_MAX);
    /* HLT behind STI, mostly. */
    if (unlikely(vmcb_get_interrupt_shadow(b) & SVM_INT_SHADOW)) {
        s->shadow |= HVM_SHADOW_STI;
        vmcb_set_interrupt_shadow(b, 0);
    }
    if (unlikely(sv->virq | sv->oneshot |
                 (vmcb_get_exitintinfo(b) & SVM_EV_VALID))) {
        if (sv->oneshot || (vmcb_get_vintr(b) & SVM_V_IRQ) ||
            (vmcb_get_exitintinfo(b) & SVM_EV_VALID)) {
            leave_slow(v, exit);
            return;
        }
        /* It went in, and its delivery is over. */
        sv->virq = 0;
    }
    decode_exit(v, s, b, exit);
}
