/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader's information: every tag we read, and what a broken or
 * hostile loader could hand over.
 * Links: boot/mb2_parse.c core/lib/str.c
 */
#include <stdlib.h>
#include <string.h>

#include <boot/mb2_format.h>
#include <boot/mb2_parse.h>
#include <core/lib/errno.h>
#include <tests/unit/unit.h>

static _Alignas(8) uint8_t buf[65536];
static uint32_t len;
static struct boot_info info;

static void begin(void)
{
    memset(buf, 0, sizeof(buf));
    len = 8;
}

static uint8_t *tag(uint32_t type, uint32_t payload)
{
    uint32_t head[2] = { type, payload + 8 };
    uint8_t *const at = buf + len;

    memcpy(at, head, sizeof(head));
    len = (len + payload + 8 + 7) & ~7u;
    return at + 8;
}

static void tag_str(uint32_t type, const char *s)
{
    memcpy(tag(type, strlen(s) + 1), s, strlen(s) + 1);
}

/* A memory map tag from triples of start, length, type. */
static void tag_mmap(const uint64_t (*e)[3], unsigned int n)
{
    const uint32_t head[2] = { 24, 0 };
    uint8_t *p = tag(MB2_TAG_MMAP, 8 + 24 * n);

    memcpy(p, head, sizeof(head));
    for (unsigned int i = 0; i < n; i++) {
        memcpy(p + 8 + 24 * i, e[i], 20);
    }
}

/* From a copy of exactly its size, so that ASan sees every step outside. */
static int finish(void)
{
    uint8_t *copy;
    int ret;

    tag(MB2_TAG_END, 0);
    memcpy(buf, &len, sizeof(len));
    copy = malloc(len);
    memcpy(copy, buf, len);
    ret = mb2_parse(copy, len, &info);
    /* Strings point into it. */
    if (ret) {
        free(copy);
    }
    return ret;
}

static const uint64_t small_map[][3] = {
    { 0, 0x9fc00, BOOT_MEM_RAM },
    { 0x9fc00, 0x400, BOOT_MEM_RESERVED },
    { 0x100000, 0x3ff00000, BOOT_MEM_RAM },
};

TEST(everything)
{
    uint32_t mod[2] = { 0x200000, 0x280000 };
    uint8_t fb[30] = { 0 };
    uint8_t *p;

    begin();
    tag_str(MB2_TAG_CMDLINE, "console=com1 loglvl=all");
    tag_str(MB2_TAG_LOADER_NAME, "GRUB 2.06");
    p = tag(MB2_TAG_MODULE, 8 + 6);
    memcpy(p, mod, 8);
    memcpy(p + 8, "quiet", 6);
    tag_mmap(small_map, 3);
    fb[0] = 0x80;
    fb[20] = 32;
    fb[21] = 1;
    fb[24] = 16;
    fb[25] = 8;
    memcpy(tag(MB2_TAG_FRAMEBUFFER, 30), fb, 30);
    memcpy(tag(MB2_TAG_ACPI_OLD, 20), "RSD PTR old.........", 20);
    memcpy(tag(MB2_TAG_ACPI_NEW, 36), "RSD PTR new"
           "1234567890123456789012345", 36);
    REQUIRE(finish() == 0);
    CHECK_STR(info.cmdline, "console=com1 loglvl=all");
    CHECK_STR(info.loader, "GRUB 2.06");
    CHECK_EQ(info.module_count, 1);
    CHECK_EQ(info.module[0].start, 0x200000);
    CHECK_EQ(info.module[0].end, 0x280000);
    CHECK_STR(info.module[0].cmdline, "quiet");
    CHECK_EQ(info.mmap_count, 3);
    CHECK_EQ(info.mmap[2].end, 0x40000000);
    CHECK(info.fb.is_present && !info.fb.is_text);
    CHECK_EQ(info.fb.bits, 32);
    CHECK_EQ(info.fb.red_pos, 16);
    CHECK_EQ(info.rsdp_len, 36);
    CHECK(!memcmp(info.rsdp, "RSD PTR new", 11));
    CHECK(!info.is_efi);
}

TEST(nothing_but_memory)
{
    begin();
    tag_mmap(small_map, 3);
    REQUIRE(finish() == 0);
    CHECK_STR(info.cmdline, "");
    CHECK_STR(info.loader, "");
    CHECK_EQ(info.module_count, 0);
    CHECK_EQ(info.rsdp_len, 0);
}

TEST(no_memory_map)
{
    begin();
    tag_str(MB2_TAG_CMDLINE, "x");
    CHECK_EQ(finish(), -EINVAL);
}

TEST(overlaps)
{
    static const uint64_t map[][3] = {
        { 0x100000, 0x700000, BOOT_MEM_RAM },
        { 0x0, 0x200000, BOOT_MEM_RAM },          /* Same type              */
        { 0x300000, 0x100000, BOOT_MEM_RESERVED },/* Hole in the middle     */
        { 0x7ff000, 0x2000, BOOT_MEM_NVS },       /* Over the end           */
        { 0x900000, 0, BOOT_MEM_RAM },            /* Empty                  */
        { ~0xfffULL, 0x2000, BOOT_MEM_RAM },      /* Wraps                  */
    };
    uint64_t ram = 0;

    begin();
    tag_mmap(map, 6);
    REQUIRE(finish() == 0);
    for (unsigned int i = 0; i < info.mmap_count; i++) {
        CHECK(info.mmap[i].start < info.mmap[i].end);
        if (i) {
            CHECK(info.mmap[i - 1].end <= info.mmap[i].start);
        }
        if (info.mmap[i].type == BOOT_MEM_RAM) {
            ram += info.mmap[i].end - info.mmap[i].start;
        }
    }
    CHECK_EQ(ram, 0x700000 - 1 * 0x1000);
}

TEST(too_many)
{
    static uint64_t map[BOOT_MMAP_MAX + 10][3];

    begin();
    for (unsigned int i = 0; i < BOOT_MMAP_MAX + 10; i++) {
        map[i][0] = (uint64_t)i << 20;
        map[i][1] = 0x1000;
        map[i][2] = BOOT_MEM_RAM;
    }
    tag_mmap(map, BOOT_MMAP_MAX + 10);
    for (unsigned int i = 0; i < BOOT_MODULES_MAX + 2; i++) {
        memset(tag(MB2_TAG_MODULE, 9), 0, 9);
    }
    REQUIRE(finish() == 0);
    CHECK_EQ(info.mmap_count, BOOT_MMAP_MAX);
    CHECK_EQ(info.mmap_lost, 10);
    CHECK_EQ(info.module_count, BOOT_MODULES_MAX);
    CHECK_EQ(info.module_lost, 2);
}

TEST(broken_tags)
{
    const uint32_t huge[2] = { MB2_TAG_CMDLINE, 0xfffffff8 };
    const uint32_t tiny[2] = { MB2_TAG_CMDLINE, 4 };

    /* Longer than what there is. */
    begin();
    memcpy(tag(MB2_TAG_CMDLINE, 8) - 8, huge, 8);
    CHECK_EQ(finish(), -EINVAL);

    /* Shorter than its own head: would never end. */
    begin();
    memcpy(tag(MB2_TAG_CMDLINE, 8) - 8, tiny, 8);
    CHECK_EQ(finish(), -EINVAL);

    /* No end tag. */
    begin();
    tag_mmap(small_map, 3);
    CHECK_EQ(mb2_parse(buf, len, &info), -EINVAL);

    /* A string without end, and entries that claim odd sizes. */
    begin();
    memset(tag(MB2_TAG_CMDLINE, 16), 'x', 16);
    tag_mmap(small_map, 3);
    REQUIRE(finish() == 0);
    CHECK_STR(info.cmdline, "");

    begin();
    memset(tag(MB2_TAG_MMAP, 40), 0xff, 40);
    CHECK_EQ(finish(), -EINVAL);
    begin();
    memset(tag(MB2_TAG_MMAP, 40), 0, 40);
    CHECK_EQ(finish(), -EINVAL);
}

TEST(total_size)
{
    uint32_t size = 8;

    CHECK_EQ(mb2_total_size(&size), 0);
    size = 0x80000000;
    CHECK_EQ(mb2_total_size(&size), 0);
    size = 4096;
    CHECK_EQ(mb2_total_size(&size), 4096);
}
