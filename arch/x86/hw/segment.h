/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selectors of the hypervisor's GDT and descriptor formats.  SDM, "Protected-
 * Mode Memory Management" and "Task Management".
 */
#ifndef ARCH_X86_HW_SEGMENT_H
#define ARCH_X86_HW_SEGMENT_H

#include <core/lib/const.h>

/* Selectors; the GDT has one entry of 8 bytes for each, the TSS takes two. */
#define SEL_CS32 0x08 /* used by the boot paths only */
#define SEL_CS64 0x10
#define SEL_DS 0x18
#define SEL_TSS 0x20
#define GDT_ENTRIES 6

/* Flat descriptors, accessed bit set so that the GDT may be read-only. */
#define DESC_CS32 _AC(0x00cf9b000000ffff, ULL)
#define DESC_CS64 _AC(0x00af9b000000ffff, ULL)
#define DESC_DS _AC(0x00cf93000000ffff, ULL)

#define DESC_TYPE_TSS_AVAIL 0x9
#define DESC_TYPE_TSS_BUSY 0xb
#define DESC_TYPE_INTR_GATE 0xe
#define DESC_PRESENT 0x80

/* Entries of the TSS' interrupt stack table, as gates name them. */
#define IST_NONE 0
#define IST_NMI 1
#define IST_MCE 2
#define IST_DF 3
#define IST_COUNT 3

#endif /* ARCH_X86_HW_SEGMENT_H */
