/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the builder puts a guest's parts, and the tables it writes.
 * Links: dom0/builder/builder_layout.c dom0/builder/builder_acpi.c
 * Links: core/lib/elf_parse.c core/lib/str.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/lib/errno.h>
#include <dom0/builder/builder_priv.h>
#include <tests/unit/unit.h>

#define BASE 0x1000000u

/* An ELF of one segment with the PVH note. */
static struct {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    struct {
        uint32_t type, flags;
        uint64_t offset, vaddr, paddr, filesz, memsz, align;
    } ph[2];
    uint32_t note[5];
} file;

static void make(uint64_t mem_size, uint32_t entry)
{
    memset(&file, 0, sizeof(file));
    memcpy(file.ident, "\177ELF\2\1\1", 7);
    file.type = 2;
    file.machine = 62;
    file.version = 1;
    file.phoff = 64;
    file.ehsize = 64;
    file.phentsize = 56;
    file.phnum = 2;
    file.ph[0].type = ELF_PT_LOAD;
    file.ph[0].paddr = BASE;
    file.ph[0].filesz = 64;
    file.ph[0].memsz = mem_size;
    file.ph[1].type = ELF_PT_NOTE;
    file.ph[1].offset = 64 + 2 * 56;
    file.ph[1].filesz = sizeof(file.note);
    file.note[0] = 4;
    file.note[1] = 4;
    file.note[2] = 18;
    memcpy(&file.note[3], "Xen", 4);
    file.note[4] = entry;
}

static int layout(struct builder_layout *l, const struct builder_guest *g)
{
    struct elf_image elf;
    const char *why = NULL;
    int rc;

    CHECK_EQ(elf_open(&elf, &file, sizeof(file)), 0);
    rc = builder_layout(l, g, &elf, &why);
    CHECK((rc == 0) == (why == NULL));
    return rc;
}

TEST(layout)
{
    struct builder_guest g = {
        .memory = 64, .cmdline = "console=hvc0", .initrd = "x",
        .initrd_size = 5000,
    };
    struct builder_layout l;

    make(0x300000, BASE + 0x10);
    REQUIRE(layout(&l, &g) == 0);
    CHECK_EQ(l.entry, BASE + 0x10);
    CHECK_EQ(l.kernel_end, BASE + 0x300000);
    CHECK_EQ(l.initrd, 0x1400000);
    CHECK_EQ(l.info, 0x1300000);
    CHECK_EQ(l.low_end, 64u << 20);
    CHECK_EQ(l.map_count, 3);

    char *const info = malloc(l.info_size);
    const struct hvm_start_info *const i = (void *)info;

    builder_start_info(&l, &g, info);
    CHECK_EQ(i->magic, XEN_HVM_START_MAGIC_VALUE);
    CHECK_EQ(i->rsdp_paddr, BUILDER_ACPI);
    CHECK_STR(info + (i->cmdline_paddr - l.info), "console=hvc0");
    CHECK_EQ(i->nr_modules, 1);
    CHECK_EQ(((struct hvm_modlist_entry *)
              (info + (i->modlist_paddr - l.info)))->size, 5000);
    CHECK_EQ(((struct hvm_memmap_table_entry *)
              (info + (i->memmap_paddr - l.info)))[1].addr, BUILDER_ACPI);
    free(info);

    g.memory = 5120;
    g.initrd = NULL;
    REQUIRE(layout(&l, &g) == 0);
    CHECK_EQ(l.initrd, 0);
    CHECK_EQ(l.map_count, 4);
    CHECK_EQ(l.low_end, BUILDER_LOW_END);
    CHECK_EQ(l.map[3].size, ((uint64_t)5120 << 20) - BUILDER_LOW_END);
}

TEST(refused)
{
    struct builder_guest g = { .memory = 18, .cmdline = "" };
    struct builder_layout l;

    make(0x300000, BASE);
    CHECK_EQ(layout(&l, &g), -ENOMEM);
    g.memory = 64;
    CHECK_EQ(layout(&l, &g), 0);
    make(0x300000, BASE - 1);
    CHECK_EQ(layout(&l, &g), -EINVAL);
    make(0x300000, BASE);
    file.note[2] = 17;
    CHECK_EQ(layout(&l, &g), -EINVAL);
}

static uint8_t sum(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    while (n--) {
        s = (uint8_t)(s + *p++);
    }
    return s;
}

TEST(acpi)
{
    uint8_t *const t = calloc(BUILDER_ACPI_PAGES, PAGE_SIZE);
    uint64_t xsdt, entry[2];
    uint32_t length;

    CHECK_EQ(builder_acpi(t, 128), BUILDER_ACPI);
    CHECK_EQ(sum(t, 20), 0);
    CHECK_EQ(sum(t, 36), 0);
    memcpy(&xsdt, t + 24, 8);
    xsdt -= BUILDER_ACPI;
    CHECK(memcmp(t + xsdt, "XSDT", 4) == 0);
    CHECK_EQ(sum(t + xsdt, 52), 0);
    memcpy(entry, t + xsdt + 36, 16);
    for (unsigned int i = 0; i < 2; i++) {
        const uint8_t *const table = t + (entry[i] - BUILDER_ACPI);

        memcpy(&length, table + 4, 4);
        CHECK(memcmp(table, i ? "APIC" : "FACP", 4) == 0);
        CHECK_EQ(sum(table, length), 0);
    }
    /* Ids are even; the last one is 254 and still an 8-bit one. */
    CHECK_EQ(length, 44 + 128 * 8);
    CHECK_EQ(t[PAGE_SIZE + 44 + 127 * 8 + 3], 254);
    free(t);
}
