/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of exceptions and interrupts.  All come from the hypervisor itself:
 * guests leave through VM exits.  So GS base is right and there is no change
 * of privilege.
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/cpu/bounded.h>
#include <arch/x86/hw/vectors.h>

#define TRAP_STUB_SIZE 16

        .text

/* One stub for each vector, TRAP_STUB_SIZE apart. */
        .balign TRAP_STUB_SIZE
        .globl  trap_stubs
        .type   trap_stubs, @function
trap_stubs:
        vector = 0
        .rept   VECTOR_COUNT
        .balign TRAP_STUB_SIZE
        .if     vector >= VECTOR_EXCEPTIONS
        pushq   $0
        .elseif !((VECTOR_ERROR_CODE_MASK >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        jmp     trap_common
        vector = vector + 1
        .endr
        .size   trap_stubs, . - trap_stubs

/*
 * In:  on the stack what the processor pushed, error code, vector.
 * Out: returns to where the trap came from, or where frame->rip says.
 * Stack: struct trap_frame.
 * Interrupts: off throughout.
 */
FUNC(trap_common)
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        cld
        movq    %rsp, %rdi
        movq    %rsp, %rbx
        /* The backtrace ends here and goes on from the frame. */
        xorl    %ebp, %ebp
        andq    $-16, %rsp
        call    trap_dispatch
        movq    %rbx, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        addq    $16, %rsp
        iretq
END(trap_common)

/*
 * enum arch_call bounded_enter(uint64_t *rsp, void (*fn)(void *data),
 *                              void *data)
 *
 * In:         RDI where to keep RSP, RSI what to call, RDX its argument.
 * Out:        EAX: 0, ARCH_CALL_DONE; or what came to bounded_leave in RAX,
 *             with RSP as kept.
 * Clobbers:   what the C ABI lets.
 * Stack:      7 words.
 * Interrupts: off before and after; on for the call, above BOUNDED_TPR.
 */
FUNC(bounded_enter)
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        movq    %rsp, (%rdi)
        movq    %rdx, %rdi
        movl    $BOUNDED_TPR, %eax
        movq    %rax, %cr8
        sti
        call    *%rsi
        xorl    %eax, %eax
        .globl  bounded_leave
bounded_leave:
        cli
        xorl    %ecx, %ecx
        movq    %rcx, %cr8
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
END(bounded_enter)
