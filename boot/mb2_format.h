/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the Multiboot2 Specification: header tags ("OS image format")
 * and information tags ("Boot information format").
 */
#ifndef BOOT_MB2_FORMAT_H
#define BOOT_MB2_FORMAT_H

#define MB2_HEADER_MAGIC 0xe85250d6
#define MB2_LOADER_MAGIC 0x36d76289
#define MB2_ARCH_I386 0
#define MB2_TAG_ALIGN 8

#define MB2_HTAG_END 0
#define MB2_HTAG_INFO_REQUEST 1
#define MB2_HTAG_ENTRY 3
#define MB2_HTAG_MODULE_ALIGN 6
#define MB2_HTAG_RELOCATABLE 10
#define MB2_HTAG_OPTIONAL 1 /* flag */
#define MB2_PREFER_HIGH 2

#define MB2_TAG_END 0
#define MB2_TAG_CMDLINE 1
#define MB2_TAG_LOADER_NAME 2
#define MB2_TAG_MODULE 3
#define MB2_TAG_MMAP 6
#define MB2_TAG_FRAMEBUFFER 8
#define MB2_TAG_EFI64 12
#define MB2_TAG_ACPI_OLD 14
#define MB2_TAG_ACPI_NEW 15
#define MB2_TAG_EFI_MMAP 17
#define MB2_TAG_LOAD_BASE 21

#define MB2_MMAP_RAM 1
#define MB2_MMAP_ACPI 3
#define MB2_MMAP_NVS 4
#define MB2_MMAP_BAD 5

#endif /* BOOT_MB2_FORMAT_H */
