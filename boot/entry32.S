/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry from the multiboot2 loader: 32-bit protected mode, paging off, at a
 * physical address of the loader's choice.  Builds the boot page tables, in
 * which no page is both writable and executable, and enters long mode.
 * Multiboot2 Specification, "Machine state"; SDM, "Mode Switching".
 *
 * Registers throughout: %ebp physical address of the image, %ebx multiboot2
 * information, %esi:%edi time stamp at entry.
 */
#include <arch/x86/asm/asm.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/hw/page_bits.h>
#include <arch/x86/hw/segment.h>
#include <arch/x86/mm/layout.h>
#include <boot/mb2_format.h>
#include <generated/asm_offsets.h>

/* Offset in the image; with (%ebp) the physical address of a symbol. */
#define IMG(sym) (sym - IMAGE_VIRT)

#define CPUID_EXT_MAX 0x80000000
#define CPUID_EXT_FEATURES 0x80000001
#define CPUID_EDX_NX (1 << 20)
#define CPUID_EDX_LM (1 << 29)
#define COM1 0x3f8
#define COM1_LSR (COM1 + 5)
#define LSR_THRE 0x20

/* Room for one return address where nothing of value can be. */
#define SCRATCH_STACK 0x7c00

    .section .text.entry, "ax", @progbits
    .code32

/*
 * In:  %eax loader's magic, %ebx multiboot2 information.
 * Out: jumps to boot_entry64.
 * Stack: none needed; the reserved word of the information holds a return
 * address for a moment.
 */
FUNC(boot_entry32)
        cld
        cli
        movl    %eax, %ecx
        rdtsc
        movl    %eax, %edi
        movl    %edx, %esi
        movl    $SCRATCH_STACK, %esp
        cmpl    $MB2_LOADER_MAGIC, %ecx
        jne     1f
        leal    8(%ebx), %esp
1:      call    2f
2:      popl    %ebp
        subl    $(2b - IMAGE_VIRT), %ebp
        cmpl    $MB2_LOADER_MAGIC, %ecx
        leal    IMG(msg_no_mb2)(%ebp), %edx
        jne     boot_fail
        leal    (IMG(cpu0_stacks) + CPU_STACKS_SIZE)(%ebp), %esp

        /* Long mode and no-execute are what everything rests on. */
        pushl   %ebx
        movl    $CPUID_EXT_MAX, %eax
        cpuid
        cmpl    $CPUID_EXT_FEATURES, %eax
        jb      boot_no_long_mode
        movl    $CPUID_EXT_FEATURES, %eax
        cpuid
        testl   $CPUID_EDX_LM, %edx
        jz      boot_no_long_mode
        testl   $CPUID_EDX_NX, %edx
        jz      boot_no_nx
        popl    %ebx

        /*
         * Image: text, init text, read-only data, then writable up to the
         * end.  Stack: rights for the high and the low half of the entries.
         */
        pushl   %esi
        pushl   %edi
        xorl    %ecx, %ecx
        movl    $IMG(rodata_start), %edx
        movl    $(PTE_P | PTE_A | PTE_G), %esi
        xorl    %edi, %edi
        call    map_image
        movl    $IMG(rodata_end), %edx
        movl    $(PTE_NX >> 32), %edi
        call    map_image
        movl    $IMG(image_end), %edx
        movl    $(PTE_P | PTE_A | PTE_D | PTE_W | PTE_G), %esi
        call    map_image
        popl    %edi
        popl    %esi

        /* Tables above it. */
        leal    IMG(boot_pt_image)(%ebp), %eax
        orl     $(PTE_P | PTE_W | PTE_A), %eax
        leal    IMG(boot_pd_image)(%ebp), %edx
        movl    $IMAGE_TABLES, %ecx
3:      movl    %eax, (%edx)
        addl    $8, %edx
        addl    $PAGE_SIZE, %eax
        loop    3b

#define LINK(table, index, to)                                               \
        leal    IMG(to)(%ebp), %eax;                                         \
        orl     $(PTE_P | PTE_W | PTE_A), %eax;                              \
        movl    %eax, (IMG(table) + 8 * (index))(%ebp)

        LINK(boot_pml4, 511, boot_pdpt_high)
        LINK(boot_pdpt_high, 510, boot_pd_image)
        LINK(boot_pdpt_high, 511, boot_pd_window)
        LINK(boot_pd_window, 0, boot_pt_window)
        LINK(boot_pml4, 0, boot_pdpt_ident)

        /* One executable page at its physical address, for the switch. */
        movl    %ebp, %ecx
        shrl    $PAGE_SHIFT_1G, %ecx
        leal    IMG(boot_pd_ident)(%ebp), %eax
        orl     $(PTE_P | PTE_W | PTE_A), %eax
        movl    %eax, IMG(boot_pdpt_ident)(%ebp, %ecx, 8)
        movl    %ebp, %ecx
        shrl    $PAGE_SHIFT_2M, %ecx
        andl    $(PT_ENTRIES - 1), %ecx
        leal    IMG(boot_pt_ident)(%ebp), %eax
        orl     $(PTE_P | PTE_W | PTE_A), %eax
        movl    %eax, IMG(boot_pd_ident)(%ebp, %ecx, 8)
        movl    %ebp, %ecx
        shrl    $PAGE_SHIFT, %ecx
        andl    $(PT_ENTRIES - 1), %ecx
        leal    (PTE_P | PTE_A)(%ebp), %eax
        movl    %eax, IMG(boot_pt_ident)(%ebp, %ecx, 8)

        /* Long mode.  The stack is out of reach once paging is on. */
        leal    IMG(boot_gdt)(%ebp), %eax
        pushl   %eax
        pushw   $(boot_gdt_end - boot_gdt - 1)
        lgdt    (%esp)
        leal    IMG(boot_in_64)(%ebp), %eax
        movl    %eax, IMG(boot_far_ptr)(%ebp)
        movl    $(CR4_PAE | CR4_PGE), %eax
        movl    %eax, %cr4
        leal    IMG(boot_pml4)(%ebp), %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $(EFER_LME | EFER_NXE), %eax
        wrmsr
        movl    $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        movl    %eax, %cr0

        ljmp    *IMG(boot_far_ptr)(%ebp)
END(boot_entry32)

/*
 * Map pages of the image.
 * In:  %ecx first byte (offset), %edx end (offset), %esi low and %edi high
 *      half of the entries' rights.
 * Out: %ecx = %edx.  Clobbers: %eax.
 */
map_image:
        cmpl    %edx, %ecx
        jae     2f
1:      leal    (%ebp, %ecx), %eax
        orl     %esi, %eax
        pushl   %ecx
        shrl    $(PAGE_SHIFT - 3), %ecx
        movl    %eax, IMG(boot_pt_image)(%ebp, %ecx)
        movl    %edi, (IMG(boot_pt_image) + 4)(%ebp, %ecx)
        popl    %ecx
        addl    $PAGE_SIZE, %ecx
        cmpl    %edx, %ecx
        jb      1b
2:      ret

boot_no_long_mode:
        leal    IMG(msg_no_lm)(%ebp), %edx
        jmp     boot_fail
boot_no_nx:
        leal    IMG(msg_no_nx)(%ebp), %edx

/* In: %edx message.  Prints it on COM1 and stops for good. */
boot_fail:
        movl    %edx, %esi
1:      movl    $100000, %ecx
        movw    $COM1_LSR, %dx
2:      inb     %dx, %al
        testb   $LSR_THRE, %al
        loopz   2b
        lodsb
        testb   %al, %al
        jz      3f
        movw    $COM1, %dx
        outb    %al, %dx
        jmp     1b
3:      hlt
        jmp     3b

        .code64
boot_in_64:
        movabsq $boot_entry64, %rax
        jmp     *%rax

        .balign 8
boot_gdt:
        .quad   0
        .quad   DESC_CS32
        .quad   DESC_CS64
        .quad   DESC_DS
boot_gdt_end:

boot_far_ptr:
        .long   0
        .long   SEL_CS64

msg_no_mb2:
        .ascii  "Hospes: not started by a multiboot2 loader. "
        .asciz  "Use GRUB's multiboot2 command.\r\n"
msg_no_lm:
        .asciz  "Hospes: this processor has no 64-bit mode.\r\n"
msg_no_nx:
        .ascii  "Hospes: this processor has no no-execute pages, "
        .asciz  "or firmware has switched them off.\r\n"

        .globl  boot_entry32_end
boot_entry32_end:

        .section .bss.page_aligned, "aw", @nobits
        .balign PAGE_SIZE
#define TABLE(name, pages)                                                   \
        .globl  name;                                                        \
        .type   name, @object;                                               \
        .size   name, (pages) * PAGE_SIZE;                                   \
name:   .skip   (pages) * PAGE_SIZE

        TABLE(boot_pml4, 1)
        TABLE(boot_pdpt_high, 1)
        TABLE(boot_pd_image, 1)
        TABLE(boot_pt_image, IMAGE_TABLES)
        TABLE(boot_pd_window, 1)
        TABLE(boot_pt_window, 1)
        TABLE(boot_pdpt_ident, 1)
        TABLE(boot_pd_ident, 1)
        TABLE(boot_pt_ident, 1)
