/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain with vCPUs of the machine's kind whose hardware keeps nothing: all
 * groups of registers are valid for ever.
 */
#ifndef TESTS_UNIT_FAKE_HVM_H
#define TESTS_UNIT_FAKE_HVM_H

#include <arch/x86/hvm/hvm.h>

#define FAKE_HVM_VCPUS 2u

extern struct domain fake_hvm_d;

/* A new domain; vCPUs down, registers as after reset. */
void fake_hvm_init(unsigned int vcpus);
struct vcpu *fake_hvm_v(unsigned int i);

#endif /* TESTS_UNIT_FAKE_HVM_H */
