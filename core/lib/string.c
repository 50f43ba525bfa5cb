/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C standard's memory and string functions, as far as the hypervisor
 * needs them: the mem* ones work in 8-byte words and are weak, so that an
 * arch may bring better ones. No locking. Chapter: C17, String handling.
 */
#include <core/lib/string.h>

/* Any alignment, any type behind it: x86 has no trouble with either. */
typedef uint64_t __attribute__((__may_alias__, __aligned__(1))) word_t;

#define WORD sizeof(word_t)
/* Overlapping pieces of this size are worth a memcpy(). */
#define GAP_FAR 256u

/* In parentheses: not the macros that let the compiler copy small things. */
__weak void *(memcpy)(void *restrict to, const void *restrict from, size_t n)
{
    unsigned char *d = to;
    const unsigned char *s = from;

    for (; n >= WORD; n -= WORD) {
        *(word_t *)d = *(const word_t *)s;
        d += WORD;
        s += WORD;
    }
    while (n-- != 0) {
        *d++ = *s++;
    }
    return to;
}

__weak void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *d = to;
    const unsigned char *s = from;
    const size_t gap = (uintptr_t)d - (uintptr_t)s;

    if (gap >= n && -gap >= n) {
        return memcpy(to, from, n);
    }
    /* A forward copy is right unless the target begins inside the source. */
    if (gap >= n) {
        for (; n >= WORD; n -= WORD) {
            *(word_t *)d = *(const word_t *)s;
            d += WORD;
            s += WORD;
        }
        while (n-- != 0) {
            *d++ = *s++;
        }
        return to;
    }
    /* From the end, far ones in pieces that do not reach their target. */
    for (; n >= gap && gap >= GAP_FAR; n -= gap) {
        memcpy(d + n - gap, s + n - gap, gap);
    }
    for (; n >= WORD; n -= WORD) {
        *(word_t *)(d + n - WORD) = *(const word_t *)(s + n - WORD);
    }
    while (n-- != 0) {
        d[n] = s[n];
    }
    return to;
}

__weak void *(memset)(void *to, int value, size_t n)
{
    const uint64_t word = (unsigned char)value * UINT64_C(0x0101010101010101);
    unsigned char *d = to;

    for (; n >= WORD; n -= WORD) {
        *(word_t *)d = word;
        d += WORD;
    }
    while (n-- != 0) {
        *d++ = (unsigned char)value;
    }
    return to;
}

__weak int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a;
    const unsigned char *y = b;

    while (n >= WORD && *(const word_t *)x == *(const word_t *)y) {
        x += WORD;
        y += WORD;
        n -= WORD;
    }
    for (; n != 0; n--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    for (; n != 0; n--, p++) {
        if (*p == (unsigned char)c) {
            return (void *)(uintptr_t)p;
        }
    }
    return NULL;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p != '\0') {
        p++;
    }
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n] != '\0') {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c) {
            return (char *)(uintptr_t)s;
        }
        if (*s == '\0') {
            return NULL;
        }
    }
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;

    for (;; s++) {
        if (*s == (char)c) {
            found = s;
        }
        if (*s == '\0') {
            return (char *)(uintptr_t)found;
        }
    }
}

char *strstr(const char *s, const char *what)
{
    const size_t n = strlen(what);

    for (; strncmp(s, what, n) != 0; s++) {
        if (*s == '\0') {
            return NULL;
        }
    }
    return (char *)(uintptr_t)s;
}
