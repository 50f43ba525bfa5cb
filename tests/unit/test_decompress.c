/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking of kernels in each of the four formats, and of damaged ones.
 * Links: core/lib/decompress.c
 * Libs: -llzma -lzstd -lz -llz4
 */
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <core/lib/decompress.h>
#include <core/lib/errno.h>
#include <tests/unit/unit.h>

#define PLAIN (9u << 20) /* Two blocks of lz4's old format */
#define PACKED (PLAIN + (1u << 20))

static uint8_t *plain;
static uint8_t *packed;
static uint8_t *out;

void decompress_heap_set(void *heap, size_t size)
{
}

static void set_up(void)
{
    if (plain != NULL) {
        return;
    }
    plain = malloc(PLAIN);
    packed = malloc(PACKED);
    out = malloc(PLAIN);
    for (size_t i = 0; i < PLAIN; i += 8) {
        const uint64_t r = unit_random() % 4096 * i;

        memcpy(plain + i, &r, 8);
    }
}

static int unpack(enum kernel_packing kind, size_t size)
{
    const struct kernel_image bz = {
        .data = packed, .size = size, .kind = kind, .unpacked = PLAIN,
    };
    const size_t heap_size = decompress_heap_size(kind, PLAIN);
    void *const heap = malloc(heap_size);
    const char *why = NULL;
    int rc;

    memset(out, 0, PLAIN);
    rc = decompress(&bz, out, heap, heap_size, &why);
    CHECK((rc == 0) == (why == NULL));
    free(heap);
    return rc;
}

/* The sound file, and versions of it that are cut or changed. */
static void check(enum kernel_packing kind, size_t size)
{
    REQUIRE(size != 0);
    CHECK_EQ(unpack(kind, size), 0);
    CHECK(memcmp(out, plain, PLAIN) == 0);
    CHECK_EQ(unpack(kind, size / 2), -EINVAL);
    CHECK_EQ(unpack(kind, 5), -EINVAL);
    memset(packed + size / 3, 0xff, 64);
    if (unpack(kind, size) == 0) {
        /* lz4's old format has no checksum. */
        CHECK_EQ(kind, KERNEL_IMAGE_LZ4);
    }
}

TEST(xz)
{
    lzma_options_lzma opt;
    lzma_filter filters[] = {
        { .id = LZMA_FILTER_X86 },
        { .id = LZMA_FILTER_LZMA2, .options = &opt },
        { .id = LZMA_VLI_UNKNOWN },
    };
    size_t size = 0;

    set_up();
    CHECK(!lzma_lzma_preset(&opt, 0));
    opt.dict_size = 128u << 20; /* As the kernel's build has it. */
    REQUIRE(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, plain,
                                      PLAIN, packed, &size, PACKED) ==
            LZMA_OK);
    check(KERNEL_IMAGE_XZ, size);
}

TEST(gzip)
{
    z_stream z = { .next_in = plain, .avail_in = PLAIN,
                   .next_out = packed, .avail_out = PACKED };

    set_up();
    z.next_in = plain;
    z.next_out = packed;
    REQUIRE(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8,
                         Z_DEFAULT_STRATEGY) == Z_OK);
    REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    check(KERNEL_IMAGE_GZIP, z.total_out);
}

TEST(zstd)
{
    size_t size;

    set_up();
    size = ZSTD_compress(packed, PACKED, plain, PLAIN, 1);
    REQUIRE(!ZSTD_isError(size));
    check(KERNEL_IMAGE_ZSTD, size);
}

TEST(lz4)
{
    static const uint8_t magic[] = { 0x02, 0x21, 0x4c, 0x18 };
    size_t size = sizeof(magic);

    set_up();
    memcpy(packed, magic, sizeof(magic));
    for (size_t done = 0; done < PLAIN; done += 8u << 20) {
        const size_t left = PLAIN - done;
        const int len = LZ4_compress_default(
            (char *)plain + done, (char *)packed + size + 4,
            (int)(left < 8u << 20 ? left : 8u << 20),
            (int)(PACKED - size - 4));

        REQUIRE(len > 0);
        memcpy(packed + size, &len, 4);
        size += 4 + (size_t)len;
    }
    check(KERNEL_IMAGE_LZ4, size);
}
