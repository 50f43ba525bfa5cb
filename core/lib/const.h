/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants that C and assembly share. _AC(1, UL) is 1UL in C and 1 in
 * assembly. No locking, no manual chapter: page sizes are those of x86-64
 * four-level paging.
 */
#ifndef CORE_LIB_CONST_H
#define CORE_LIB_CONST_H

#ifdef __ASSEMBLER__
#define _AC(number, suffix) number
#else
#define AC_PASTE(number, suffix) number##suffix
#define _AC(number, suffix) AC_PASTE(number, suffix)
#endif

/* One bit, 64 bits wide in C. */
#define BIT(n) (_AC(1, UL) << (n))

#define PAGE_SHIFT 12
#define PAGE_SIZE (_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - _AC(1, UL)))

/* Orders of the large pages: 2 MiB and 1 GiB. */
#define ORDER_4K 0
#define ORDER_2M 9
#define ORDER_1G 18

#define KIB(n) (_AC(n, UL) << 10)
#define MIB(n) (_AC(n, UL) << 20)
#define GIB(n) (_AC(n, UL) << 30)

#endif
