/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception and interrupt entry of the test guest: 256 stubs of 16 bytes,
 * one common path that builds a struct trap_frame, and the landing half of
 * trap_try(). Interrupts are off from the gate on.
 */
        .text

#define GS_TRY_RSP 8

        .macro  stub from, to
        .set    vec, \from
        .rept   \to - \from + 1
        .balign 16
        .if     (vec == 8) || ((vec >= 10) && (vec <= 14)) || (vec == 17) || (vec == 21) || (vec == 29) || (vec == 30)
        .else
        pushq   $0
        .endif
        pushq   $vec
        jmp     trap_common
        .set    vec, vec + 1
        .endr
        .endm

        .balign 16
        .globl  trap_stubs
trap_stubs:
        stub    0, 255

/* In: vector and error code on the stack. GS is never swapped: user code of
 * the tests keeps the kernel's base. */
trap_common:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %rbx
        pushq   %rbp
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        cld
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    trap_dispatch
        movq    %rbp, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rbp
        popq    %rbx
        popq    %rdx
        popq    %rcx
        popq    %rax
        addq    $16, %rsp
        iretq

/* uint32_t trap_try(void (*fn)(void *), void *arg)
 * In: rdi, rsi. Out: eax, 0 or fault. Interrupt flag: restored. */
        .globl  trap_try
trap_try:
        pushfq
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, %gs:GS_TRY_RSP
        movq    %rdi, %rax
        movq    %rsi, %rdi
        call    *%rax
        xorl    %eax, %eax
/* In: rsp as saved above, eax = result. */
        .globl  trap_try_land
trap_try_land:
        movq    $0, %gs:GS_TRY_RSP
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popfq
        ret

/* uint32_t trap_user_enter(uint64_t rip, uint64_t rsp, uint64_t rax)
 * Leaves for CPL 3; comes back through trap_try_land. */
        .globl  trap_user_enter
trap_user_enter:
        pushfq
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, %gs:GS_TRY_RSP
        movq    %rdx, %rax
        pushq   $0x1b
        pushq   %rsi
        pushq   $0x2
        pushq   $0x23
        pushq   %rdi
        iretq

        .section .note.GNU-stack, "", @progbits
