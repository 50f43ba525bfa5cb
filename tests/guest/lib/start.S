/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of the test guest: the PVH note, the way from 32-bit flat mode to
 * 64 bit with the first 4 GiB identity-mapped by 2 MiB pages, and the
 * trampoline by which further vCPUs come up from real mode.
 * Xen's "x86/HVM direct boot ABI"; "Initialization and startup" of the
 * manuals.
 */
#define GUEST_CR0 0x80010033
#define GUEST_CR4 0x620
#define GUEST_EFER 0x900
#define MSR_EFER_NR 0xc0000080

        .section .note.pvh, "a", @note
        .balign 4
        .long   4
        .long   4
        .long   18
        .asciz  "Xen"
        .long   start32

        .section .text.start, "ax"
        .code32
        .globl  start32
start32:
        movl    %ebx, boot_start_info
        rdtsc
        movl    %eax, boot_tsc
        movl    %edx, boot_tsc + 4
        movl    $boot_stack_top, %esp
        cld

        /* Page directories: 2048 entries of 2 MiB. */
        movl    $boot_pd, %edi
        movl    $0x83, %eax
        movl    $2048, %ecx
1:      movl    %eax, (%edi)
        movl    $0, 4(%edi)
        addl    $0x200000, %eax
        addl    $8, %edi
        decl    %ecx
        jnz     1b

        movl    $boot_pdpt, %edi
        movl    $boot_pd + 3, %eax
        movl    $4, %ecx
2:      movl    %eax, (%edi)
        addl    $0x1000, %eax
        addl    $8, %edi
        decl    %ecx
        jnz     2b
        movl    $boot_pdpt + 3, boot_pml4

        call    enter_long
        ljmp    $0x08, $start64

/* Common to all CPUs. In: flat 32-bit mode. Out: long mode active, code
 * segment still 32-bit. Clobbers eax, ecx, edx. */
enter_long:
        movl    $GUEST_CR4, %eax
        movl    %eax, %cr4
        movl    $boot_pml4, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER_NR, %ecx
        movl    $GUEST_EFER, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $GUEST_CR0, %eax
        movl    %eax, %cr0
        lgdt    boot_gdtr
        ret

        .code64
start64:
        movl    $0x10, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movq    $boot_stack_top, %rsp
        xorl    %ebp, %ebp
        movl    boot_start_info, %edi
        call    guest_main
3:      hlt
        jmp     3b

ap_start64:
        movl    $0x10, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movq    smp_boot_stack, %rsp
        xorl    %ebp, %ebp
        movl    smp_boot_id, %edi
        call    smp_ap_main
4:      hlt
        jmp     4b

/* Copied to a page below 1 MiB; runs with CS base = its own address. The
 * word at smp_trampoline_tsc gets the TSC of the first instruction. */
        .code16
        .balign 16
        .globl  smp_trampoline, smp_trampoline_end, smp_trampoline_tsc
smp_trampoline:
        cli
        rdtsc
        movw    %cs, %bx
        movw    %bx, %ds
        movl    %eax, smp_trampoline_tsc - smp_trampoline
        movl    %edx, smp_trampoline_tsc - smp_trampoline + 4
        lgdtl   tramp_gdtr - smp_trampoline
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $0x18, $ap_start32
        .balign 8
tramp_gdtr:
        .word   boot_gdt_end - boot_gdt - 1
        .long   boot_gdt
        .balign 8
smp_trampoline_tsc:
        .quad   0
smp_trampoline_end:

        .code32
ap_start32:
        movl    $0x10, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    $boot_ap_stack_top, %esp
        call    enter_long
        ljmp    $0x08, $ap_start64

        .data
        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* 08: 64-bit code */
        .quad   0x00cf93000000ffff      /* 10: data */
        .quad   0x00cf9b000000ffff      /* 18: 32-bit code */
boot_gdt_end:
boot_gdtr:
        .word   boot_gdt_end - boot_gdt - 1
        .quad   boot_gdt
        .globl  boot_start_info, boot_tsc
        .balign 8
boot_tsc:
        .quad   0
boot_start_info:
        .long   0

        .bss
        .balign 4096
        .globl  boot_pml4
boot_pml4:
        .skip   4096
boot_pdpt:
        .skip   4096
boot_pd:
        .skip   4 * 4096
        .skip   256
boot_ap_stack_top:
        .balign 16
        .skip   32768
boot_stack_top:

        .section .note.GNU-stack, "", @progbits
