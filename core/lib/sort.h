/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting of arrays in place, in n log n steps, without recursion. No
 * locking, no manual chapter.
 */
#ifndef CORE_LIB_SORT_H
#define CORE_LIB_SORT_H

#include <core/lib/types.h>

/* Negative, zero, positive as a belongs before, beside, behind b. */
typedef int sort_cmp_fn(const void *a, const void *b);

/* Ascending; equal elements may change their order. */
void sort(void *base, size_t count, size_t size, sort_cmp_fn *cmp);

#endif
