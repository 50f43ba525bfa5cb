/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output of the test guest. The console_io hypercall where the domain may
 * use it, otherwise the byte port 0xe9 and the PV console ring.
 * Lines from several vCPUs may mix: tests print from vCPU 0.
 */
#ifndef TESTS_GUEST_LIB_CONSOLE_H
#define TESTS_GUEST_LIB_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/* Find out which way output goes; hypercalls must work. */
void console_init(void);

void console_write(const char *s, size_t len);

/* %c %s %d %u %x with l, width and 0; at most 511 characters. */
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As vsnprintf, for the conversions above; returns the length written. */
size_t kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
size_t ksnprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
