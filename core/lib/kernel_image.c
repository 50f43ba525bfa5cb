/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recognises the file of a kernel: an ELF, or a bzImage with one inside.
 * Every offset is checked against the file's size.  Pure, no locks.
 * Manual: Linux, "The Linux/x86 Boot Protocol", fields setup_sects,
 * payload_offset, payload_length.
 */
#include <core/lib/errno.h>
#include <core/lib/kernel_image.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define BZ_SETUP_SECTS 0x1f1u
#define BZ_BOOT_FLAG 0x1feu
#define BZ_MAGIC 0x202u
#define BZ_VERSION 0x206u
#define BZ_PAYLOAD_OFFSET 0x248u
#define BZ_PAYLOAD_LENGTH 0x24cu
#define BZ_HEADER_END 0x250u

#define BOOT_FLAG 0xaa55u
#define VERSION_WITH_PAYLOAD 0x0208u
#define SETUP_SECTS_OLD 4u
#define SECTOR 512u
/* The kernel's build appends the unpacked size to the payload. */
#define SIZE_TRAILER 4u
#define KERNEL_MAX_SIZE GIB(2)

struct magic {
    enum kernel_packing kind;
    uint8_t len;
    uint8_t bytes[6];
};

static const struct magic magics[] = {
    { KERNEL_IMAGE_ELF, 4, { 0x7f, 'E', 'L', 'F' } },
    { KERNEL_IMAGE_GZIP, 2, { 0x1f, 0x8b } },
    { KERNEL_IMAGE_XZ, 6, { 0xfd, '7', 'z', 'X', 'Z', 0x00 } },
    { KERNEL_IMAGE_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
    { KERNEL_IMAGE_LZ4, 4, { 0x02, 0x21, 0x4c, 0x18 } },
};

static enum kernel_packing recognise(const uint8_t *p, uint64_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
        if (size >= magics[i].len &&
            memcmp(p, magics[i].bytes, magics[i].len) == 0) {
            return magics[i].kind;
        }
    }
    return KERNEL_IMAGE_OTHER;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static bool is_bzimage(const uint8_t *p, uint64_t size)
{
    return size >= BZ_HEADER_END && get16(p + BZ_BOOT_FLAG) == BOOT_FLAG &&
           memcmp(p + BZ_MAGIC, "HdrS", 4) == 0;
}

static int probe_payload(const uint8_t *p, uint64_t size,
                         struct kernel_image *bz, const char **why)
{
    const uint64_t sects = p[BZ_SETUP_SECTS] ? p[BZ_SETUP_SECTS]
                                             : SETUP_SECTS_OLD;
    const uint64_t start = (sects + 1) * SECTOR +
                           get32(p + BZ_PAYLOAD_OFFSET);
    const uint64_t len = get32(p + BZ_PAYLOAD_LENGTH);

    if (len <= SIZE_TRAILER || start >= size || len > size - start) {
        *why = "is truncated: its payload lies behind the end of the file";
        return -EINVAL;
    }
    bz->data = p + start;
    bz->kind = recognise(bz->data, len);
    bz->size = len - SIZE_TRAILER;
    bz->unpacked = get32(bz->data + bz->size);
    switch (bz->kind) {
    case KERNEL_IMAGE_OTHER:
        *why = "is packed in a way that is not known here; gzip, xz, zstd "
               "and lz4 are";
        return -EINVAL;
    case KERNEL_IMAGE_ELF:
        bz->size = len;
        bz->unpacked = len;
        break;
    case KERNEL_IMAGE_GZIP:
        /* Its own format ends in the size: that is part of the data. */
        bz->size = len;
        break;
    default:
        break;
    }
    if (bz->unpacked == 0 || bz->unpacked > KERNEL_MAX_SIZE) {
        *why = "is corrupt: its unpacked size makes no sense";
        return -EINVAL;
    }
    return 0;
}

int kernel_image_probe(const void *file, uint64_t size,
                      struct kernel_image *bz, const char **why)
{
    const uint8_t *const p = file;

    memset(bz, 0, sizeof(*bz));
    if (recognise(p, size) == KERNEL_IMAGE_ELF) {
        bz->kind = KERNEL_IMAGE_ELF;
        bz->data = p;
        bz->size = size;
        bz->unpacked = size;
        return 0;
    }
    if (!is_bzimage(p, size)) {
        *why = "is neither an ELF file nor a bzImage";
        return -EINVAL;
    }
    if (get16(p + BZ_VERSION) < VERSION_WITH_PAYLOAD) {
        *why = "is too old: its boot protocol is below 2.08";
        return -EINVAL;
    }
    return probe_payload(p, size, bz, why);
}
