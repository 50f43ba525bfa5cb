/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking of kernels, by the distribution's libraries. They use SSE
 * registers and the canary at %fs:0x28. One CPU at a time.
 */
#ifndef CORE_LIB_DECOMPRESS_H
#define CORE_LIB_DECOMPRESS_H

#include <core/lib/kernel_image.h>

/*
 * Unpack image to out, which has room for image->unpacked bytes, with
 * heap_size bytes at heap for the decompressor. 0, or -EINVAL with *why.
 */
int __must_check decompress(const struct kernel_image *image, void *out,
                            void *heap, size_t heap_size, const char **why);

/* Bytes that the decompressor of kind needs for unpacked bytes. */
size_t decompress_heap_size(enum kernel_packing kind, uint64_t unpacked);

/* decompress_libc.c: what malloc() of the libraries takes from. */
void decompress_heap_set(void *heap, size_t size);

#endif
