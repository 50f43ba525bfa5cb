/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF reader. All access to the file goes through elf_bytes(), which checks
 * bounds; fields are fetched with memcpy, since nothing in a file is known
 * to be aligned. No locking. Chapter: System V ABI, Object Files.
 */
#include <core/lib/elf_parse.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    EI_VERSION = 6,
    ELFCLASS32 = 1,
    ELFCLASS64 = 2,
    ELFDATA2LSB = 1,
    EV_CURRENT = 1,
    SHT_NOTE = 7,
};

struct elf64_header {
    unsigned char ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(sizeof(struct elf64_header) == 64, "ELF64 header");

struct elf32_header {
    unsigned char ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint32_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(sizeof(struct elf32_header) == 52, "ELF32 header");

struct elf64_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
static_assert(sizeof(struct elf64_phdr) == 56, "ELF64 program header");

struct elf32_phdr {
    uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};
static_assert(sizeof(struct elf32_phdr) == 32, "ELF32 program header");

struct elf64_shdr {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
};
static_assert(sizeof(struct elf64_shdr) == 64, "ELF64 section header");

struct elf32_shdr {
    uint32_t name, type, flags, addr, offset, size, link, info, addralign,
        entsize;
};
static_assert(sizeof(struct elf32_shdr) == 40, "ELF32 section header");

struct elf_nhdr {
    uint32_t name_size, desc_size, type;
};

/* The file's bytes offset .. offset + n - 1, or NULL if not all exist. */
static const unsigned char *elf_bytes(const struct elf_image *image,
                                      uint64_t offset, uint64_t n)
{
    if (offset > image->size || n > image->size - offset) {
        return NULL;
    }
    return image->data + offset;
}

static int elf_read(const struct elf_image *image, uint64_t offset,
                    void *to, size_t n)
{
    const unsigned char *const from = elf_bytes(image, offset, n);

    if (from == NULL) {
        return -EINVAL;
    }
    memcpy(to, from, n);
    return 0;
}

static int elf_check_ident(struct elf_image *image)
{
    static const unsigned char magic[4] = { 0x7f, 'E', 'L', 'F' };
    const unsigned char *const ident = elf_bytes(image, 0, 16);

    if (ident == NULL || memcmp(ident, magic, sizeof(magic)) != 0 ||
        ident[EI_DATA] != ELFDATA2LSB || ident[EI_VERSION] != EV_CURRENT ||
        (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)) {
        return -ENOEXEC;
    }
    image->is_64 = ident[EI_CLASS] == ELFCLASS64;
    return 0;
}

/* A 32-bit header in 64-bit form. */
static void elf_widen_header(struct elf64_header *to,
                             const struct elf32_header *from)
{
    *to = (struct elf64_header){
        .type = from->type,
        .machine = from->machine,
        .entry = from->entry,
        .phoff = from->phoff,
        .shoff = from->shoff,
        .phentsize = from->phentsize,
        .phnum = from->phnum,
        .shentsize = from->shentsize,
        .shnum = from->shnum,
    };
}

static int elf_read_header(const struct elf_image *image,
                           struct elf64_header *header)
{
    struct elf32_header narrow;

    if (image->is_64) {
        return elf_read(image, 0, header, sizeof(*header));
    }
    if (elf_read(image, 0, &narrow, sizeof(narrow)) != 0) {
        return -EINVAL;
    }
    elf_widen_header(header, &narrow);
    return 0;
}

static size_t elf_phdr_size(const struct elf_image *image)
{
    return image->is_64 ? sizeof(struct elf64_phdr)
                        : sizeof(struct elf32_phdr);
}

static size_t elf_shdr_size(const struct elf_image *image)
{
    return image->is_64 ? sizeof(struct elf64_shdr)
                        : sizeof(struct elf32_shdr);
}

/* Section headers that are not usable are treated as absent. */
static void elf_take_sections(struct elf_image *image,
                              const struct elf64_header *header)
{
    const size_t size = elf_shdr_size(image);

    if (header->shentsize == size &&
        elf_bytes(image, header->shoff, header->shnum * size) != NULL) {
        image->shoff = header->shoff;
        image->shnum = header->shnum;
    }
}

int elf_open(struct elf_image *image, const void *data, size_t size)
{
    struct elf64_header header;

    *image = (struct elf_image){ .data = data, .size = size };
    if (elf_check_ident(image) != 0 ||
        elf_read_header(image, &header) != 0) {
        return -ENOEXEC;
    }
    if ((header.type != ELF_ET_EXEC && header.type != ELF_ET_DYN) ||
        (header.machine != ELF_EM_386 && header.machine != ELF_EM_X86_64)) {
        return -ENOEXEC;
    }
    if (header.phnum > ELF_PHDR_MAX ||
        (header.phnum != 0 && header.phentsize != elf_phdr_size(image)) ||
        elf_bytes(image, header.phoff,
                  header.phnum * elf_phdr_size(image)) == NULL) {
        return -EINVAL;
    }
    image->type = header.type;
    image->machine = header.machine;
    image->entry = header.entry;
    image->phoff = header.phoff;
    image->phnum = header.phnum;
    elf_take_sections(image, &header);
    return 0;
}

static int elf_read_phdr(const struct elf_image *image, unsigned int i,
                         struct elf64_phdr *phdr)
{
    const uint64_t offset = image->phoff + i * elf_phdr_size(image);
    struct elf32_phdr narrow;

    if (image->is_64) {
        return elf_read(image, offset, phdr, sizeof(*phdr));
    }
    if (elf_read(image, offset, &narrow, sizeof(narrow)) != 0) {
        return -EINVAL;
    }
    *phdr = (struct elf64_phdr){
        .type = narrow.type,
        .flags = narrow.flags,
        .offset = narrow.offset,
        .vaddr = narrow.vaddr,
        .paddr = narrow.paddr,
        .filesz = narrow.filesz,
        .memsz = narrow.memsz,
        .align = narrow.align,
    };
    return 0;
}

int elf_segment(const struct elf_image *image, unsigned int i,
                struct elf_segment *segment)
{
    struct elf64_phdr phdr;
    uint64_t end;

    if (i >= image->phnum || elf_read_phdr(image, i, &phdr) != 0) {
        return -EINVAL;
    }
    *segment = (struct elf_segment){
        .type = phdr.type,
        .flags = phdr.flags,
        .vaddr = phdr.vaddr,
        .paddr = phdr.paddr,
        .mem_size = phdr.memsz,
        .file_size = phdr.filesz,
        .align = phdr.align,
        .data = elf_bytes(image, phdr.offset, phdr.filesz),
    };
    if (segment->data == NULL ||
        (phdr.type == ELF_PT_LOAD && phdr.memsz < phdr.filesz) ||
        __builtin_add_overflow(phdr.paddr, phdr.memsz, &end) ||
        __builtin_add_overflow(phdr.vaddr, phdr.memsz, &end)) {
        return -EINVAL;
    }
    return 0;
}

int elf_load_range(const struct elf_image *image, paddr_t *first,
                   paddr_t *end)
{
    *first = UINT64_MAX;
    *end = 0;
    for (unsigned int i = 0; i < image->phnum; i++) {
        struct elf_segment segment;

        if (elf_segment(image, i, &segment) != 0) {
            return -EINVAL;
        }
        if (segment.type == ELF_PT_LOAD && segment.mem_size != 0) {
            *first = min(*first, segment.paddr);
            *end = max(*end, segment.paddr + segment.mem_size);
        }
    }
    return *end == 0 ? -ENOEXEC : 0;
}

/* Where the next note of an area is, at offset. */
struct note_area {
    const unsigned char *data;
    uint64_t size;
    uint64_t offset;
    uint64_t align;             /* 4, or 8 for the newer property notes */
};

/* 0; -ENOENT: end of the area; -EINVAL: the note reaches beyond it. */
static int elf_next_note(struct note_area *area, struct elf_note *note)
{
    struct elf_nhdr nhdr;
    const uint64_t left = area->size - area->offset;

    if (left < sizeof(nhdr)) {
        return -ENOENT;
    }
    memcpy(&nhdr, area->data + area->offset, sizeof(nhdr));

    /* Sums of 32-bit sizes: nothing here can overflow 64 bits. */
    const uint64_t desc =
        round_up(sizeof(nhdr) + (uint64_t)nhdr.name_size, area->align);
    const uint64_t end = desc + nhdr.desc_size;

    if (end > left) {
        return -EINVAL;
    }
    *note = (struct elf_note){
        .name = (const char *)area->data + area->offset + sizeof(nhdr),
        .name_size = nhdr.name_size,
        .type = nhdr.type,
        .desc = area->data + area->offset + desc,
        .desc_size = nhdr.desc_size,
    };
    /* The padding behind the last note may be missing. */
    area->offset += min(round_up(end, area->align), left);
    return 0;
}

static int elf_search_area(struct note_area *area, const char *name,
                           uint32_t type, struct elf_note *note)
{
    const size_t name_size = strlen(name) + 1;
    int rc;

    while ((rc = elf_next_note(area, note)) == 0) {
        if (note->type == type && note->name_size == name_size &&
            memcmp(note->name, name, name_size) == 0) {
            return 0;
        }
    }
    return rc;
}

/* Section i as an area of notes; false: it is none. */
static bool elf_note_section(const struct elf_image *image, unsigned int i,
                             struct note_area *area)
{
    const uint64_t offset = image->shoff + i * elf_shdr_size(image);
    struct elf64_shdr wide = { .type = 0 };
    struct elf32_shdr narrow = { .type = 0 };
    int rc;

    if (image->is_64) {
        rc = elf_read(image, offset, &wide, sizeof(wide));
    } else {
        rc = elf_read(image, offset, &narrow, sizeof(narrow));
        wide.type = narrow.type;
        wide.offset = narrow.offset;
        wide.size = narrow.size;
        wide.addralign = narrow.addralign;
    }
    if (rc != 0 || wide.type != SHT_NOTE) {
        return false;
    }
    *area = (struct note_area){
        .data = elf_bytes(image, wide.offset, wide.size),
        .size = wide.size,
        .align = wide.addralign == 8 ? 8 : 4,
    };
    return area->data != NULL;
}

static int elf_search_sections(const struct elf_image *image,
                               const char *name, uint32_t type,
                               struct elf_note *note)
{
    for (unsigned int i = 0; i < image->shnum; i++) {
        struct note_area area;

        if (elf_note_section(image, i, &area)) {
            const int rc = elf_search_area(&area, name, type, note);

            if (rc != -ENOENT) {
                return rc;
            }
        }
    }
    return -ENOENT;
}

int elf_find_note(const struct elf_image *image, const char *name,
                  uint32_t type, struct elf_note *note)
{
    bool any = false;

    for (unsigned int i = 0; i < image->phnum; i++) {
        struct elf_segment segment;

        if (elf_segment(image, i, &segment) != 0) {
            return -EINVAL;
        }
        if (segment.type != ELF_PT_NOTE) {
            continue;
        }
        struct note_area area = {
            .data = segment.data,
            .size = segment.file_size,
            .align = segment.align == 8 ? 8 : 4,
        };
        const int rc = elf_search_area(&area, name, type, note);

        if (rc != -ENOENT) {
            return rc;
        }
        any = true;
    }
    return any ? -ENOENT : elf_search_sections(image, name, type, note);
}

int elf_xen_note_u64(const struct elf_image *image, uint32_t type,
                     uint64_t *value)
{
    struct elf_note note;
    const int rc = elf_find_note(image, "Xen", type, &note);

    if (rc != 0) {
        return rc;
    }
    if (note.desc_size != sizeof(uint32_t) &&
        note.desc_size != sizeof(uint64_t)) {
        return -EINVAL;
    }
    *value = 0;
    memcpy(value, note.desc, note.desc_size);
    return 0;
}
