/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of a nested page table entry.  APM volume 2, "Nested Paging".
 */
#ifndef ARCH_X86_HW_NPT_BITS_H
#define ARCH_X86_HW_NPT_BITS_H

#include <core/lib/bits.h>

#define NPT_P BIT(0)
#define NPT_W BIT(1)
#define NPT_U BIT(2)
#define NPT_A BIT(5)
#define NPT_D BIT(6)
#define NPT_PS BIT(7)
#define NPT_NX BIT(63)

#endif /* ARCH_X86_HW_NPT_BITS_H */
