/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a kernel with the distribution's libraries: zlib, liblzma, libzstd,
 * liblz4.  They are linked in as one object in sections that are freed after
 * boot (decompress.ld); they use SSE registers and %fs:0x28, and run with
 * interrupts off.
 * Boot, one CPU: no locks.
 * Manual: the libraries' headers; the .xz file format, "Overall Structure";
 * LZ4 frame format, "Legacy frame".
 */
#include <lz4.h>
#include <lzma.h>
#define Z_SOLO
#include <zlib.h>
#include <zstd.h>

#include <core/lib/decompress.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>

/* Decompressors' own tables, over the dictionary. */
#define HEAP_BASE MIB(2)

#define LZ4_LEGACY_MAGIC_LEN 4u
#define LZ4_LEGACY_BLOCK MIB(8)

/* zlib: take a gzip header, and its largest window. */
#define GZIP_WINDOW_BITS (15 + 16)

#if !__STDC_HOSTED__
/* Constructors of the libraries, gathered by decompress.ld. */
typedef void ctor_fn(void);
extern ctor_fn *const decompress_ctors[];
extern ctor_fn *const decompress_ctors_end[];

static void run_ctors(void)
{
    for (ctor_fn *const *c = decompress_ctors; c != decompress_ctors_end;
         c++) {
        (*c)();
    }
}
#else
static void run_ctors(void)
{
}
#endif

size_t decompress_heap_size(enum kernel_packing kind, uint64_t unpacked)
{
    return kind == KERNEL_IMAGE_XZ ? HEAP_BASE + round_up(unpacked, MIB(1))
                                   : HEAP_BASE;
}

#define HEAP_ALIGN 16u

struct heap {
    char *base;
    size_t size;
    size_t used;
};

/* Nothing is given back: the whole heap goes at the end. */
static void *heap_alloc(struct heap *h, size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        bytes > h->size - h->used) {
        return NULL;
    }
    p = h->base + h->used;
    h->used = min_t(size_t, h->size, round_up(h->used + bytes, HEAP_ALIGN));
    return p;
}

static void *lzma_heap_alloc(void *opaque, size_t count, size_t size)
{
    return heap_alloc(opaque, count, size);
}

static void lzma_heap_free(void *opaque, void *p)
{
}

/*
 * One block.  The kernel's build names a dictionary of 128 MiB; more than
 * the unpacked size is never used, so no more is allocated.
 */
static lzma_ret xz_block(const lzma_allocator *allocator, lzma_check check,
                         const uint8_t *in, size_t *pos, size_t size,
                         uint8_t *out, size_t *out_pos, size_t out_size)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block block = { .version = 0, .check = check, .filters = filters };
    lzma_ret ret;

    block.header_size = lzma_block_header_size_decode(in[*pos]);
    if (block.header_size > size - *pos) {
        return LZMA_DATA_ERROR;
    }
    ret = lzma_block_header_decode(&block, allocator, in + *pos);
    if (ret != LZMA_OK) {
        return ret;
    }
    *pos += block.header_size;
    for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++) {
        if (filters[i].id == LZMA_FILTER_LZMA2) {
            lzma_options_lzma *const opt = filters[i].options;

            opt->dict_size = max_t(uint32_t, LZMA_DICT_SIZE_MIN,
                                   min_t(uint64_t, opt->dict_size,
                                         out_size));
        }
    }
    return lzma_block_buffer_decode(&block, allocator, in, pos, size, out,
                                    out_pos, out_size);
}

static bool unpack_xz(const struct kernel_image *bz, uint8_t *out,
                      struct heap *heap)
{
    const lzma_allocator allocator = {
        .alloc = lzma_heap_alloc, .free = lzma_heap_free, .opaque = heap,
    };
    lzma_stream_flags flags;
    size_t pos = LZMA_STREAM_HEADER_SIZE;
    size_t out_pos = 0;

    if (bz->size <= LZMA_STREAM_HEADER_SIZE ||
        lzma_stream_header_decode(&flags, bz->data) != LZMA_OK) {
        return false;
    }
    /* A zero byte in place of a block's header begins the index. */
    while (pos < bz->size && bz->data[pos] != 0) {
        if (xz_block(&allocator, flags.check, bz->data, &pos, bz->size, out,
                     &out_pos, bz->unpacked) != LZMA_OK) {
            return false;
        }
    }
    return out_pos == bz->unpacked;
}

static void *gzip_alloc(void *opaque, unsigned int count, unsigned int size)
{
    return heap_alloc(opaque, count, size);
}

static void gzip_free(void *opaque, void *p)
{
}

static bool unpack_gzip(const struct kernel_image *bz, uint8_t *out,
                        struct heap *heap)
{
    z_stream z = {
        .next_in = (uint8_t *)(uintptr_t)bz->data,
        .avail_in = (unsigned int)bz->size,
        .next_out = out,
        .avail_out = (unsigned int)bz->unpacked,
        .zalloc = gzip_alloc,
        .zfree = gzip_free,
        .opaque = heap,
    };

    if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK) {
        return false;
    }
    return inflate(&z, Z_FINISH) == Z_STREAM_END &&
           z.total_out == bz->unpacked;
}

static bool unpack_zstd(const struct kernel_image *bz, uint8_t *out)
{
    const size_t len = ZSTD_decompress(out, bz->unpacked, bz->data,
                                       bz->size);

    return !ZSTD_isError(len) && len == bz->unpacked;
}

/* Blocks {uint32_t length, data}, each 8 MiB unpacked but the last. */
static bool unpack_lz4(const struct kernel_image *bz, uint8_t *out)
{
    size_t pos = LZ4_LEGACY_MAGIC_LEN;
    size_t done = 0;

    while (pos < bz->size) {
        uint32_t len;
        int got;

        if (bz->size - pos < sizeof(len)) {
            return false;
        }
        __builtin_memcpy(&len, bz->data + pos, sizeof(len));
        pos += sizeof(len);
        if (len == 0 || len > bz->size - pos) {
            return false;
        }
        got = LZ4_decompress_safe((const char *)bz->data + pos,
                                  (char *)out + done, (int)len,
                                  (int)min_t(uint64_t, bz->unpacked - done,
                                             LZ4_LEGACY_BLOCK));
        if (got <= 0) {
            return false;
        }
        pos += len;
        done += (size_t)got;
    }
    return done == bz->unpacked;
}

int decompress(const struct kernel_image *bz, void *out, void *heap,
               size_t heap_size, const char **why)
{
    struct heap h = { .base = heap, .size = heap_size };
    bool is_good = false;

    run_ctors();
    decompress_heap_set(heap, heap_size);
    switch (bz->kind) {
    case KERNEL_IMAGE_XZ: is_good = unpack_xz(bz, out, &h); break;
    case KERNEL_IMAGE_GZIP: is_good = unpack_gzip(bz, out, &h); break;
    case KERNEL_IMAGE_ZSTD: is_good = unpack_zstd(bz, out); break;
    case KERNEL_IMAGE_LZ4: is_good = unpack_lz4(bz, out); break;
    default: break;
    }
    decompress_heap_set(NULL, 0);
    if (!is_good) {
        *why = "is corrupt or truncated: its payload cannot be unpacked";
        return -EINVAL;
    }
    return 0;
}
