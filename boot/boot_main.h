/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the entry and core/init/main.c.
 */
#ifndef BOOT_BOOT_MAIN_H
#define BOOT_BOOT_MAIN_H

#include <core/lib/types.h>

/* From entry64.S: physical addresses, time stamp at the first instruction. */
void boot_main(paddr_t info, paddr_t image, uint64_t tsc);

/* Give the init sections to the allocator, and write-protect constants. */
void boot_release(void);

#endif /* BOOT_BOOT_MAIN_H */
