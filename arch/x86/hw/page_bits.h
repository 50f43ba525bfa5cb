/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table entry bits of 4-level long-mode paging.  SDM, "Paging"; APM 2,
 * "Page Translation and Protection".
 */
#ifndef ARCH_X86_HW_PAGE_BITS_H
#define ARCH_X86_HW_PAGE_BITS_H

#include <core/lib/const.h>

#define PAGE_SHIFT_2M 21
#define PAGE_SIZE_2M (_AC(1, UL) << PAGE_SHIFT_2M)
#define PAGE_SHIFT_1G 30
#define PAGE_SIZE_1G (_AC(1, UL) << PAGE_SHIFT_1G)

#define PT_ENTRIES 512
#define PT_INDEX_BITS 9

#define PTE_P (_AC(1, UL) << 0)
#define PTE_W (_AC(1, UL) << 1)
#define PTE_U (_AC(1, UL) << 2)
#define PTE_PWT (_AC(1, UL) << 3)
#define PTE_PCD (_AC(1, UL) << 4)
#define PTE_A (_AC(1, UL) << 5)
#define PTE_D (_AC(1, UL) << 6)
#define PTE_PS (_AC(1, UL) << 7)       /* levels 2 and 3 */
#define PTE_PAT_4K (_AC(1, UL) << 7)   /* level 1 */
#define PTE_G (_AC(1, UL) << 8)
#define PTE_PAT_LARGE (_AC(1, UL) << 12)
#define PTE_NX (_AC(1, UL) << 63)
#define PTE_ADDR_MASK _AC(0x000ffffffffff000, UL)

/* Error code of a page fault. */
#define PFEC_P (_AC(1, UL) << 0)
#define PFEC_W (_AC(1, UL) << 1)
#define PFEC_U (_AC(1, UL) << 2)
#define PFEC_RSVD (_AC(1, UL) << 3)
#define PFEC_I (_AC(1, UL) << 4)
#define PFEC_PK (_AC(1, UL) << 5)

#endif /* ARCH_X86_HW_PAGE_BITS_H */
