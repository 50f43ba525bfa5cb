/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF reader: good files of both classes, each kind of damage, and
 * random damage under the sanitizers.
 * Links: core/lib/elf_parse.c
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <core/abi/elfnote.h>
#include <core/lib/elf_parse.h>
#include <core/lib/errno.h>
#include <tests/unit/unit.h>

#define FILE_SIZE 1024u
#define NOTE_AT 512u
#define DATA_AT 768u

struct file64 {
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr[3];
    Elf64_Shdr shdr[2];
};

/* Appends a note; returns the new end. */
static size_t put_note(unsigned char *at, size_t end, const char *name,
                       uint32_t type, const void *desc, uint32_t size)
{
    const Elf64_Nhdr nhdr = {
        .n_namesz = (uint32_t)strlen(name) + 1,
        .n_descsz = size,
        .n_type = type,
    };

    memcpy(at + end, &nhdr, sizeof(nhdr));
    end += sizeof(nhdr);
    memcpy(at + end, name, nhdr.n_namesz);
    end += (nhdr.n_namesz + 3) & ~3u;
    memcpy(at + end, desc, size);
    return end + ((size + 3) & ~3u);
}

static size_t put_notes(unsigned char *file)
{
    const uint32_t entry = 0x1000850, other = 7;
    const uint64_t base = 0xffffffff80000000;
    size_t end = 0;

    end = put_note(file + NOTE_AT, end, "GNU", XEN_ELFNOTE_PHYS32_ENTRY,
                   &other, sizeof(other));
    end = put_note(file + NOTE_AT, end, "Xen", XEN_ELFNOTE_GUEST_OS, "linux",
                   6);
    end = put_note(file + NOTE_AT, end, "Xen", XEN_ELFNOTE_VIRT_BASE, &base,
                   sizeof(base));
    return put_note(file + NOTE_AT, end, "Xen", XEN_ELFNOTE_PHYS32_ENTRY,
                    &entry, sizeof(entry));
}

static void make_file64(unsigned char *file)
{
    struct file64 f = {
        .ehdr = {
            .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
            .e_type = ET_EXEC,
            .e_machine = EM_X86_64,
            .e_version = 1,
            .e_entry = 0xffffffff81000000,
            .e_phoff = offsetof(struct file64, phdr),
            .e_shoff = offsetof(struct file64, shdr),
            .e_ehsize = sizeof(Elf64_Ehdr),
            .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = 3,
            .e_shentsize = sizeof(Elf64_Shdr),
            .e_shnum = 2,
        },
        .phdr = {
            { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = DATA_AT,
              .p_vaddr = 0xffffffff81000000, .p_paddr = 0x1000000,
              .p_filesz = 100, .p_memsz = 0x3000, .p_align = 0x200000 },
            { .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
              .p_offset = DATA_AT + 100, .p_vaddr = 0xffffffff82000000,
              .p_paddr = 0x2000000, .p_filesz = 50, .p_memsz = 50 },
            { .p_type = PT_NOTE, .p_offset = NOTE_AT, .p_align = 4 },
        },
        .shdr = {
            { .sh_type = SHT_NULL },
            { .sh_type = SHT_NOTE, .sh_offset = NOTE_AT, .sh_addralign = 4 },
        },
    };

    memset(file, 0, FILE_SIZE);
    f.phdr[2].p_filesz = f.phdr[2].p_memsz = put_notes(file);
    f.shdr[1].sh_size = f.phdr[2].p_filesz;
    memcpy(file, &f, sizeof(f));
    memset(file + DATA_AT, 0xaa, 100);
}

static struct file64 *as64(unsigned char *file)
{
    return (struct file64 *)file;
}

static void check_notes(const struct elf_image *image)
{
    uint64_t value = 0;
    struct elf_note note;

    CHECK_EQ(elf_xen_note_u64(image, XEN_ELFNOTE_PHYS32_ENTRY, &value), 0);
    CHECK_EQ(value, 0x1000850);
    CHECK_EQ(elf_xen_note_u64(image, XEN_ELFNOTE_VIRT_BASE, &value), 0);
    CHECK_EQ(value, 0xffffffff80000000);
    CHECK_EQ(elf_xen_note_u64(image, XEN_ELFNOTE_GUEST_OS, &value), -EINVAL);
    CHECK_EQ(elf_xen_note_u64(image, XEN_ELFNOTE_LOADER, &value), -ENOENT);
    CHECK_EQ(elf_find_note(image, "GNU", 18, &note), 0);
    CHECK_EQ(note.desc_size, 4);
}

TEST(good_64)
{
    unsigned char file[FILE_SIZE];
    struct elf_image image;
    struct elf_segment segment;
    paddr_t first, end;

    make_file64(file);
    REQUIRE(elf_open(&image, file, FILE_SIZE) == 0);
    CHECK(image.is_64);
    CHECK_EQ(image.entry, 0xffffffff81000000);
    CHECK_EQ(image.phnum, 3);
    CHECK_EQ(elf_segment(&image, 0, &segment), 0);
    CHECK_EQ(segment.paddr, 0x1000000);
    CHECK_EQ(segment.mem_size, 0x3000);
    CHECK(segment.data == file + DATA_AT);
    CHECK_EQ(elf_segment(&image, 3, &segment), -EINVAL);
    CHECK_EQ(elf_load_range(&image, &first, &end), 0);
    CHECK_EQ(first, 0x1000000);
    CHECK_EQ(end, 0x2000000 + 50);
    check_notes(&image);

    /* Without a note segment the sections are searched. */
    as64(file)->phdr[2].p_type = PT_NULL;
    check_notes(&image);
}

TEST(good_32)
{
    unsigned char file[FILE_SIZE] = { 0 };
    Elf32_Ehdr ehdr = {
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1 },
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_entry = 0x100000,
        .e_phoff = sizeof(ehdr),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 2,
        .e_shoff = sizeof(ehdr) + 2 * sizeof(Elf32_Phdr),
        .e_shentsize = sizeof(Elf32_Shdr),
        .e_shnum = 1,
    };
    Elf32_Phdr phdr[2] = {
        { .p_type = PT_LOAD, .p_offset = DATA_AT, .p_vaddr = 0x100000,
          .p_paddr = 0x100000, .p_filesz = 16, .p_memsz = 0x1000 },
        { .p_type = PT_NOTE, .p_offset = NOTE_AT },
    };
    Elf32_Shdr shdr = { .sh_type = SHT_NOTE, .sh_offset = NOTE_AT };
    struct elf_image image;
    paddr_t first, end;

    phdr[1].p_filesz = (uint32_t)put_notes(file);
    shdr.sh_size = phdr[1].p_filesz;
    memcpy(file, &ehdr, sizeof(ehdr));
    memcpy(file + ehdr.e_phoff, phdr, sizeof(phdr));
    memcpy(file + ehdr.e_shoff, &shdr, sizeof(shdr));
    REQUIRE(elf_open(&image, file, FILE_SIZE) == 0);
    CHECK(!image.is_64);
    CHECK_EQ(image.entry, 0x100000);
    CHECK_EQ(elf_load_range(&image, &first, &end), 0);
    CHECK_EQ(end, 0x101000);
    check_notes(&image);
    image.phnum = 1;
    check_notes(&image);
}

static int open_result(unsigned char *file)
{
    struct elf_image image;

    return elf_open(&image, file, FILE_SIZE);
}

TEST(bad_headers)
{
    unsigned char file[FILE_SIZE];
    struct elf_image image;

    make_file64(file);
    for (size_t size = 0; size < sizeof(Elf64_Ehdr); size++) {
        CHECK_EQ(elf_open(&image, file, size), -ENOEXEC);
    }
    CHECK_EQ(elf_open(&image, file, sizeof(Elf64_Ehdr)), -EINVAL);
    file[0] = 0;
    CHECK_EQ(open_result(file), -ENOEXEC);
    make_file64(file);
    file[EI_CLASS] = 3;
    CHECK_EQ(open_result(file), -ENOEXEC);
    make_file64(file);
    file[EI_DATA] = ELFDATA2MSB;
    CHECK_EQ(open_result(file), -ENOEXEC);
    make_file64(file);
    as64(file)->ehdr.e_machine = EM_ARM;
    CHECK_EQ(open_result(file), -ENOEXEC);
    make_file64(file);
    as64(file)->ehdr.e_type = ET_REL;
    CHECK_EQ(open_result(file), -ENOEXEC);
    make_file64(file);
    as64(file)->ehdr.e_phoff = UINT64_MAX - 8;
    CHECK_EQ(open_result(file), -EINVAL);
    make_file64(file);
    as64(file)->ehdr.e_phentsize = 32;
    CHECK_EQ(open_result(file), -EINVAL);
    make_file64(file);
    as64(file)->ehdr.e_phnum = 65;
    CHECK_EQ(open_result(file), -EINVAL);
    make_file64(file);
    as64(file)->ehdr.e_shoff = FILE_SIZE;
    CHECK_EQ(elf_open(&image, file, FILE_SIZE), 0);
    CHECK_EQ(image.shnum, 0);
}

static int load_result(unsigned char *file)
{
    struct elf_image image;
    paddr_t first, end;
    const int rc = elf_open(&image, file, FILE_SIZE);

    return rc != 0 ? rc : elf_load_range(&image, &first, &end);
}

TEST(bad_segments)
{
    unsigned char file[FILE_SIZE];

    make_file64(file);
    as64(file)->phdr[0].p_memsz = 99;
    CHECK_EQ(load_result(file), -EINVAL);
    make_file64(file);
    as64(file)->phdr[0].p_offset = UINT64_MAX;
    CHECK_EQ(load_result(file), -EINVAL);
    make_file64(file);
    as64(file)->phdr[0].p_filesz = FILE_SIZE - DATA_AT + 1;
    CHECK_EQ(load_result(file), -EINVAL);
    make_file64(file);
    as64(file)->phdr[0].p_paddr = UINT64_MAX - 0x2000;
    CHECK_EQ(load_result(file), -EINVAL);
    make_file64(file);
    as64(file)->phdr[0].p_memsz = UINT64_MAX;
    CHECK_EQ(load_result(file), -EINVAL);
    make_file64(file);
    as64(file)->phdr[0].p_type = as64(file)->phdr[1].p_type = PT_NULL;
    CHECK_EQ(load_result(file), -ENOEXEC);
}

TEST(bad_notes)
{
    unsigned char file[FILE_SIZE];
    struct elf_image image;
    uint64_t value;
    Elf64_Nhdr *note;

    make_file64(file);
    REQUIRE(elf_open(&image, file, FILE_SIZE) == 0);
    note = (Elf64_Nhdr *)(file + NOTE_AT);
    note->n_namesz = UINT32_MAX;
    CHECK_EQ(elf_xen_note_u64(&image, 18, &value), -EINVAL);
    make_file64(file);
    note->n_descsz = UINT32_MAX;
    CHECK_EQ(elf_xen_note_u64(&image, 18, &value), -EINVAL);
    make_file64(file);
    as64(file)->phdr[2].p_filesz = 30;
    CHECK_EQ(elf_xen_note_u64(&image, 18, &value), -ENOENT);
}

TEST(random_damage)
{
    unsigned char good[FILE_SIZE];

    make_file64(good);
    for (int round = 0; round < 20000; round++) {
        const size_t size = unit_random() % (FILE_SIZE + 1);
        /* Exactly as large, so that the sanitizer sees every step beyond. */
        unsigned char *const file = malloc(size + !size);
        struct elf_image image;
        struct elf_note note;
        paddr_t first, end;
        uint64_t value;

        memcpy(file, good, size);
        for (unsigned int i = 0; i < 4 && size != 0; i++) {
            file[unit_random() % size] = (unsigned char)unit_random();
        }
        if (elf_open(&image, file, size) == 0) {
            CHECK(elf_load_range(&image, &first, &end) <= 0);
            CHECK(elf_find_note(&image, "none", 1, &note) <= 0);
            CHECK(elf_xen_note_u64(&image, 18, &value) <= 0);
        }
        free(file);
    }
}
