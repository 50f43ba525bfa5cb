/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot2 header: what the boot loader is asked for.  Multiboot2
 * Specification, "OS image format".  No framebuffer is asked for: on a BIOS GRUB would leave
 * text mode for it, and with UEFI it sets one anyway if it can.
 */
#include <arch/x86/asm/asm.h>
#include <boot/mb2_format.h>

    .section .mb2_header, "a", @progbits
    .balign MB2_TAG_ALIGN

mb2_header:
    .long   MB2_HEADER_MAGIC
    .long   MB2_ARCH_I386
    .long   mb2_header_end - mb2_header
    .long   -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (mb2_header_end - mb2_header))

    /* Memory map is needed, the rest is welcome. */
    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_INFO_REQUEST
    .short  0
    .long   3f - 2f + 8
2:  .long   MB2_TAG_MMAP
3:
    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_INFO_REQUEST
    .short  MB2_HTAG_OPTIONAL
    .long   3f - 2f + 8
2:  .long   MB2_TAG_CMDLINE
    .long   MB2_TAG_MODULE
    .long   MB2_TAG_LOADER_NAME
    .long   MB2_TAG_FRAMEBUFFER
    .long   MB2_TAG_EFI_MMAP
    .long   MB2_TAG_ACPI_OLD
    .long   MB2_TAG_ACPI_NEW
    .long   MB2_TAG_LOAD_BASE
3:
    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_ENTRY
    .short  0
    .long   12
    .long   boot_entry32_load

    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_MODULE_ALIGN
    .short  0
    .long   8

    /* Anywhere below 4 GiB, high: low memory stays in one piece. */
    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_RELOCATABLE
    .short  0
    .long   24
    .long   0x00200000
    .long   0xffffffff
    .long   0x00200000
    .long   MB2_PREFER_HIGH

    .balign MB2_TAG_ALIGN
    .short  MB2_HTAG_END
    .short  0
    .long   8
mb2_header_end:
