/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formats a text into a value, which the caller has on its stack.
 */
#include <dom0/rt/rt.h>

struct text text_make(const char *fmt, ...)
{
    struct text text;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text.chars, sizeof(text.chars), fmt, args);
    va_end(args);
    return text;
}
