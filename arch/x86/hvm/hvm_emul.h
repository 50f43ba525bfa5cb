/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction emulator's place in the hypervisor: its callbacks over
 * guest memory and emulated devices.
 */
#ifndef ARCH_X86_HVM_HVM_EMUL_H
#define ARCH_X86_HVM_HVM_EMUL_H

#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct hvm_exit;
struct vcpu;

/*
 * Emulate the instruction at RIP, which touched something emulated.  A fault
 * of its own is injected; what the emulator does not know crashes the domain
 * with its bytes in the log.
 */
void hvm_emulate(struct vcpu *v, const struct hvm_exit *exit);

/*
 * Length of the instruction at RIP, for processors that do not tell.  0 if
 * it cannot be fetched or is not known: a fault has then been injected.
 */
unsigned int hvm_insn_length(struct vcpu *v);

/*
 * The general register that a MOV to or from CR or DR at RIP names, and the
 * instruction's length.  0; -EFAULT: a fault has been injected.
 */
int __must_check hvm_decode_mov_cr(struct vcpu *v, const struct hvm_exit *exit,
                                   uint8_t *gpr, uint8_t *len);

/*
 * What waited for the shadow's end had asked for a window, and need not wait
 * for that any more.
 */
static inline void hvm_end_shadow(struct vcpu *v)
{
    v->arch->s.shadow &= ~(uint32_t)HVM_SHADOW_ANY;
    if (unlikely(v->arch->window)) {
        hvm_event_recheck(v);
    }
}

/* The unusual half of hvm_skip(): a length to be found, a trap due. */
void hvm_skip_slow(struct vcpu *v, unsigned int len);

/* Advance RIP over an instruction that was carried out; 0: look it up. */
static inline void hvm_skip(struct vcpu *v, unsigned int len)
{
    struct vcpu_state *const s = &v->arch->s;

    if (likely(len != 0 && !(s->rflags & RFLAGS_TF))) {
        s->rip += len;
        if (unlikely(s->shadow & HVM_SHADOW_ANY)) {
            hvm_end_shadow(v);
        }
    } else {
        hvm_skip_slow(v, len);
    }
}

#endif /* ARCH_X86_HVM_HVM_EMUL_H */
