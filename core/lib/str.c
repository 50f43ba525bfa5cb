/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String functions that are not in the C standard: bounded copy, prefixes,
 * numbers and sizes as they stand on a command line. No locking, no manual
 * chapter; the size suffixes are those of Xen's command line document.
 */
#include <core/lib/errno.h>
#include <core/lib/string.h>

size_t strlcpy(char *to, const char *from, size_t size)
{
    size_t n = 0;

    if (size != 0) {
        for (; n < size - 1 && from[n] != '\0'; n++) {
            to[n] = from[n];
        }
        to[n] = '\0';
    }
    return n + strlen(from + n);
}

bool str_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The digit's value, or 16 for what is no digit. */
static unsigned int str_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned int)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned int)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned int)(c - 'A') + 10;
    }
    return 16;
}

/* Finds the base and returns where the digits begin. */
static const char *str_number_prefix(const char *s, unsigned int *base)
{
    const bool is_hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') &&
                        str_digit(s[2]) < 16;

    if (is_hex && (*base == 0 || *base == 16)) {
        *base = 16;
        return s + 2;
    }
    if (*base == 0) {
        *base = s[0] == '0' ? 8 : 10;
    }
    return s;
}

int str_to_u64(const char *s, unsigned int base, uint64_t *value,
               const char **end)
{
    const char *p = str_number_prefix(s, &base);
    uint64_t sum = 0;
    bool overflow = false;

    if (str_digit(*p) >= base) {
        return -EINVAL;
    }
    for (; str_digit(*p) < base; p++) {
        overflow |= __builtin_mul_overflow(sum, (uint64_t)base, &sum);
        overflow |= __builtin_add_overflow(sum, (uint64_t)str_digit(*p),
                                           &sum);
    }
    if (end != NULL) {
        *end = p;
    } else if (*p != '\0') {
        return -EINVAL;
    }
    if (overflow) {
        return -ERANGE;
    }
    *value = sum;
    return 0;
}

/* Binary exponent of a size suffix; -1 if c is none. */
static int str_size_shift(char c)
{
    switch (c) {
    case 'b': case 'B': return 0;
    case 'k': case 'K': return 10;
    case 'm': case 'M': return 20;
    case 'g': case 'G': return 30;
    case 't': case 'T': return 40;
    default: return -1;
    }
}

int str_to_size(const char *s, uint64_t *bytes, const char **end)
{
    const char *p;
    uint64_t value;
    const int rc = str_to_u64(s, 0, &value, &p);

    if (rc != 0) {
        return rc;
    }
    int shift = str_size_shift(*p);

    if (shift >= 0) {
        p++;
    } else {
        shift = 10;
    }
    if (end != NULL) {
        *end = p;
    } else if (*p != '\0') {
        return -EINVAL;
    }
    if (value << shift >> shift != value) {
        return -ERANGE;
    }
    *bytes = value << shift;
    return 0;
}
