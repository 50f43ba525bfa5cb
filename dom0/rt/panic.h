/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the control domain, and the frame that traps leave.
 */
#ifndef DOM0_RT_PANIC_H
#define DOM0_RT_PANIC_H

#include <core/lib/compiler.h>

/* Says why on the console and ends the domain with reason "crash". */
void panic(const char *fmt, ...) __noreturn __printf_like(1, 2);

/* Ends the domain: SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash. */
void panic_shutdown(unsigned int reason) __noreturn;

#endif
