/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Into a guest and back.  SDM volume 3, "VM Entries", "VM Exits".
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/hw/vmx_bits.h>
#include <generated/asm_offsets.h>

/*
 * bool vmx_enter(struct vcpu_state *s, bool is_launched, uint64_t *host_rsp)
 *
 * In:         RDI register file, SIL: VMRESUME instead of VMLAUNCH, RDX what
 *             the VMCS has as the host's RSP.
 * Out:        AL 0 after an exit, 1 if there was no entry; the register file
 *             but RSP, RIP, RFLAGS, which are in the VMCS.
 * Clobbers:   what the C ABI lets; no guest value stays in a register.
 * Stack:      8 words.
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
        push    %rdi
        cmp     %rsp, (%rdx)
        je      1f
        mov     %rsp, (%rdx)
        mov     $VMCS_HOST_RSP, %eax
        vmwrite %rsp, %rax
1:
        /* The loads below leave the flags alone. */
        test    %sil, %sil
        mov     VCPU_RAX(%rdi), %rax
        mov     VCPU_RCX(%rdi), %rcx
        mov     VCPU_RDX(%rdi), %rdx
        mov     VCPU_RBX(%rdi), %rbx
        mov     VCPU_RBP(%rdi), %rbp
        mov     VCPU_RSI(%rdi), %rsi
        mov     VCPU_R8(%rdi), %r8
        mov     VCPU_R9(%rdi), %r9
        mov     VCPU_R10(%rdi), %r10
        mov     VCPU_R11(%rdi), %r11
        mov     VCPU_R12(%rdi), %r12
        mov     VCPU_R13(%rdi), %r13
        mov     VCPU_R14(%rdi), %r14
        mov     VCPU_R15(%rdi), %r15
        mov     VCPU_RDI(%rdi), %rdi
        jz      2f
        vmresume
        jmp     3f
2:
        vmlaunch
3:
        /* Not entered: the registers are in the file as they were. */
        pop     %rdi
        mov     $1, %eax
        jmp     4f

        .globl  vmx_exit_point
vmx_exit_point:
        push    %rdi
        mov     8(%rsp), %rdi
        mov     %rax, VCPU_RAX(%rdi)
        mov     %rcx, VCPU_RCX(%rdi)
        mov     %rdx, VCPU_RDX(%rdi)
        mov     %rbx, VCPU_RBX(%rdi)
        mov     %rbp, VCPU_RBP(%rdi)
        mov     %rsi, VCPU_RSI(%rdi)
        mov     %r8, VCPU_R8(%rdi)
        mov     %r9, VCPU_R9(%rdi)
        mov     %r10, VCPU_R10(%rdi)
        mov     %r11, VCPU_R11(%rdi)
        mov     %r12, VCPU_R12(%rdi)
        mov     %r13, VCPU_R13(%rdi)
        mov     %r14, VCPU_R14(%rdi)
        mov     %r15, VCPU_R15(%rdi)
        pop     VCPU_RDI(%rdi)
        pop     %rdi
        xor     %eax, %eax
4:
        /* The host must not speculate on what a guest left behind. */
        xor     %ecx, %ecx
        xor     %edx, %edx
        xor     %esi, %esi
        xor     %edi, %edi
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
END(vmx_enter)
