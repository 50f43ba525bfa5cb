/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record CPU: general, control, segment and debug registers, the MSRs of
 * system calls, x87 and SSE state, the time stamp counter, and an event that
 * waits to be delivered.
 *
 * What the hypervisor would load by an instruction that faults on it is
 * refused: addresses of system calls that are not canonical, upper halves of
 * debug registers, bits of XCR0.  Nonsense in what only the entry checks ends
 * the domain when it is entered.
 */
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hvm/hvm_save.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define FXSAVE_BYTES 512u
#define XSTATE_BV_OFFSET 512u

#define PENDING_VALID BIT32(31)
#define PENDING_ERROR BIT32(11)
#define PENDING_TYPE GENMASK64(10, 8)
#define PENDING_VECTOR GENMASK64(7, 0)
/* The types are those of both processors' manuals. */
#define PENDING_INTR 0u
#define PENDING_NMI 2u
#define PENDING_EXCEPTION 3u
#define PENDING_SOFT_INT 4u

/* Of a processor that does not say how wide its addresses are. */
#define PHYSICAL_BITS_MIN 36u

#define RFLAGS_DEFINED UINT64_C(0x3f7fd7)
#define SEG_ATTR_ALL GENMASK64(11, 0)
#define TYPE_ACCESSED BIT(0)
#define TYPE_BUSY BIT(1)

/* Members of struct vcpu_state and of the record that are the same. */
#define SAME_MEMBERS(X)                                                      \
    X(gpr[GPR_RAX], rax) X(gpr[GPR_RBX], rbx) X(gpr[GPR_RCX], rcx)           \
    X(gpr[GPR_RDX], rdx) X(gpr[GPR_RBP], rbp) X(gpr[GPR_RSI], rsi)           \
    X(gpr[GPR_RDI], rdi) X(gpr[GPR_RSP], rsp) X(gpr[GPR_R8], r8)             \
    X(gpr[GPR_R9], r9) X(gpr[GPR_R10], r10) X(gpr[GPR_R11], r11)             \
    X(gpr[GPR_R12], r12) X(gpr[GPR_R13], r13) X(gpr[GPR_R14], r14)           \
    X(gpr[GPR_R15], r15) X(rip, rip) X(rflags, rflags) X(cr0, cr0)           \
    X(cr2, cr2) X(cr3, cr3) X(cr4, cr4) X(efer, msr_efer) X(dr[0], dr0)      \
    X(dr[1], dr1) X(dr[2], dr2) X(dr[3], dr3) X(dr6, dr6) X(dr7, dr7)        \
    X(star, msr_star) X(lstar, msr_lstar) X(cstar, msr_cstar)                \
    X(sfmask, msr_syscall_mask) X(kernel_gs, shadow_gs)                      \
    X(sysenter_cs, sysenter_cs) X(sysenter_esp, sysenter_esp)                \
    X(sysenter_eip, sysenter_eip)

#define SEGMENTS(X)                                                          \
    X(SEG_ES, es) X(SEG_CS, cs) X(SEG_SS, ss) X(SEG_DS, ds) X(SEG_FS, fs)    \
    X(SEG_GS, gs) X(SEG_TR, tr) X(SEG_LDTR, ldtr)

/*
 * The processors differ in what they keep of attributes: AMD's forgets the
 * accessed and busy bits, S, and G of a code segment.
 */
static uint32_t attr_to_save(const struct vcpu_state *s, unsigned int reg)
{
    const struct segment *const g = &s->seg[reg];
    uint32_t attr = g->attr;

    if (reg == SEG_TR) {
        attr |= (uint32_t)(TYPE_BUSY | SEG_ATTR_P);
    }
    if (reg == SEG_CS) {
        attr |= (uint32_t)SEG_ATTR_P;
    }
    if (reg == SEG_SS) {
        attr = (uint32_t)field_set(attr, SEG_ATTR_DPL, s->cpl);
    }
    if (!(attr & SEG_ATTR_P)) {
        return attr;
    }
    attr &= ~(uint32_t)(SEG_ATTR_S | SEG_ATTR_G);
    if (reg < SEG_LDTR) {
        attr |= (uint32_t)(SEG_ATTR_S | TYPE_ACCESSED);
    }
    return attr | (g->limit >> 20 ? (uint32_t)SEG_ATTR_G : 0);
}

static void save_pending(const struct vcpu *v, struct hvm_hw_cpu *r)
{
    const struct hvm_event *const ev = &v->arch->event;
    uint32_t type;

    switch (ev->type) {
    case HVM_EVENT_INTR: type = PENDING_INTR; break;
    case HVM_EVENT_NMI: type = PENDING_NMI; break;
    case HVM_EVENT_EXCEPTION: type = PENDING_EXCEPTION; break;
    default:
        /* Software events come again with their instruction. */
        if (v->arch->nmi_pending) {
            r->pending_event = PENDING_VALID | X86_NMI |
                               (uint32_t)FIELD_PREP(PENDING_TYPE, PENDING_NMI);
        }
        return;
    }
    r->pending_event = PENDING_VALID | ev->vector |
                       (uint32_t)FIELD_PREP(PENDING_TYPE, type) |
                       (ev->has_error ? PENDING_ERROR : 0);
    r->error_code = ev->error;
}

uint32_t hvm_cpu_save(struct vcpu *v, void *body)
{
    struct vcpu_state *const s = &v->arch->s;
    struct hvm_hw_cpu *const r = body;

    if (vcpu_is_down(v)) {
        return 0;
    }
    vcpu_state_pull(v, (uint32_t)HVM_ALL);
    memset(r, 0, sizeof(*r));
#define X(ours, theirs) r->theirs = s->ours;
    SAME_MEMBERS(X)
#undef X
#define X(reg, name)                                                         \
    r->name##_sel = s->seg[reg].sel;                                         \
    r->name##_limit = s->seg[reg].limit;                                     \
    r->name##_base = s->seg[reg].base;                                       \
    r->name##_arbytes = attr_to_save(s, (reg));
    SEGMENTS(X)
#undef X
    r->gdtr_base = s->seg[SEG_GDTR].base;
    r->gdtr_limit = s->seg[SEG_GDTR].limit;
    r->idtr_base = s->seg[SEG_IDTR].base;
    r->idtr_limit = s->seg[SEG_IDTR].limit;
    memcpy(r->fpu_regs, v->arch->fpu, FXSAVE_BYTES);
    r->flags = XEN_X86_FPU_INITIALISED;
    r->msr_tsc_aux = v->arch->tsc_aux;
    r->tsc = v->domain->arch->sync_cycles + v->arch->tsc_offset;
    save_pending(v, r);
    return sizeof(*r);
}

static bool pending_is_legal(const struct hvm_hw_cpu *r)
{
    const uint32_t defined = (uint32_t)(PENDING_VALID | PENDING_ERROR |
                                        PENDING_TYPE | PENDING_VECTOR);
    const uint64_t type = field_get(PENDING_TYPE, r->pending_event);

    if (!(r->pending_event & PENDING_VALID)) {
        return true;
    }
    if ((r->pending_event & ~defined) || type > PENDING_SOFT_INT ||
        type == 1) {
        return false;
    }
    if ((r->pending_event & PENDING_ERROR) && r->error_code >> 16) {
        return false;
    }
    return type != PENDING_EXCEPTION || (uint8_t)r->pending_event < 32;
}

int hvm_cpu_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct domain *const d = v->domain;
    const uint32_t announced = d->arch->cpuid->ext[8].eax & 0xff;
    const uint32_t width = announced ? announced : PHYSICAL_BITS_MIN;
    const struct hvm_hw_cpu *const r = body;

    if (r->pad0 || (r->flags & ~XEN_X86_FPU_INITIALISED) ||
        !(r->cr0 & CR0_ET) || r->cr3 >> width ||
        !hvm_cr_is_legal(d, r->cr0, r->cr4, r->msr_efer)) {
        return -EINVAL;
    }
    if (!hvm_is_canonical(r->msr_lstar) || !hvm_is_canonical(r->msr_cstar) ||
        !hvm_is_canonical(r->shadow_gs) ||
        !hvm_is_canonical(r->sysenter_esp) ||
        !hvm_is_canonical(r->sysenter_eip) ||
        !hvm_is_canonical(r->fs_base) || !hvm_is_canonical(r->gs_base)) {
        return -EINVAL;
    }
    if ((r->msr_syscall_mask | r->sysenter_cs | r->msr_tsc_aux | r->dr6 |
         r->dr7) >> 32) {
        return -EINVAL;
    }
    return pending_is_legal(r) ? 0 : -EINVAL;
}

static void load_fpu(struct vcpu *v, const struct hvm_hw_cpu *r)
{
    const uint64_t legacy = XCR0_X87 | XCR0_SSE;

    fpu_area_init(v->arch->fpu);
    if (!(r->flags & XEN_X86_FPU_INITIALISED)) {
        return;
    }
    memcpy(v->arch->fpu, r->fpu_regs, FXSAVE_BYTES);
    if (fpu_has_xsave()) {
        memcpy((uint8_t *)v->arch->fpu + XSTATE_BV_OFFSET, &legacy,
               sizeof(legacy));
    }
}

static void load_pending(struct vcpu *v, const struct hvm_hw_cpu *r)
{
    struct hvm_event ev = {
        .vector = (uint8_t)r->pending_event,
        .has_error = r->pending_event & PENDING_ERROR,
        .error = r->error_code,
    };

    v->arch->nmi_pending = 0;
    if (!(r->pending_event & PENDING_VALID)) {
        return;
    }
    switch (field_get(PENDING_TYPE, r->pending_event)) {
    case PENDING_INTR: ev.type = HVM_EVENT_INTR; break;
    case PENDING_NMI: ev.type = HVM_EVENT_NMI; break;
    case PENDING_EXCEPTION:
        if (ev.vector == X86_BP || ev.vector == X86_OF) {
            return;
        }
        ev.type = HVM_EVENT_EXCEPTION;
        break;
    default:
        return;
    }
    hvm_event_requeue(v, &ev);
}

static uint8_t cpl_of(const struct vcpu_state *s)
{
    if (!(s->cr0 & CR0_PE)) {
        return 0;
    }
    if (s->rflags & RFLAGS_VM) {
        return 3;
    }
    return (uint8_t)field_get(SEG_ATTR_DPL, s->seg[SEG_SS].attr);
}

static void load_segments(struct vcpu_state *s, const struct hvm_hw_cpu *r)
{
#define X(reg, name)                                                         \
    s->seg[reg] = (struct segment){                                          \
        .sel = (uint16_t)r->name##_sel, .limit = r->name##_limit,            \
        .base = r->name##_base,                                              \
        .attr = (uint16_t)(r->name##_arbytes & SEG_ATTR_ALL),                \
    };
    SEGMENTS(X)
#undef X
    for (unsigned int i = SEG_ES; i <= SEG_TR; i++) {
        s->seg[i].attr = (uint16_t)((s->seg[i].attr & ~SEG_ATTR_G) |
                                    (s->seg[i].limit >> 20 ? SEG_ATTR_G : 0));
    }
    s->seg[SEG_GDTR] = (struct segment){ .base = r->gdtr_base,
                                         .limit = r->gdtr_limit & 0xffff };
    s->seg[SEG_IDTR] = (struct segment){ .base = r->idtr_base,
                                         .limit = r->idtr_limit & 0xffff };
}

/* The PAT is in another record, which may have come before. */
void hvm_cpu_load(struct vcpu *v, const void *body, uint32_t bytes)
{
    struct vcpu_state *const s = &v->arch->s;
    const struct hvm_hw_cpu *const r = body;

    vcpu_state_pull(v, (uint32_t)HVM_PAT);
    const uint64_t pat = s->pat;

    hvm_vcpu_reset(v);
    s->pat = pat;
#define X(ours, theirs) s->ours = r->theirs;
    SAME_MEMBERS(X)
#undef X
    s->rflags = (s->rflags & RFLAGS_DEFINED) | RFLAGS_MBS;
    s->dr6 = (s->dr6 & DR6_WRITABLE) | DR6_BASE;
    s->dr7 = (s->dr7 & DR7_WRITABLE) | DR7_BASE;
    hvm_debug_regs_set(v);
    load_segments(s, r);
    s->cpl = cpl_of(s);
    s->is_64bit = (s->efer & EFER_LMA) && (s->seg[SEG_CS].attr & SEG_ATTR_L);
    load_fpu(v, r);
    load_pending(v, r);
    v->arch->tsc_aux = r->msr_tsc_aux;
    hvm_vcpu_set_tsc_offset(v, r->tsc - v->domain->arch->sync_cycles);
    /* Translations of what ran here before must not be used. */
    v->arch->p2m_generation = 0;
    hvm_event_recheck(v);
    vcpu_up(v);
    vcpu_notify(v);
}
