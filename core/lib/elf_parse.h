/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ELF files of a guest kernel from a buffer in memory: header, program
 * headers, notes; 32 and 64 bit, little-endian, x86. The buffer is not
 * trusted: every offset and size is checked against its end and against
 * overflow before it is used, and nothing is ever written. No locking.
 * Chapter: System V ABI, Object Files; Xen's xen/elfnote.h for the notes.
 */
#ifndef CORE_LIB_ELF_PARSE_H
#define CORE_LIB_ELF_PARSE_H

#include <core/lib/types.h>

struct elf_image {
    const unsigned char *data;
    size_t size;
    bool is_64;
    uint16_t type;              /* ELF_ET_* */
    uint16_t machine;           /* ELF_EM_* */
    uint64_t entry;             /* virtual */
    uint64_t phoff;
    uint64_t shoff;
    unsigned int phnum;
    unsigned int shnum;
};

enum elf_const {
    ELF_ET_EXEC = 2,
    ELF_ET_DYN = 3,
    ELF_EM_386 = 3,
    ELF_EM_X86_64 = 62,
    ELF_PT_LOAD = 1,
    ELF_PT_NOTE = 4,
    ELF_PF_X = 1,
    ELF_PF_W = 2,
    ELF_PF_R = 4,
    ELF_PHDR_MAX = 64,          /* refuse more than that */
};

/* A program header; file_size bytes at data, then zeros up to mem_size. */
struct elf_segment {
    uint32_t type;
    uint32_t flags;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t mem_size;
    uint64_t file_size;
    uint64_t align;
    const void *data;
};

/* A note; name is not terminated within name_size for malformed files. */
struct elf_note {
    const char *name;
    uint32_t name_size;
    uint32_t type;
    const void *desc;
    uint32_t desc_size;
};

/*
 * Looks at the header. Returns 0; -ENOEXEC: not a little-endian x86 ELF
 * executable; -EINVAL: tables out of bounds. image points into data, which
 * must stay.
 */
int __must_check elf_open(struct elf_image *image, const void *data,
                          size_t size);

/* Program header i < image->phnum. 0; -EINVAL: out of bounds or overflow. */
int __must_check elf_segment(const struct elf_image *image, unsigned int i,
                             struct elf_segment *segment);

/*
 * Physical addresses that the loadable segments cover, first byte and one
 * behind the last. 0; -EINVAL: a bad segment; -ENOEXEC: nothing to load.
 */
int __must_check elf_load_range(const struct elf_image *image,
                                paddr_t *first, paddr_t *end);

/*
 * The first note of that name and type: in PT_NOTE segments, and if the
 * file has none, in SHT_NOTE sections. 0; -ENOENT: none; -EINVAL: notes out
 * of bounds.
 */
int __must_check elf_find_note(const struct elf_image *image,
                               const char *name, uint32_t type,
                               struct elf_note *note);

/*
 * Value of Xen's numeric note: a descriptor of 4 or 8 bytes. Errors as
 * elf_find_note(), -EINVAL also for another size.
 */
int __must_check elf_xen_note_u64(const struct elf_image *image,
                                  uint32_t type, uint64_t *value);

#endif
