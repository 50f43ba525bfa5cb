/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pure parts of the dom0 builder: memory maps, sizes, kernel files.
 * Links: core core/dom0/dom0_memmap.c core/dom0/dom0_mem.c
 * Links: core/lib/kernel_image.c core/dom0/dom0_elf.c core/domain/e820.c
 * Links: core/lib/elf_parse.c
 */
#include <string.h>

#include <core/dom0/dom0_priv.h>
#include <core/lib/kernel_image.h>
#include <core/lib/errno.h>
#include <tests/unit/unit.h>

#define M (UINT64_C(1) << 20)

TEST(layout_merges_what_touches)
{
    static struct dom0_layout l;

    memset(&l, 0, sizeof(l));
    CHECK(dom0_layout_own(&l, 8 * M, 12 * M));
    CHECK(dom0_layout_own(&l, M, 2 * M));
    CHECK(dom0_layout_own(&l, 4 * M, 6 * M));
    CHECK_EQ(l.ram_count, 3);
    CHECK(dom0_layout_own(&l, 2 * M, 4 * M));
    CHECK_EQ(l.ram_count, 2);
    CHECK(dom0_layout_own(&l, 5 * M, 9 * M));
    CHECK_EQ(l.ram_count, 1);
    CHECK_EQ(l.ram[0].start, M);
    CHECK_EQ(l.ram[0].end, 12 * M);
    CHECK(dom0_layout_owns(&l, 3 * M, 10 * M));
    CHECK(!dom0_layout_owns(&l, 3 * M, 13 * M));
}

TEST(layout_finds_the_highest_place)
{
    static struct dom0_layout l;

    memset(&l, 0, sizeof(l));
    CHECK(dom0_layout_own(&l, M, 16 * M));
    CHECK(dom0_layout_own(&l, 64 * M, 80 * M));
    CHECK_EQ(dom0_layout_find(&l, M, M, 0), 79 * M);
    CHECK_EQ(dom0_layout_find(&l, M, M, 70 * M), 69 * M);
    CHECK_EQ(dom0_layout_find(&l, M, M, 32 * M), 15 * M);
    CHECK(dom0_layout_use(&l, 78 * M, 79 * M + 4096));
    CHECK_EQ(dom0_layout_find(&l, M, M, 0), 77 * M);
    CHECK_EQ(dom0_layout_find(&l, M / 2, 4096, 0), 79 * M + M / 2);
    CHECK_EQ(dom0_layout_find(&l, 15 * M, M, 0), M);
    CHECK_EQ(dom0_layout_find(&l, 17 * M, M, 0), 0);
    dom0_layout_release(&l, 78 * M);
    CHECK_EQ(dom0_layout_find(&l, 16 * M, M, 0), 64 * M);
}

TEST(memmap_hides_what_is_not_dom0s)
{
    static struct e820_map host, map;
    static struct dom0_layout l;

    memset(&host, 0, sizeof(host));
    memset(&l, 0, sizeof(l));
    CHECK(e820_add(&host, 0, 0x9fc00, E820_RAM));
    CHECK(e820_add(&host, 0x9fc00, 0xa0000, E820_RESERVED));
    CHECK(e820_add(&host, M, 100 * M, E820_RAM));
    CHECK(e820_add(&host, 100 * M, 101 * M, E820_NVS));
    CHECK(dom0_layout_own(&l, 0x1000, 0x9e000));
    CHECK(dom0_layout_own(&l, M, 50 * M));
    REQUIRE(dom0_memmap_build(&map, &host, &l, 50 * M - 4096, 50 * M));
    CHECK_EQ(map.count, 8);
    CHECK_EQ(map.entry[0].type, E820_UNUSABLE);
    CHECK_EQ(map.entry[1].type, E820_RAM);
    CHECK_EQ(map.entry[1].size, 0x9d000);
    CHECK_EQ(map.entry[2].type, E820_UNUSABLE);
    CHECK_EQ(map.entry[2].size, 0x1c00);
    CHECK_EQ(map.entry[4].size, 49 * M - 4096);
    CHECK_EQ(map.entry[5].type, E820_ACPI);
    CHECK_EQ(map.entry[6].type, E820_UNUSABLE);
    CHECK_EQ(map.entry[7].type, E820_NVS);
}

TEST(mem_option)
{
    struct param_mem mem = { .max = INT64_MAX };
    const uint64_t free = (1024 * M) >> PAGE_SHIFT;
    uint64_t pages;

    CHECK_EQ(dom0_mem_pages(&mem, free, &pages), 0);
    CHECK_EQ(pages, free - free / 16);
    mem.size = (int64_t)(512 * M);
    CHECK_EQ(dom0_mem_pages(&mem, free, &pages), 0);
    CHECK_EQ(pages, free / 2);
    mem.size = -(int64_t)(256 * M);
    CHECK_EQ(dom0_mem_pages(&mem, free, &pages), 0);
    CHECK_EQ(pages, free / 4 * 3);
    mem.max = (int64_t)(128 * M);
    CHECK_EQ(dom0_mem_pages(&mem, free, &pages), 0);
    CHECK_EQ(pages, free / 8);
    mem.max = INT64_MAX;
    mem.size = (int64_t)(2048 * M);
    CHECK_EQ(dom0_mem_pages(&mem, free, &pages), -ENOMEM);
    CHECK_EQ(pages, free * 2);
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

/* A bzImage whose payload of @len bytes begins with @magic. */
static uint8_t *bzimage(uint8_t *file, const void *magic, size_t magic_len,
                        uint32_t len)
{
    memset(file, 0, 8192);
    file[0x1f1] = 1;
    file[0x1fe] = 0x55;
    file[0x1ff] = 0xaa;
    memcpy(file + 0x202, "HdrS", 4);
    file[0x206] = 0x0f;
    file[0x207] = 0x02;
    put32(file + 0x248, 16);
    put32(file + 0x24c, len);
    memcpy(file + 1024 + 16, magic, magic_len);
    put32(file + 1024 + 16 + len - 4, 123456);
    return file;
}

TEST(kernel_files)
{
    static uint8_t file[8192];
    struct kernel_image bz;
    const char *why = NULL;

    bzimage(file, "\xfd" "7zXZ\0", 6, 1000);
    REQUIRE(kernel_image_probe(file, sizeof(file), &bz, &why) == 0);
    CHECK_EQ(bz.kind, KERNEL_IMAGE_XZ);
    CHECK_EQ(bz.size, 996);
    CHECK_EQ(bz.unpacked, 123456);
    CHECK(bz.data == file + 1040);

    CHECK_EQ(kernel_image_probe(file, 1500, &bz, &why), -EINVAL);
    CHECK(strstr(why, "truncated") != NULL);
    CHECK_EQ(kernel_image_probe(file, 100, &bz, &why), -EINVAL);
    CHECK_EQ(kernel_image_probe(file, 0, &bz, &why), -EINVAL);

    bzimage(file, "\x1f\x8b", 2, 1000);
    REQUIRE(kernel_image_probe(file, sizeof(file), &bz, &why) == 0);
    CHECK_EQ(bz.kind, KERNEL_IMAGE_GZIP);
    CHECK_EQ(bz.size, 1000);

    bzimage(file, "\x02\x21\x4c\x18", 4, 1000);
    REQUIRE(kernel_image_probe(file, sizeof(file), &bz, &why) == 0);
    CHECK_EQ(bz.kind, KERNEL_IMAGE_LZ4);

    bzimage(file, "BZh9", 4, 1000);
    CHECK_EQ(kernel_image_probe(file, sizeof(file), &bz, &why), -EINVAL);
    CHECK(strstr(why, "packed") != NULL);

    put32(file + 0x248, 0xfffffff0);
    CHECK_EQ(kernel_image_probe(file, sizeof(file), &bz, &why), -EINVAL);
    file[0x207] = 1;
    CHECK_EQ(kernel_image_probe(file, sizeof(file), &bz, &why), -EINVAL);
    CHECK(strstr(why, "old") != NULL);
    memset(file, 0, sizeof(file));
    CHECK_EQ(kernel_image_probe(file, sizeof(file), &bz, &why), -EINVAL);
    CHECK(strstr(why, "neither") != NULL);
}

/* A 64-bit ELF with one segment at @paddr and, if @note, Xen's notes. */
static size_t elf_file(uint8_t *f, uint64_t paddr, uint64_t mem_size,
                       bool note, bool reloc)
{
    static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
    uint8_t *n = f + 0x200;

    memset(f, 0, 4096);
    memcpy(f, ident, sizeof(ident));
    f[16] = 2;
    f[18] = 62;
    f[20] = 1;
    f[32] = 64; /* phoff */
    f[52] = 64;
    f[54] = 56;
    f[56] = 2;  /* phnum */
    f[58] = 64;
    put32(f + 64, 1);                      /* PT_LOAD */
    put32(f + 64 + 8, 0x400);              /* offset */
    memcpy(f + 64 + 24, &paddr, 8);
    put32(f + 64 + 32, 0x100);             /* file size */
    memcpy(f + 64 + 40, &mem_size, 8);
    put32(f + 120, 4);                     /* PT_NOTE */
    put32(f + 120 + 8, 0x200);
    if (note) {
        put32(n, 4);
        put32(n + 4, 4);
        put32(n + 8, 18);
        memcpy(n + 12, "Xen", 4);
        put32(n + 16, (uint32_t)paddr + 0x10);
        n += 20;
    }
    if (reloc) {
        put32(n, 4);
        put32(n + 4, 12);
        put32(n + 8, 19);
        memcpy(n + 12, "Xen", 4);
        put32(n + 16, 0x200000);
        put32(n + 20, 0);
        put32(n + 24, 0xffffffff);
        n += 28;
    }
    put32(f + 120 + 32, (uint32_t)(n - (f + 0x200)));
    put32(f + 120 + 40, (uint32_t)(n - (f + 0x200)));
    return 4096;
}

TEST(elf_kernels)
{
    static uint8_t file[4096];
    static struct dom0_layout l;
    struct dom0_kernel k = { .image = file, .size = sizeof(file) };
    const char *why = NULL;

    elf_file(file, 16 * M, 2 * M, true, false);
    REQUIRE(dom0_elf_probe(&k, &why) == 0);
    CHECK_EQ(k.entry, 16 * M + 0x10);
    CHECK_EQ(k.load_end, 18 * M);

    memset(&l, 0, sizeof(l));
    CHECK(dom0_layout_own(&l, M, 32 * M));
    CHECK_EQ(dom0_elf_place(&k, &l, &why), 0);
    CHECK_EQ(k.load_start, 16 * M);
    CHECK(dom0_layout_use(&l, 17 * M, 18 * M));
    CHECK_EQ(dom0_elf_place(&k, &l, &why), -ENOMEM);

    elf_file(file, 16 * M, 2 * M, true, true);
    REQUIRE(dom0_elf_probe(&k, &why) == 0);
    CHECK_EQ(dom0_elf_place(&k, &l, &why), 0);
    CHECK_EQ(k.load_start, 30 * M);
    CHECK_EQ(k.entry, 30 * M + 0x10);

    elf_file(file, 16 * M, 2 * M, false, false);
    CHECK_EQ(dom0_elf_probe(&k, &why), -EINVAL);
    CHECK(strstr(why, "PVH") != NULL);
    elf_file(file, UINT64_MAX - M, 2 * M, true, false);
    CHECK_EQ(dom0_elf_probe(&k, &why), -EINVAL);
    elf_file(file, 16 * M, 2048 * M, true, false);
    CHECK_EQ(dom0_elf_probe(&k, &why), -EINVAL);
    for (size_t size = 0; size < 0x500; size += 7) {
        k.size = size;
        elf_file(file, 16 * M, 2 * M, true, false);
        CHECK_EQ(dom0_elf_probe(&k, &why), -EINVAL);
    }
}
