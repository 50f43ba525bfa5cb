/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt stub of the benchmarks: time of arrival first, all else later.
 */
        .text
        .globl  bench_irq_stub
bench_irq_stub:
        pushq   %rax
        pushq   %rdx
        rdtsc
        shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, bench_irq_tsc
        pushq   %rcx
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbp
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    *bench_irq_body
        movq    %rbp, %rsp
        popq    %rbp
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rcx
        popq    %rdx
        popq    %rax
        iretq

        .section .note.GNU-stack, "", @progbits
