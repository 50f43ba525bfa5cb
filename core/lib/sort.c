/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heapsort: build a heap with the largest element on top, then move the top
 * behind the shrinking heap. No locking, no manual chapter.
 */
#include <core/lib/sort.h>

static void sort_swap(unsigned char *a, unsigned char *b, size_t size)
{
    for (; size != 0; size--, a++, b++) {
        const unsigned char byte = *a;

        *a = *b;
        *b = byte;
    }
}

/* Moves the element at root down to where it belongs among count. */
static void sort_sift(unsigned char *base, size_t root, size_t count,
                      size_t size, sort_cmp_fn *cmp)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count &&
            cmp(base + child * size, base + (child + 1) * size) < 0) {
            child++;
        }
        if (cmp(base + root * size, base + child * size) >= 0) {
            return;
        }
        sort_swap(base + root * size, base + child * size, size);
    }
}

void sort(void *base, size_t count, size_t size, sort_cmp_fn *cmp)
{
    unsigned char *const bytes = base;

    for (size_t i = count / 2; i-- > 0;) {
        sort_sift(bytes, i, count, size, cmp);
    }
    for (size_t end = count; end > 1; end--) {
        sort_swap(bytes, bytes + (end - 1) * size, size);
        sort_sift(bytes, 0, end - 1, size, cmp);
    }
}
