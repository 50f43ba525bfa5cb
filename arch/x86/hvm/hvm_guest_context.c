/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of a vCPU in the form that PV guests have
 * (struct vcpu_guest_context): of a PVH guest the tools read it to show them,
 * and write RAX with it when a suspension is called off.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/xen.h>
#include <core/arch/arch_save.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define RFLAGS_TOOLS UINT64_C(0x3f7fd5)

/* Members of struct vcpu_state and of struct cpu_user_regs. */
#define SAME_MEMBERS(X)                                                      \
    X(gpr[GPR_RAX], rax) X(gpr[GPR_RBX], rbx) X(gpr[GPR_RCX], rcx)           \
    X(gpr[GPR_RDX], rdx) X(gpr[GPR_RBP], rbp) X(gpr[GPR_RSI], rsi)           \
    X(gpr[GPR_RDI], rdi) X(gpr[GPR_RSP], rsp) X(gpr[GPR_R8], r8)             \
    X(gpr[GPR_R9], r9) X(gpr[GPR_R10], r10) X(gpr[GPR_R11], r11)             \
    X(gpr[GPR_R12], r12) X(gpr[GPR_R13], r13) X(gpr[GPR_R14], r14)           \
    X(gpr[GPR_R15], r15) X(rip, rip) X(rflags, rflags)

static void get_bases(const struct vcpu_state *s, struct vcpu_guest_context *c)
{
    const uint64_t gs = s->seg[SEG_GS].base;

    c->fs_base = s->seg[SEG_FS].base;
    c->gs_base_kernel = s->cpl == 0 ? gs : s->kernel_gs;
    c->gs_base_user = s->cpl == 0 ? s->kernel_gs : gs;
}

void arch_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct vcpu_state *const s = &v->arch->s;
    struct cpu_user_regs *const r = &c->user_regs;

    vcpu_state_pull(v, (uint32_t)HVM_ALL);
    memcpy(&c->fpu_ctxt, v->arch->fpu, sizeof(c->fpu_ctxt));
    c->flags = VGCF_i387_valid | (vcpu_is_down(v) ? 0 : VGCF_online);
#define X(ours, theirs) r->theirs = s->ours;
    SAME_MEMBERS(X)
#undef X
    r->cs = s->seg[SEG_CS].sel;
    r->ss = s->seg[SEG_SS].sel;
    r->ds = s->seg[SEG_DS].sel;
    r->es = s->seg[SEG_ES].sel;
    r->fs = s->seg[SEG_FS].sel;
    r->gs = s->seg[SEG_GS].sel;
    get_bases(s, c);
    c->ctrlreg[0] = s->cr0;
    c->ctrlreg[2] = s->cr2;
    c->ctrlreg[3] = s->cr3;
    c->ctrlreg[4] = s->cr4;
    for (unsigned int i = 0; i < 4; i++) {
        c->debugreg[i] = s->dr[i];
    }
    c->debugreg[6] = s->dr6;
    c->debugreg[7] = s->dr7;
}

/* As Xen does: what a PV guest would not have stays as it is. */
void arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct vcpu_state *const s = &v->arch->s;
    const struct cpu_user_regs *const r = &c->user_regs;

    vcpu_state_change(v, HVM_DR);
#define X(ours, theirs) s->ours = r->theirs;
    SAME_MEMBERS(X)
#undef X
    s->rflags = (s->rflags & RFLAGS_TOOLS) | RFLAGS_MBS;
    for (unsigned int i = 0; i < 4; i++) {
        s->dr[i] = c->debugreg[i];
    }
    s->dr6 = (c->debugreg[6] & DR6_WRITABLE) | DR6_BASE;
    s->dr7 = (c->debugreg[7] & DR7_WRITABLE) | DR7_BASE;
    hvm_debug_regs_set(v);
    if (c->flags & VGCF_i387_valid) {
        memcpy(v->arch->fpu, &c->fpu_ctxt, sizeof(c->fpu_ctxt));
    }
    if (c->flags & VGCF_online) {
        vcpu_up(v);
    } else {
        vcpu_park(v);
    }
}
