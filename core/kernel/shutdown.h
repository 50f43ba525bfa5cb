/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the machine's work: reboot and power off.
 */
#ifndef CORE_KERNEL_SHUTDOWN_H
#define CORE_KERNEL_SHUTDOWN_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

enum shutdown_kind { SHUTDOWN_KIND_REBOOT, SHUTDOWN_KIND_POWEROFF };

/*
 * Boot: a driver's way (ACPI) to do it, tried before the arch's own
 * (arch_cpu_reset()).  The function returns if it had no effect.
 */
void shutdown_register(enum shutdown_kind kind, void (*fn)(void));

/* Option noreboot: halt instead of restarting after a panic. */
extern bool shutdown_noreboot;

/* Stop the other CPUs, then do it.  If all ways fail: say so and halt. */
void __noreturn shutdown_reboot(void);
void __noreturn shutdown_poweroff(void);

/* After a panic: wait a little, then reset, or halt with noreboot. */
void __noreturn shutdown_after_panic(void);

/* Reset quietly, at once, in whatever state. */
void __noreturn shutdown_reset_now(void);

#endif /* CORE_KERNEL_SHUTDOWN_H */
