/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: to the consoles and to the ring that readconsole serves.  Each
 * line gets the prefix "(hospes) ".  Any context; a panic breaks the lock.
 */
#ifndef CORE_CONSOLE_PRINTK_H
#define CORE_CONSOLE_PRINTK_H

#include <stdarg.h>

#include <core/abi/xen.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

enum log_level {
    LOG_ERR,   /* Something does not work                                    */
    LOG_WARN,  /* Something works worse than it should                       */
    LOG_INFO,  /* What a user wants to know once                             */
    LOG_DEBUG, /* What a developer wants to know                             */
    LOG_LEVELS
};

/* A whole line or several, each ended by a newline. */
void printk(enum log_level level, const char *fmt, ...) __printf_like(2, 3);
void vprintk(enum log_level level, const char *fmt, va_list args)
    __printf_like(2, 0);

#define pr_err(...) printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...) printk(LOG_WARN, __VA_ARGS__)
#define pr_info(...) printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* Dumps: printed whatever the threshold, pieces of lines allowed. */
void printk_raw(const char *fmt, ...) __printf_like(1, 2);
void vprintk_raw(const char *fmt, va_list args) __printf_like(1, 0);

/*
 * A message that a guest can cause: prefixed with the domain's number,
 * subject to guest_loglvl, and to a limit of rate (ten a second, a burst of
 * thirty; what is lost is counted in a line of its own).
 */
void printk_guest(enum log_level level, uint16_t domid, const char *fmt, ...)
    __printf_like(3, 4);

/*
 * Options loglvl= and guest_loglvl=: "<level>" or "<level>/<limited level>"
 * of none, error, warning, info, debug, all.  0, -EINVAL.
 */
int __must_check printk_set_level(const char *text);
int __must_check printk_set_guest_level(const char *text);

/* Lose no message: the limit of rate off (option sync_console). */
void printk_set_sync(bool on);

#endif /* CORE_CONSOLE_PRINTK_H */
