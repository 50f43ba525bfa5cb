/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted output. printf_core() is the one engine, with a callback for
 * each character; snprintf and vsnprintf stand on it. Conversions:
 * d i u x X o c s p %, flags 0 - # + space, width and precision (also *),
 * lengths hh h l ll z t j. Nothing beyond the standard, so that compilers
 * can check the formats; no floating point, no %n. Does not lock, allocate
 * or recurse. No manual chapter.
 */
#ifndef CORE_LIB_PRINTF_H
#define CORE_LIB_PRINTF_H

#include <stdarg.h>

#include <core/lib/types.h>

typedef void printf_putc_fn(void *ctx, char c);

/* Returns the number of characters that were put. */
int printf_core(printf_putc_fn *put, void *ctx, const char *fmt,
                va_list args) __printf_like(3, 0);

/*
 * As in the C standard: write at most size - 1 characters and a terminator
 * (nothing when size is 0), return the length that would have been written.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __printf_like(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...)
    __printf_like(3, 4);

#endif
