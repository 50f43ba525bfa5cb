/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the builder: what is pure, and what makes hypercalls.
 */
#ifndef DOM0_BUILDER_BUILDER_PRIV_H
#define DOM0_BUILDER_BUILDER_PRIV_H

#include <core/abi/grant_table.h>
#include <core/abi/hvm_save.h>
#include <core/abi/start_info.h>
#include <core/lib/elf_parse.h>
#include <dom0/builder/builder.h>

/* --- builder_layout.c: pure --- */

/* The guest's memory map, as xl makes it. */
#define BUILDER_LOW_END UINT64_C(0xf0000000)
#define BUILDER_HIGH_START GIB(4)
#define BUILDER_ACPI UINT64_C(0xfc000000)
#define BUILDER_ACPI_PAGES 2u
#define BUILDER_SPECIAL UINT64_C(0xfeff8000)
#define BUILDER_SPECIAL_PAGES 8u
#define BUILDER_STORE_GFN 0xfeffcu
#define BUILDER_IDENT UINT64_C(0xfeffe000)
#define BUILDER_CONSOLE_GFN 0xfefffu
#define BUILDER_MAP_MAX 4u

struct builder_layout {
    uint64_t low_end;           /* RAM below 4 GiB ends.                   */
    uint64_t kernel_start;
    uint64_t kernel_end;
    uint64_t entry;
    uint64_t initrd;            /* 0: none.                                */
    uint64_t info;              /* Start info; one page and the rest.      */
    uint64_t info_size;
    struct hvm_memmap_table_entry map[BUILDER_MAP_MAX];
    unsigned int map_count;
};

/* Where everything goes. 0, -ENOMEM, -EINVAL; with *why. */
int __must_check builder_layout(struct builder_layout *l,
                                const struct builder_guest *g,
                                const struct elf_image *elf,
                                const char **why);

/* Writes start info and what it points at to out, of l->info_size bytes. */
void builder_start_info(const struct builder_layout *l,
                        const struct builder_guest *g, void *out);

/* --- builder_acpi.c: pure --- */

/*
 * Writes the tables to out, BUILDER_ACPI_PAGES of zeros which the guest will
 * see at BUILDER_ACPI. Returns the guest's address of the root pointer.
 */
uint64_t builder_acpi(void *out, unsigned int vcpus);

/* --- builder_cpu.c --- */

/* A domain that is being made. */
struct builder {
    const struct builder_guest *g;
    struct builder_domain *d;
    struct builder_layout l;
    struct elf_image elf;
    void *unpacked;             /* NULL: the file is an ELF itself. */
    size_t unpacked_pages;
    const char *why;
};

/* Gives vCPU 0 its first state. */
int __must_check builder_cpu(struct builder *b);

/* --- builder_mem.c --- */

/* RAM by the largest pages there are. 0, -ENOMEM. */
int __must_check builder_populate(domid_t domid, uint64_t start,
                                  uint64_t end);

/* The grant table of a guest that does not run, one at a time. */
int __must_check builder_grants_open(struct builder *b);
void builder_grants_close(void);

/* Grants a page to the control domain; gfn 0 takes it back. */
void builder_grant(grant_ref_t ref, uint64_t gfn);

/* Copies into the guest, its table open. 0, -EINVAL. */
int __must_check builder_copy(domid_t domid, uint64_t gpa, const void *from,
                              size_t size);

#endif
