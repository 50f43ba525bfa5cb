/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bringing up the application processors.
 */
#ifndef ARCH_X86_CPU_SMP_BOOT_H
#define ARCH_X86_CPU_SMP_BOOT_H

#include <core/lib/types.h>

/* Set a page below 640 KiB aside, as long as boot_alloc() can. */
void smp_boot_reserve(void);

/* Boot CPU: give every usable processor of the MADT a number and its data. */
void smp_boot_prepare(void);

/*
 * Start them all.  One that does not come up is named in the log and stays
 * unused.  @init runs on each, on its own stack, and returns false if the CPU
 * cannot be used; then @loop, which does not return.
 */
void smp_boot(bool (*init)(void), void (*loop)(void));

#endif /* ARCH_X86_CPU_SMP_BOOT_H */
