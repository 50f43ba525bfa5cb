/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Map of the hypervisor's virtual addresses.  Every region starts on a
 * PML4 slot, so that no two share a table below the root.
 *
 *   0xffff800000000000  64 TiB  direct map of RAM, never executable
 *   0xffffd00000000000   1 TiB  frame table (struct page[])
 *   0xffffd80000000000   1 TiB  vmap: stacks, scattered pages
 *   0xffffe00000000000   1 TiB  device memory (ioremap)
 *   0xffffffff80000000   4 MiB  image
 *   0xffffffffc0000000   2 MiB  boot window: short-lived mappings before the
 *                               direct map is there
 */
#ifndef ARCH_X86_MM_LAYOUT_H
#define ARCH_X86_MM_LAYOUT_H

#include <core/lib/const.h>
#include <arch/x86/hw/page_bits.h>

#define DIRECTMAP_VIRT _AC(0xffff800000000000, UL)
#define DIRECTMAP_SIZE (_AC(1, UL) << 46)
#define FRAMETABLE_VIRT _AC(0xffffd00000000000, UL)
#define FRAMETABLE_SIZE (_AC(1, UL) << 40)
#define VMAP_VIRT _AC(0xffffd80000000000, UL)
#define STACKS_VIRT VMAP_VIRT /* first: struct cpu_stacks[] */
#define VMAP_SIZE (_AC(1, UL) << 40)
#define IOREMAP_VIRT _AC(0xffffe00000000000, UL)
#define IOREMAP_SIZE (_AC(1, UL) << 40)
#define IMAGE_VIRT _AC(0xffffffff80000000, UL)
#define IMAGE_MAX_SIZE (_AC(4, UL) << 20)
#define WINDOW_VIRT _AC(0xffffffffc0000000, UL)
#define WINDOW_SIZE (_AC(2, UL) << 20)

#define IMAGE_ALIGN PAGE_SIZE_2M
#define IMAGE_TABLES (IMAGE_MAX_SIZE >> PAGE_SHIFT_2M)

/* Stack of each CPU, and of each of its IST entries. */
#define CPU_STACK_ORDER 2
#define CPU_STACK_SIZE (PAGE_SIZE << CPU_STACK_ORDER)
#define IST_STACK_SIZE PAGE_SIZE

#endif /* ARCH_X86_MM_LAYOUT_H */
