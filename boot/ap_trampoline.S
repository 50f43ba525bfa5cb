/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start of an application processor: copied to a page below 1 MiB, entered in
 * real mode at its first byte, goes to long mode in one step.  The page is
 * mapped read-only and executable at its physical address meanwhile; the
 * fields at the end are filled in through the direct map.  SDM 3, "MP
 * Initialization Protocol" and "Initializing IA-32e Mode".
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/hw/segment.h>

#define REL(sym) (sym - ap_trampoline)

        .section .init.rodata, "a", @progbits
        .balign 16
        .globl  ap_trampoline
ap_trampoline:
        .code16
        cli
        cld
        movw    %cs, %ax
        movw    %ax, %ds
        lgdtl   REL(ap_gdt_ptr)
        movl    $(CR4_PAE | CR4_PGE), %eax
        movl    %eax, %cr4
        movl    REL(ap_cr3), %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        xorl    %edx, %edx
        movl    $(EFER_LME | EFER_NXE), %eax
        wrmsr
        movl    $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        movl    %eax, %cr0
        ljmpl   *REL(ap_far)

        .code64
        .globl  ap_in_64
ap_in_64:
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movq    ap_stack(%rip), %rsp
        movq    ap_cpu(%rip), %rax
        movq    %rax, %rdx
        shrq    $32, %rdx
        movl    $MSR_GS_BASE, %ecx
        wrmsr
        movl    $MSR_FS_BASE, %ecx
        wrmsr
        movq    ap_entry(%rip), %rax
        xorl    %ebp, %ebp
        /* As if called: the callee expects the stack 8 off from 16. */
        pushq   $0
        jmp     *%rax

        .balign 8
ap_gdt:
        .quad   0
        .quad   DESC_CS32
        .quad   DESC_CS64
        .quad   DESC_DS
ap_gdt_end:

#define FIELD(name)                                                          \
        .globl  name;                                                        \
name

FIELD(ap_gdt_ptr):
        .word   ap_gdt_end - ap_gdt - 1
        .long   REL(ap_gdt)
        .balign 8
FIELD(ap_far):
        .long   REL(ap_in_64)
        .word   SEL_CS64
        .balign 8
FIELD(ap_cr3):
        .quad   0
FIELD(ap_stack):
        .quad   0
FIELD(ap_cpu):
        .quad   0
FIELD(ap_entry):
        .quad   0
        .globl  ap_trampoline_end
ap_trampoline_end:
