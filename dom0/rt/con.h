/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's own console: the hypervisor's serial line or screen,
 * by the console_io hypercall; and the end of the domain.
 */
#ifndef DOM0_RT_CON_H
#define DOM0_RT_CON_H

#include <core/lib/printf.h>

/* What came from the keyboard; called by the event loop. */
typedef void con_input_fn(const char *text, size_t n);

/* From here on input is read and given to fn. Panics without VIRQ_CONSOLE. */
void con_init(con_input_fn *fn);

/* As it is; the hypervisor makes "\r\n" of "\n". */
void con_write(const char *text, size_t n);

/*
 * A line is written when its newline comes, or at con_write(): what the
 * hypervisor and guests say does not come into the midst of it.
 */
void con_printf(const char *fmt, ...) __printf_like(1, 2);
void con_vprintf(const char *fmt, va_list args) __printf_like(1, 0);

/* Says why on the console and ends the domain with reason "crash". */
void panic(const char *fmt, ...) __noreturn __printf_like(1, 2);

/* Ends the domain: SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash. */
void panic_shutdown(unsigned int reason) __noreturn;

#endif
