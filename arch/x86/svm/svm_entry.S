/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Into a guest and back.  APM volume 2, "VMRUN Instruction", "VMSAVE and
 * VMLOAD Instructions", "Global Interrupt Flag".
 */
#include <arch/x86/asm/asm.h>
#include <generated/asm_offsets.h>

.macro SAVE_HOST
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %r8
        push    %rcx
        push    %rdi
        push    %rdx
.endm

/* RAX becomes the VMCB. */
.macro LOAD_GUEST
        mov     %rsi, %rax
        vmload  %rax
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
.endm

/*
 * void svm_enter(struct vcpu_state *s, paddr_t vmcb_pa, paddr_t host_pa,
 *                struct vcpu *v, struct hvm_exit *exit)
 *
 * In:         RDI register file, RSI VMCB, RDX VMCB of the host's VMLOAD set;
 *             RCX and R8 are passed on to svm_leave(), which this ends in.
 * Out:        the register file but RAX, RSP, RIP, RFLAGS, which are in the
 *             VMCB.
 * Clobbers:   what the C ABI lets; no guest value stays in a register.
 * Stack:      10 words.
 * Interrupts: off before and after; while the guest runs, they and NMIs
 *             cause an exit.  GIF holds off everything in between, and
 *             RFLAGS.IF must be set for interrupts to break into the guest.
 */
FUNC(svm_enter)
        SAVE_HOST
        clgi
        sti
        LOAD_GUEST
        vmrun   %rax
.Lleft:
        /* RAX is the VMCB again: VMRUN saved and restored it. */
        vmsave  %rax
        pop     %rax
        vmload  %rax
        pop     %rax
        mov     %rcx, VCPU_RCX(%rax)
        mov     %rdx, VCPU_RDX(%rax)
        mov     %rbx, VCPU_RBX(%rax)
        mov     %rbp, VCPU_RBP(%rax)
        mov     %rsi, VCPU_RSI(%rax)
        mov     %rdi, VCPU_RDI(%rax)
        mov     %r8, VCPU_R8(%rax)
        mov     %r9, VCPU_R9(%rax)
        mov     %r10, VCPU_R10(%rax)
        mov     %r11, VCPU_R11(%rax)
        mov     %r12, VCPU_R12(%rax)
        mov     %r13, VCPU_R13(%rax)
        mov     %r14, VCPU_R14(%rax)
        mov     %r15, VCPU_R15(%rax)
        /* The host must not speculate on what a guest left behind. */
        xor     %ecx, %ecx
        xor     %edx, %edx
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        pop     %rdi
        pop     %rsi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        cli
        stgi
        jmp     svm_leave
END(svm_enter)

/*
 * The same, for an interrupt shadow in QEMU's emulation, whose VMRUN does not
 * look at the VMCB's: there the shadow of an STI right before it goes over to
 * the guest.
 */
FUNC(svm_enter_shadow)
        SAVE_HOST
        clgi
        LOAD_GUEST
        sti
        vmrun   %rax
        jmp     .Lleft
END(svm_enter_shadow)
