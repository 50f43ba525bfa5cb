/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Into a guest and back.  SDM volume 3, "VM Entries", "VM Exits".
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/hw/vmx_bits.h>
#include <arch/x86/vmx/vmx_entry_priv.h>
#include <generated/asm_offsets.h>

/*
 * void vmx_enter(struct vcpu *v, struct hvm_exit *exit, struct vcpu_state *s,
 *                struct vmx_vcpu *vv)
 *
 * In:         RDX register file, RCX what is known of the VMCS; all four are
 *             passed on to vmx_leave(), where this ends, or two of them to
 *             vmx_refused().
 * Out:        the register file but RSP, RIP, RFLAGS, which are in the VMCS.
 * Clobbers:   what the C ABI lets; no guest value stays in a register.
 * Stack:      11 words.
 * Interrupts: off before and after; while the guest runs, they and NMIs
 *             cause an exit.
 */
FUNC(vmx_enter)
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rcx
        push    %rdx
        push    %rsi
        push    %rdi
        cmp     %rsp, VMX_VCPU_HOST_RSP(%rcx)
        je      1f
        mov     %rsp, VMX_VCPU_HOST_RSP(%rcx)
        mov     $VMCS_HOST_RSP, %eax
        vmwrite %rsp, %rax
1:
        /* The loads below leave the flags alone. */
        cmpb    $0, VMX_VCPU_IS_LAUNCHED(%rcx)
        movb    $1, VMX_VCPU_IS_LAUNCHED(%rcx)
        mov     VCPU_RAX(%rdx), %rax
        mov     VCPU_RCX(%rdx), %rcx
        mov     VCPU_RBX(%rdx), %rbx
        mov     VCPU_RBP(%rdx), %rbp
        mov     VCPU_RSI(%rdx), %rsi
        mov     VCPU_RDI(%rdx), %rdi
        mov     VCPU_R8(%rdx), %r8
        mov     VCPU_R9(%rdx), %r9
        mov     VCPU_R10(%rdx), %r10
        mov     VCPU_R11(%rdx), %r11
        mov     VCPU_R12(%rdx), %r12
        mov     VCPU_R13(%rdx), %r13
        mov     VCPU_R14(%rdx), %r14
        mov     VCPU_R15(%rdx), %r15
        mov     VCPU_RDX(%rdx), %rdx
        je      2f
        vmresume
        jmp     3f
2:
        vmlaunch
3:
        /* Not entered: the registers are in the file as they were. */
        pop     %rdi
        pop     %rsi
        add     $16, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        jmp     vmx_refused

        .globl  vmx_exit_point
vmx_exit_point:
        push    %rdx
        mov     24(%rsp), %rdx
        mov     %rax, VCPU_RAX(%rdx)
        mov     %rcx, VCPU_RCX(%rdx)
        mov     %rbx, VCPU_RBX(%rdx)
        mov     %rbp, VCPU_RBP(%rdx)
        mov     %rsi, VCPU_RSI(%rdx)
        mov     %rdi, VCPU_RDI(%rdx)
        mov     %r8, VCPU_R8(%rdx)
        mov     %r9, VCPU_R9(%rdx)
        mov     %r10, VCPU_R10(%rdx)
        mov     %r11, VCPU_R11(%rdx)
        mov     %r12, VCPU_R12(%rdx)
        mov     %r13, VCPU_R13(%rdx)
        mov     %r14, VCPU_R14(%rdx)
        mov     %r15, VCPU_R15(%rdx)
        pop     VCPU_RDX(%rdx)
        /* The host must not speculate on what a guest left behind. */
        xor     %eax, %eax
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        pop     %rdi
        pop     %rsi
        pop     %rdx
        pop     %rcx
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        jmp     vmx_leave
END(vmx_enter)
