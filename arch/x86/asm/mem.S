/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memcpy and memset, in place of the weak ones of core/lib/string.c: long
 * lengths go through the string instructions, which move eight bytes a step,
 * shorter ones through a loop, and what is left over through a last eight
 * bytes that overlap. No locking. Chapter: SDM volume 1, "Fast-String
 * Operation".
 */
#include <arch/x86/asm/asm.h>

/* From this length on, the start-up of a string instruction is worth it. */
#define LONG_COPY 64

        .section .text.mem, "ax", @progbits

/*
 * void *memcpy(void *to, const void *from, size_t n)
 * In:         rdi to, rsi from, rdx n; direction flag clear.
 * Out:        rax to.
 * Clobbers:   rcx rdx rsi rdi r8 r9 r11, flags.
 * Stack:      nothing.
 * Interrupts: any.
 */
FUNC(memcpy)
        movq    %rdi, %rax
        cmpq    $8, %rdx
        jb      3f
        movq    -8(%rsi, %rdx), %r9
        leaq    -8(%rdi, %rdx), %r11
        cmpq    $LONG_COPY, %rdx
        jb      1f
        movq    %rdx, %rcx
        shrq    $3, %rcx
        rep     movsq
        jmp     2f
1:      movq    (%rsi), %r8
        movq    %r8, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        cmpq    %r11, %rdi
        jb      1b
2:      movq    %r9, (%r11)
        ret
3:      testq   %rdx, %rdx
        jz      5f
4:      movzbl  -1(%rsi, %rdx), %ecx
        movb    %cl, -1(%rdi, %rdx)
        decq    %rdx
        jnz     4b
5:      ret
END(memcpy)

/*
 * void *memset(void *to, int value, size_t n)
 * In:         rdi to, esi value (its low byte), rdx n; direction flag clear.
 * Out:        rax to.
 * Clobbers:   rcx rdx rsi rdi r8 r11, flags.
 * Stack:      nothing.
 * Interrupts: any.
 */
FUNC(memset)
        movq    %rdi, %r8
        movzbl  %sil, %esi
        movabsq $0x0101010101010101, %rax
        imulq   %rsi, %rax
        cmpq    $8, %rdx
        jb      3f
        leaq    -8(%rdi, %rdx), %r11
        cmpq    $LONG_COPY, %rdx
        jb      1f
        movq    %rdx, %rcx
        shrq    $3, %rcx
        rep     stosq
        jmp     2f
1:      movq    %rax, (%rdi)
        addq    $8, %rdi
        cmpq    %r11, %rdi
        jb      1b
2:      movq    %rax, (%r11)
        movq    %r8, %rax
        ret
3:      testq   %rdx, %rdx
        jz      5f
4:      movb    %al, -1(%rdi, %rdx)
        decq    %rdx
        jnz     4b
5:      movq    %r8, %rax
        ret
END(memset)
