/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of an EPT entry.  SDM volume 3, "EPT Translation Mechanism".
 */
#ifndef ARCH_X86_HW_EPT_BITS_H
#define ARCH_X86_HW_EPT_BITS_H

#include <core/lib/bits.h>

#define EPT_R BIT(0)
#define EPT_W BIT(1)
#define EPT_X BIT(2)
#define EPT_RWX (EPT_R | EPT_W | EPT_X)
#define EPT_MEMTYPE GENMASK64(5, 3)
#define EPT_IGNORE_PAT BIT(6)
#define EPT_LARGE BIT(7)
#define EPT_A BIT(8)
#define EPT_D BIT(9)

enum ept_memtype {
    EPT_UC = 0,
    EPT_WC = 1,
    EPT_WT = 4,
    EPT_WP = 5,
    EPT_WB = 6,
};

#endif /* ARCH_X86_HW_EPT_BITS_H */
