/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a kernel: an ELF, or a bzImage with one inside, packed or not.
 * The file is not trusted. No locking. Chapter: Linux, "The Linux/x86 Boot
 * Protocol".
 */
#ifndef CORE_LIB_KERNEL_IMAGE_H
#define CORE_LIB_KERNEL_IMAGE_H

#include <core/lib/types.h>

enum kernel_packing {
    KERNEL_IMAGE_ELF,
    KERNEL_IMAGE_GZIP,
    KERNEL_IMAGE_XZ,
    KERNEL_IMAGE_ZSTD,
    KERNEL_IMAGE_LZ4,
    KERNEL_IMAGE_OTHER,
};

/* The compressed (or plain) ELF inside a file. */
struct kernel_image {
    const uint8_t *data;
    uint64_t size;
    enum kernel_packing kind;
    uint64_t unpacked;          /* Bytes, as the file says */
};

/*
 * Look at size bytes of a kernel's file. 0: *image describes the payload of
 * a bzImage, or the file itself if it is an ELF. Else *why says what is
 * wrong, and -EINVAL. Pure.
 */
int __must_check kernel_image_probe(const void *file, uint64_t size,
                                    struct kernel_image *image,
                                    const char **why);

#endif
