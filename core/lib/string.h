/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and string functions: those of the C standard that the hypervisor
 * uses (string.c; compilers emit calls to the first four by themselves), and
 * a few of our own (str.c). The prototypes agree with those of a hosted C
 * library. The arch may override the weak mem* functions. No locking, no
 * manual chapter.
 */
#ifndef CORE_LIB_STRING_H
#define CORE_LIB_STRING_H

#include <core/lib/types.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

/*
 * Let the compiler do short copies of known size in place: -ffreestanding
 * makes it forget what the names mean.
 */
#if !__STDC_HOSTED__
#define memcpy(to, from, n) __builtin_memcpy(to, from, n)
#define memset(to, value, n) __builtin_memset(to, value, n)
#endif

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/*
 * Copies at most size - 1 characters and always terminates when size != 0.
 * Returns strlen(from): the copy was cut off if that is >= size.
 */
size_t strlcpy(char *to, const char *from, size_t size);

/* Whether s begins with prefix. */
bool str_starts_with(const char *s, const char *prefix);

/*
 * Reads an unsigned number at s: 0x prefix for hexadecimal, 0 prefix for
 * octal, else decimal; base 2 to 16 forces the base (16 still allows 0x),
 * base 0 looks at the prefix. *end is set behind the last digit.
 * Returns 0, -EINVAL when there is no digit, -ERANGE on overflow (*end is
 * then behind all digits and *value unchanged). end may be NULL, in which
 * case anything behind the number is -EINVAL.
 */
int __must_check str_to_u64(const char *s, unsigned int base,
                            uint64_t *value, const char **end);

/*
 * A size in bytes with an optional suffix B, K, M, G, T (either case);
 * without one the number counts KiB, as Xen's command line has it for
 * dom0_mem. *end, errors: as str_to_u64().
 */
int __must_check str_to_size(const char *s, uint64_t *bytes,
                             const char **end);

#endif
