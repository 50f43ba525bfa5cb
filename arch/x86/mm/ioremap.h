/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mappings of device memory and of firmware's tables.
 */
#ifndef ARCH_X86_MM_IOREMAP_H
#define ARCH_X86_MM_IOREMAP_H

#include <arch/x86/mm/pgtable.h>

/*
 * Map [@pa, +@bytes), any alignment.  NULL without memory or space.  Never
 * undone.  Any context but NMI.
 */
void *ioremap(paddr_t pa, size_t bytes, enum map_prot prot,
              enum memtype type);

#endif /* ARCH_X86_MM_IOREMAP_H */
