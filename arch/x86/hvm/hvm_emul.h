/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction emulator's place in the hypervisor: its callbacks over
 * guest memory and emulated devices.
 */
#ifndef ARCH_X86_HVM_HVM_EMUL_H
#define ARCH_X86_HVM_HVM_EMUL_H

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

/* Advance RIP over an instruction that was carried out. */
void hvm_skip(struct vcpu *v, unsigned int len);

#endif /* ARCH_X86_HVM_HVM_EMUL_H */
