/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory types: what the hypervisor puts in its PAT, and what the MTRRs say
 * about a physical address.
 */
#ifndef ARCH_X86_MM_MEMTYPE_H
#define ARCH_X86_MM_MEMTYPE_H

#include <core/lib/types.h>

/* Values of MTRRs, of PAT entries and of EPT entries. */
enum memtype {
    MEMTYPE_UC = 0,
    MEMTYPE_WC = 1,
    MEMTYPE_WT = 4,
    MEMTYPE_WP = 5,
    MEMTYPE_WB = 6,
    MEMTYPE_UC_MINUS = 7 /* PAT only */
};

/* Program this CPU's PAT.  All CPUs get the same. */
void memtype_init_cpu(void);

/* Read the MTRRs, on the boot CPU. */
void memtype_init(void);

/* PAT index of @type as page-table bits, for a 4 KiB or a larger page. */
uint64_t memtype_pte_bits(enum memtype type, bool is_large);

/*
 * Type of the physical range by the MTRRs; *@uniform tells if all of it has
 * that type (else it is that of the first byte).
 */
enum memtype memtype_of_range(paddr_t pa, uint64_t size, bool *uniform);

#endif /* ARCH_X86_MM_MEMTYPE_H */
