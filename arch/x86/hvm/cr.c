/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control registers that exit: CR4 and CR8 on both kinds of processor, CR0
 * where the hardware asks for it, XCR0.  SDM volume 3, "Control Registers".
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/lib/errno.h>

#define CR0_DEFINED                                                          \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP |          \
     CR0_AM | CR0_NW | CR0_CD | CR0_PG)

static bool cr0_is_legal(uint64_t val)
{
    return !(val >> 32) && ((val & CR0_PE) || !(val & CR0_PG)) &&
           ((val & CR0_CD) || !(val & CR0_NW));
}

bool hvm_cr_is_legal(const struct domain *d, uint64_t cr0, uint64_t cr4,
                     uint64_t efer)
{
    const uint64_t long_mode = EFER_LMA | EFER_LME;

    if (!cr0_is_legal(cr0) || (cr0 & ~(uint64_t)CR0_DEFINED) ||
        (cr4 & ~cpuid_policy_cr4_mask(d)) ||
        (efer & ~cpuid_policy_efer_mask(d))) {
        return false;
    }
    if ((cr0 & CR0_PG) && (efer & EFER_LME)) {
        return (efer & long_mode) == long_mode && (cr4 & CR4_PAE);
    }
    return !(efer & EFER_LMA) && !(cr4 & CR4_PCIDE);
}

/* Each returns 0, or -EINVAL for #GP(0). */
static int write_cr0(struct vcpu *v, uint64_t val)
{
    struct vcpu_state *const s = &v->arch->s;
    const bool to_paging = (val & CR0_PG) && !(s->cr0 & CR0_PG);

    if (!cr0_is_legal(val)) {
        return -EINVAL;
    }
    if (to_paging && (s->efer & EFER_LME)) {
        vcpu_state_pull(v, HVM_SEG);
        if (!(s->cr4 & CR4_PAE) || (s->seg[SEG_CS].attr & SEG_ATTR_L)) {
            return -EINVAL;
        }
    }
    if (!(val & CR0_PG) && (s->cr4 & CR4_PCIDE)) {
        return -EINVAL;
    }
    vcpu_state_change(v, HVM_CR);
    s->cr0 = (val & CR0_DEFINED) | CR0_ET;
    if (to_paging && (s->efer & EFER_LME)) {
        s->efer |= EFER_LMA;
    } else if (!(val & CR0_PG)) {
        s->efer &= ~EFER_LMA;
    }
    return 0;
}

static int write_cr4(struct vcpu *v, uint64_t val)
{
    struct vcpu_state *const s = &v->arch->s;

    if (val & ~cpuid_policy_cr4_mask(v->domain)) {
        return -EINVAL;
    }
    /* PAE and LA57 cannot change under long mode paging. */
    if ((s->efer & EFER_LMA) &&
        (!(val & CR4_PAE) || ((val ^ s->cr4) & CR4_LA57))) {
        return -EINVAL;
    }
    if ((val & CR4_PCIDE) && !(s->cr4 & CR4_PCIDE) &&
        (!(s->efer & EFER_LMA) || (s->cr3 & 0xfff))) {
        return -EINVAL;
    }
    vcpu_state_change(v, HVM_CR);
    if ((s->cr4 ^ val) & (CR4_PGE | CR4_PSE | CR4_PAE | CR4_PCIDE |
                          CR4_SMEP | CR4_SMAP)) {
        /* Translations cached for the guest do not outlive the change. */
        hvm_ops->p2m_changed(v);
    }
    s->cr4 = val;
    return 0;
}

static int write_cr(struct vcpu *v, unsigned int nr, uint64_t val)
{
    switch (nr) {
    case 0:
        return write_cr0(v, val);
    case 3:
        vcpu_state_change(v, HVM_CR);
        v->arch->s.cr3 = val & ~BIT(63);
        return 0;
    case 4:
        return write_cr4(v, val);
    case 8:
        if (val > 0xf) {
            return -EINVAL;
        }
        vlapic_set_cr8(v, (uint8_t)val);
        return 0;
    default:
        return -EINVAL;
    }
}

static uint64_t read_cr(struct vcpu *v, unsigned int nr)
{
    const struct vcpu_state *const s = &v->arch->s;

    switch (nr) {
    case 0: return s->cr0;
    case 3: return s->cr3;
    case 4: return s->cr4;
    default: return vlapic_get_cr8(v);
    }
}

void hvm_handle_cr(struct vcpu *v, const struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    uint8_t gpr;
    uint8_t len;

    vcpu_state_pull(v, HVM_CR);
    if (exit->u.cr.is_clts || exit->u.cr.is_lmsw) {
        /* LMSW: the operand is in @qual; it cannot clear PE. */
        const uint64_t val =
            exit->u.cr.is_clts
                ? s->cr0 & ~CR0_TS
                : (s->cr0 & ~GENMASK64(3, 1)) |
                      (exit->qual & GENMASK64(3, 0));

        if (write_cr0(v, val)) {
            hvm_inject_fault_error(v, X86_GP, 0);
        } else {
            hvm_skip(v, exit->insn_len);
        }
        return;
    }
    if (hvm_decode_mov_cr(v, exit, &gpr, &len)) {
        return;
    }
    if (!exit->u.cr.is_write) {
        s->gpr[gpr] = read_cr(v, exit->u.cr.nr);
        hvm_skip(v, len);
    } else if (write_cr(v, exit->u.cr.nr, s->gpr[gpr])) {
        hvm_inject_fault_error(v, X86_GP, 0);
    } else {
        hvm_skip(v, len);
    }
}

/* SDM volume 2, XSETBV: which states need which. */
bool hvm_xcr0_is_legal(const struct domain *d, uint64_t val)
{
    const uint64_t avx512 = XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM;

    if (!(val & XCR0_X87) || (val & ~cpuid_policy_xcr0_mask(d))) {
        return false;
    }
    if ((val & XCR0_AVX) && !(val & XCR0_SSE)) {
        return false;
    }
    if (!(val & XCR0_BNDREGS) != !(val & XCR0_BNDCSR)) {
        return false;
    }
    return !(val & avx512) ||
           ((val & avx512) == avx512 && (val & XCR0_AVX));
}

void hvm_handle_xsetbv(struct vcpu *v, const struct hvm_exit *exit)
{
    const struct vcpu_state *const s = &v->arch->s;
    const uint64_t val = (s->gpr[GPR_RDX] << 32) |
                         (uint32_t)s->gpr[GPR_RAX];

    vcpu_state_pull(v, HVM_CR | HVM_MODE);
    if (!(s->cr4 & CR4_OSXSAVE)) {
        hvm_inject_fault(v, X86_UD);
    } else if (s->cpl != 0 || (uint32_t)s->gpr[GPR_RCX] != 0 ||
               !hvm_xcr0_is_legal(v->domain, val)) {
        hvm_inject_fault_error(v, X86_GP, 0);
    } else {
        v->arch->xcr0 = val;
        xsetbv(0, val);
        hvm_skip(v, exit->insn_len);
    }
}
