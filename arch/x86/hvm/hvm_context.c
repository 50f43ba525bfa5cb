/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VCPUOP_initialise: the registers that a guest gives to one of its vCPUs.
 * Xen's public hvm/hvm_vcpu.h.  Nothing may reach the hardware that would make
 * an entry fail.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/hvm.h>
#include <core/arch/arch_domain.h>
#include <core/lib/errno.h>

#define ATTR_CODE64 (SEG_ATTR_P | SEG_ATTR_S | SEG_ATTR_L | SEG_ATTR_G | 0xb)
#define ATTR_DATA64 (SEG_ATTR_P | SEG_ATTR_S | SEG_ATTR_DB | SEG_ATTR_G | 0x3)
#define ATTR_TSS (SEG_ATTR_P | 0xb)
/* Type bits: code, and readable code or writable data. */
#define TYPE_CODE BIT(3)
#define TYPE_ACCESSED BIT(0)

/* The tools give attributes with the limit's G still to be applied or not. */
static struct segment segment_32(uint32_t base, uint32_t limit, uint16_t ar)
{
    return (struct segment){ .base = base, .limit = limit,
                             .attr = (uint16_t)(ar | SEG_ATTR_P) };
}

static bool segments_ok(const struct vcpu_hvm_x86_32 *c)
{
    const uint16_t user = SEG_ATTR_S | SEG_ATTR_P;
    const uint16_t defined = GENMASK64(11, 0);

    if ((c->cs_ar | c->ds_ar | c->ss_ar | c->es_ar | c->tr_ar) & ~defined) {
        return false;
    }
    return (c->cs_ar & user) == user && (c->cs_ar & TYPE_CODE) &&
           (c->ss_ar & user) == user && !(c->ss_ar & TYPE_CODE) &&
           (c->ds_ar & SEG_ATTR_S) && (c->es_ar & SEG_ATTR_S) &&
           !(c->tr_ar & SEG_ATTR_S) &&
           field_get(SEG_ATTR_DPL, c->cs_ar) ==
               field_get(SEG_ATTR_DPL, c->ss_ar);
}

static int set_32(struct vcpu *v, const struct vcpu_hvm_x86_32 *c)
{
    struct vcpu_state *const s = &v->arch->s;

    if (!segments_ok(c) ||
        !hvm_cr_is_legal(v->domain, c->cr0, c->cr4, c->efer)) {
        return -EINVAL;
    }
    hvm_vcpu_reset(v);
    s->gpr[GPR_RAX] = c->eax;
    s->gpr[GPR_RCX] = c->ecx;
    s->gpr[GPR_RDX] = c->edx;
    s->gpr[GPR_RBX] = c->ebx;
    s->gpr[GPR_RSP] = c->esp;
    s->gpr[GPR_RBP] = c->ebp;
    s->gpr[GPR_RSI] = c->esi;
    s->gpr[GPR_RDI] = c->edi;
    s->rip = c->eip;
    s->rflags = (c->eflags & ~RFLAGS_VM) | RFLAGS_MBS;
    s->cr0 = c->cr0 | CR0_ET;
    s->cr3 = c->cr3;
    s->cr4 = c->cr4;
    s->efer = c->efer;
    s->seg[SEG_CS] = segment_32(c->cs_base, c->cs_limit,
                                c->cs_ar | TYPE_ACCESSED);
    s->seg[SEG_SS] = segment_32(c->ss_base, c->ss_limit,
                                c->ss_ar | TYPE_ACCESSED);
    s->seg[SEG_DS] = segment_32(c->ds_base, c->ds_limit, c->ds_ar);
    s->seg[SEG_ES] = segment_32(c->es_base, c->es_limit, c->es_ar);
    s->seg[SEG_TR] = segment_32(c->tr_base, c->tr_limit, ATTR_TSS);
    s->cpl = (uint8_t)field_get(SEG_ATTR_DPL, c->ss_ar);
    return 0;
}

static int set_64(struct vcpu *v, const struct vcpu_hvm_x86_64 *c)
{
    struct vcpu_state *const s = &v->arch->s;
    const uint64_t efer = c->efer | EFER_LMA;

    if (!(c->cr0 & CR0_PG) || !(c->efer & EFER_LME) ||
        !hvm_cr_is_legal(v->domain, c->cr0, c->cr4, efer) ||
        (c->cr3 & ~P2M_ADDR)) {
        return -EINVAL;
    }
    hvm_vcpu_reset(v);
    s->gpr[GPR_RAX] = c->rax;
    s->gpr[GPR_RCX] = c->rcx;
    s->gpr[GPR_RDX] = c->rdx;
    s->gpr[GPR_RBX] = c->rbx;
    s->gpr[GPR_RSP] = c->rsp;
    s->gpr[GPR_RBP] = c->rbp;
    s->gpr[GPR_RSI] = c->rsi;
    s->gpr[GPR_RDI] = c->rdi;
    s->rip = c->rip;
    s->rflags = (c->rflags & ~RFLAGS_VM) | RFLAGS_MBS;
    s->cr0 = c->cr0 | CR0_ET;
    s->cr3 = c->cr3;
    s->cr4 = c->cr4;
    s->efer = efer;
    for (unsigned int i = SEG_ES; i <= SEG_GS; i++) {
        s->seg[i] = (struct segment){ .attr = ATTR_DATA64,
                                      .limit = UINT32_MAX };
    }
    s->seg[SEG_CS] = (struct segment){ .attr = ATTR_CODE64,
                                       .limit = UINT32_MAX };
    s->seg[SEG_TR] = (struct segment){ .attr = ATTR_TSS, .limit = 0x67 };
    return 0;
}

int arch_vcpu_set_hvm_context(struct vcpu *v, const struct vcpu_hvm_context *c)
{
    if (c->pad != 0) {
        return -EINVAL;
    }
    switch (c->mode) {
    case VCPU_HVM_MODE_32B:
        return set_32(v, &c->cpu_regs.x86_32);
    case VCPU_HVM_MODE_64B:
        return set_64(v, &c->cpu_regs.x86_64);
    default:
        return -EINVAL;
    }
}
