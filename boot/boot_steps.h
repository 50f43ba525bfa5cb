/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of core/init/initcalls.def that belong to the machine, in the order
 * of that table, which also declares them.
 */
#ifndef BOOT_BOOT_STEPS_H
#define BOOT_BOOT_STEPS_H

#include <core/init/init.h>

/* Read the information again, where it can stay. */
void boot_info_remap(void);

/* Rows that follow with the first domain: behind "page allocator", and last. */
void boot_dom0_reserve(void);
void boot_dom0_build(void);

#endif /* BOOT_BOOT_STEPS_H */
