/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few string functions the test guest needs; semantics of the C library.
 */
#ifndef TESTS_GUEST_LIB_STRING_H
#define TESTS_GUEST_LIB_STRING_H

#include <stddef.h>

void *memset(void *dst, int c, size_t n);
void *memcpy(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

#endif
