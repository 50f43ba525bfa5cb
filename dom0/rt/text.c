/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts as values, which the caller has on its stack; and fields of a text.
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

char *text_field(char **rest, char separator)
{
    char *field = *rest;
    char *end;

    if (field == NULL) {
        return NULL;
    }
    while (*field == ' ') {
        field++;
    }
    end = strchr(field, separator);
    *rest = end == NULL ? NULL : end + 1;
    if (end == NULL) {
        end = field + strlen(field);
    }
    while (end > field && end[-1] == ' ') {
        end--;
    }
    *end = '\0';
    return field;
}
