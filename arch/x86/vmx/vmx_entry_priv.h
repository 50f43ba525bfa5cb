/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the assembly knows of struct vmx_vcpu; vmx.c checks it.
 */
#ifndef ARCH_X86_VMX_VMX_ENTRY_PRIV_H
#define ARCH_X86_VMX_VMX_ENTRY_PRIV_H

#define VMX_VCPU_HOST_RSP 0
#define VMX_VCPU_IS_LAUNCHED 8

#endif /* ARCH_X86_VMX_VMX_ENTRY_PRIV_H */
