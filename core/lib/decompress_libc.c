/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the decompression libraries want of a C library beside the memory
 * functions of core/lib: an allocator over a heap that goes away as a whole.
 * Boot, one CPU: no locks.
 */
#include <core/lib/decompress.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define HEAP_ALIGN 16u

static char *heap_next;
static size_t heap_left;

void *malloc(size_t bytes);
void *calloc(size_t count, size_t size);
void free(void *p);
size_t ZSTD_trace_decompress_begin(const void *dctx);
void ZSTD_trace_decompress_end(size_t ctx, const void *trace);

void decompress_heap_set(void *heap, size_t size)
{
    heap_next = heap;
    heap_left = size;
}

void *malloc(size_t bytes)
{
    void *const p = heap_next;

    if (bytes > heap_left || heap_left - bytes < HEAP_ALIGN) {
        return NULL;
    }
    bytes = round_up(bytes, HEAP_ALIGN);
    heap_next += bytes;
    heap_left -= bytes;
    return p;
}

/* -fno-builtin: or the compiler would make this a call to itself. */
void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    p = malloc(bytes);
    if (p != NULL) {
        memset(p, 0, bytes);
    }
    return p;
}

void free(void *p)
{
}

/* Hooks of libzstd for tracing; zero says that nobody listens. */
size_t ZSTD_trace_decompress_begin(const void *dctx)
{
    return 0;
}

void ZSTD_trace_decompress_end(size_t ctx, const void *trace)
{
}
