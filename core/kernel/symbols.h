/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the hypervisor's functions by address, from the table that
 * tools/gen_symbols.py appends.  Lock-free, any context.
 */
#ifndef CORE_KERNEL_SYMBOLS_H
#define CORE_KERNEL_SYMBOLS_H

#include <core/lib/types.h>

/*
 * The function that holds @addr and the distance from its start; NULL if
 * @addr is in none.
 */
const char *symbols_lookup(uintptr_t addr, unsigned long *offset);

#endif /* CORE_KERNEL_SYMBOLS_H */
