/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small objects from the build machine's heap, for tests without a machine.
 */
#include <core/mm/slab.h>

void *calloc(size_t count, size_t size);
void free(void *ptr);

void *xzalloc(size_t bytes)
{
    return calloc(1, bytes);
}

void xfree(void *ptr)
{
    free(ptr);
}
