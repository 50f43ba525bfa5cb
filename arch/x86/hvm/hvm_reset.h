/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register states a vCPU starts from.
 */
#ifndef ARCH_X86_HVM_HVM_RESET_H
#define ARCH_X86_HVM_HVM_RESET_H

#include <core/lib/types.h>

struct vcpu;

/* State after RESET or INIT: SDM volume 3, "Processor State After Reset". */
void hvm_vcpu_reset(struct vcpu *v);

/* A start-up IPI: real mode at @vector << 12. */
void hvm_vcpu_sipi(struct vcpu *v, uint8_t vector);

/* All registers, for dumps. */
void hvm_vcpu_print(struct vcpu *v);

#endif /* ARCH_X86_HVM_HVM_RESET_H */
