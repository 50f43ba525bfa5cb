/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First 64-bit instructions of the boot processor, at the linked address:
 * what C needs, no more.
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/hw/msr_index.h>
#include <generated/asm_offsets.h>

    .section .init.text, "ax", @progbits
    .code64

/*
 * In:  %ebp image, %ebx multiboot2 information, %esi:%edi time stamp.
 * Out: does not return.
 * Stack: the boot processor's own.
 */
FUNC(boot_entry64)
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movq    $(cpu0_stacks + CPU_STACKS_SIZE), %rsp

        /* Both bases: the decompressors linked in look for a canary at %fs. */
        leaq    cpu0(%rip), %rax
        movq    %rax, %rdx
        shrq    $32, %rdx
        movl    $MSR_GS_BASE, %ecx
        wrmsr
        movl    $MSR_FS_BASE, %ecx
        wrmsr

        shlq    $32, %rsi
        movl    %edi, %edi
        orq     %rdi, %rsi
        movq    %rsi, %rdx

        /* The time stamp is all the randomness there is yet. */
        movabsq $0x9e3779b97f4a7c15, %rcx
        imulq   %rcx, %rsi
        xorb    %sil, %sil
        movq    %rsi, %gs:CPU_CANARY

        movl    %ebx, %edi
        movl    %ebp, %esi
        xorl    %ebp, %ebp
        call    boot_main
1:      hlt
        jmp     1b
END(boot_entry64)
