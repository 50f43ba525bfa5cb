/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small objects, up to a page by size classes, beyond that whole pages.
 * Aligned to 16 bytes; to the page from one page on.  Locking: one lock
 * (SLAB), any context.  NULL when memory is short.
 */
#ifndef CORE_MM_SLAB_H
#define CORE_MM_SLAB_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* Not cleared; and cleared. */
void *xalloc(size_t bytes);
void *xzalloc(size_t bytes);
/* @count objects of @size, cleared; NULL also if the product overflows. */
void *xzalloc_array(size_t count, size_t size);

/* NULL does no harm. */
void xfree(void *ptr);

/* For one object of a type. */
#define xzalloc_type(type) ((type *)xzalloc(sizeof(type)))

/* Bytes of pages that slabs hold, and of these in objects that live. */
void slab_usage(uint64_t *held, uint64_t *used);

/* Debug key m, part of it: one line per class that holds pages. */
void slab_dump(void);

#endif /* CORE_MM_SLAB_H */
