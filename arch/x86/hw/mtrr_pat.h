/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTRRs and PAT.  SDM, "Memory Cache Control".
 */
#ifndef ARCH_X86_HW_MTRR_PAT_H
#define ARCH_X86_HW_MTRR_PAT_H

#include <core/lib/const.h>

#define MTRRCAP_VCNT _AC(0xff, UL)
#define MTRRCAP_FIX (_AC(1, UL) << 8)
#define MTRRCAP_WC (_AC(1, UL) << 10)

#define MTRR_DEF_TYPE_MASK _AC(0xff, UL)
#define MTRR_DEF_FIXED_ENABLE (_AC(1, UL) << 10)
#define MTRR_DEF_ENABLE (_AC(1, UL) << 11)

#define MTRR_BASE_TYPE _AC(0xff, UL)
#define MTRR_MASK_VALID (_AC(1, UL) << 11)
#define MTRR_ADDR_MASK _AC(0x000ffffffffff000, UL)

/* First megabyte: 8 x 64 KiB, 16 x 16 KiB, 64 x 4 KiB. */
#define MTRR_FIXED_COUNT 11
#define MTRR_FIXED_TYPES 88
#define MTRR_FIXED_END _AC(0x100000, UL)

/*
 * The hypervisor's PAT by index: WB WT UC- UC WC WP UC- UC.  The first four
 * are the processor's defaults.
 */
#define PAT_HOST _AC(0x0007050100070406, UL)
#define PAT_DEFAULT _AC(0x0007040600070406, UL)

#endif /* ARCH_X86_HW_MTRR_PAT_H */
