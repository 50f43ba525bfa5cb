/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted output into a buffer. No locking. Chapter: C17, The snprintf
 * function.
 */
#include <core/lib/printf.h>

struct buffer {
    char *to;
    size_t left;
};

static void buffer_putc(void *ctx, char c)
{
    struct buffer *const b = ctx;

    if (b->left > 1) {
        *b->to++ = c;
        b->left--;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct buffer b = { .to = buf, .left = size };
    const int n = printf_core(buffer_putc, &b, fmt, args);

    if (size != 0) {
        *b.to = '\0';
    }
    return n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    const int n = vsnprintf(buf, size, fmt, args);

    va_end(args);
    return n;
}
