/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A multiboot2 "hypervisor" that prints when GRUB handed over: the wall
 * clock of the HDA controller at 00:03.0 (24 MHz from reset) and the TSC,
 * as "PROBE clock tsc-high tsc-low" in hexadecimal on COM1. Then it ends
 * QEMU through port 0xf4.
 * Multiboot2 specification, "OS image format".
 */
#define MAGIC 0xe85250d6

        .section .header, "a"
        .balign 8
header:
        .long   MAGIC
        .long   0
        .long   header_end - header
        .long   -(MAGIC + (header_end - header))
        .short  0, 0
        .long   8
header_end:

        .text
        .globl  probe_start
probe_start:
        movl    $stack_top, %esp
        rdtsc
        movl    %eax, %esi
        movl    %edx, %ebp
        movl    $0x80001810, %eax
        movl    $0xcf8, %edx
        outl    %eax, %dx
        movl    $0xcfc, %edx
        inl     %dx, %eax
        andl    $~0xf, %eax
        movl    0x30(%eax), %eax
        pushl   %eax
        movl    $text, %ebx
1:      movb    (%ebx), %al
        testb   %al, %al
        jz      2f
        call    put
        incl    %ebx
        jmp     1b
2:      popl    %eax
        call    hex
        movl    %ebp, %eax
        call    hex
        movl    %esi, %eax
        call    hex
        movb    $'\n', %al
        call    put
        movl    $0xf4, %edx
        xorl    %eax, %eax
        outl    %eax, %dx
3:      hlt
        jmp     3b

/* In: eax. Prints a blank and eight digits. Clobbers eax, ecx, edx, edi. */
hex:
        movl    %eax, %edi
        movb    $' ', %al
        call    put
        movl    $8, %ecx
4:      roll    $4, %edi
        movl    %edi, %eax
        andl    $0xf, %eax
        movb    digits(%eax), %al
        call    put
        decl    %ecx
        jnz     4b
        ret

/* In: al. Waits for the UART. Clobbers edx. */
put:
        pushl   %eax
        movl    $0x3fd, %edx
5:      inb     %dx, %al
        testb   $0x20, %al
        jz      5b
        popl    %eax
        movl    $0x3f8, %edx
        outb    %al, %dx
        ret

        .data
text:   .asciz  "\nPROBE"
digits: .ascii  "0123456789abcdef"
        .balign 16
        .skip   1024
stack_top:
