/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of the control domain: the PVH note, the way from 32-bit flat mode
 * to 64 bits with the first 4 GiB and the window for foreign pages mapped
 * one to one by 2 MiB pages, and the entries of traps and interrupts.
 * Chapter: Xen, "x86/HVM direct boot ABI"; AMD64 Programmer's Manual volume
 * 2, "Processor Initialization and Long Mode Activation".
 */
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/hw/page_bits.h>
#include <arch/x86/hw/segment.h>
#include <dom0/rt/start.h>

#define START_CR0 (CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define START_CR4 (CR4_OSXMMEXCPT | CR4_OSFXSR | CR4_PAE)
#define START_EFER (EFER_LME | EFER_NXE)
#define PTE_TABLE (PTE_P | PTE_W)
#define STACK_BYTES 65536

        .section .note.pvh, "a", @note
        .balign 4
        .long   4
        .long   4
        .long   18              /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   start32

        /* Hospes: may be started again; memory from there on is left. */
        .long   7
        .long   8
        .long   1
        .asciz  "Hospes"
        .balign 4
        .quad   keep_page

/*
 * In:         ebx start info; flat 32-bit mode, paging off.
 * Out:        main(start info), which does not return.
 * Stack:      start_stack.
 * Interrupts: off.
 */
        .section .text.start, "ax", @progbits
        .code32
        .globl  start32
start32:
        cld
        movl    $start_stack_top, %esp
        movl    $START_CR4, %eax
        movl    %eax, %cr4
        movl    $start_pml4, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        movl    $START_EFER, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $START_CR0, %eax
        movl    %eax, %cr0
        lgdt    start_gdtr
        ljmp    $START_CS, $start64

        .code64
start64:
        movl    $START_DS, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        /* The stack protector's canary is at %fs:0x28. */
        movl    $MSR_FS_BASE, %ecx
        movl    $start_fs, %eax
        xorl    %edx, %edx
        wrmsr
        rdtsc
        movl    %eax, start_fs + 0x28 + 1
        fninit
        movl    $start_stack_top, %esp
        xorl    %ebp, %ebp
        movl    %ebx, %edi
        call    main_start
3:      hlt
        jmp     3b

/*
 * One entry of 16 bytes a vector: an error code if the processor pushes
 * none, the vector, and on to the common part.
 */
        .balign 16
        .globl  start_vectors
start_vectors:
        .set    vector, 0
        .rept   START_VECTORS
        .balign 16
        .if     (vector >= 32) || !((START_ERROR_CODES >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        jmp     start_common
        .set    vector, vector + 1
        .endr

/*
 * In:         vector and error code above the processor's frame.
 * Stack:      a struct trap_frame, aligned by the processor.
 * Interrupts: off; nothing of the runtime nests.
 */
start_common:
        .irp    reg, ax, cx, dx, bx, bp, si, di, 8, 9, 10, 11, 12, 13, 14, 15
        pushq   %r\reg
        .endr
        cld
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    trap_handle
        movq    %rbp, %rsp
        .irp    reg, 15, 14, 13, 12, 11, 10, 9, 8, di, si, bp, bx, dx, cx, ax
        popq    %r\reg
        .endr
        addq    $16, %rsp
        iretq

        .data
        .balign 8
start_gdt:
        .quad   0
        .quad   DESC_CS64
        .quad   DESC_DS
start_gdtr:
        .word   start_gdtr - start_gdt - 1
        .quad   start_gdt

/* The first 4 GiB by large pages. */
        .balign 4096
        .globl  start_pml4
start_pml4:
        .quad   start_pdpt + PTE_TABLE
        .balign 4096
start_pdpt:
        .irp    table, 0, 1, 2, 3
        .quad   start_pd + \table * 4096 + PTE_TABLE
        .endr
        .balign 4096
start_pd:
        .set    address, 0
        .rept   2048
        .quad   address + PTE_TABLE + PTE_PS
        .set    address, address + 0x200000
        .endr

        .bss
start_fs:
        .skip   64
        .balign 4096
        .globl  start_stack
start_stack:
        .skip   STACK_BYTES
start_stack_top:

        .section .kept, "aw", @nobits
        .balign 4096
        .globl  keep_page
keep_page:
        .skip   4096

        .section .note.GNU-stack, "", @progbits
