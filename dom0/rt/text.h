/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short texts that are made where they are used, and fields of texts. Pure.
 */
#ifndef DOM0_RT_TEXT_H
#define DOM0_RT_TEXT_H

#include <core/lib/compiler.h>

struct text {
    char chars[128];            /* Terminated; what is longer is cut. */
};

struct text text_make(const char *fmt, ...) __printf_like(1, 2);

/* A text by a format, as long as the expression in which it stands. */
#define TEXT(...) (text_make(__VA_ARGS__).chars)

/*
 * The field that *rest begins with, without blanks around it, and terminated;
 * *rest moves behind its separator. NULL: there is no more.
 */
char *text_field(char **rest, char separator);

#endif
