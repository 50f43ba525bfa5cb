/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the dom0 builder share.  One CPU, at boot: no locks.
 */
#ifndef CORE_DOM0_DOM0_PRIV_H
#define CORE_DOM0_DOM0_PRIV_H

#include <core/dom0/dom0.h>

struct domain;

#define DOM0_MAX_RANGES 96u
#define DOM0_MAX_BUSY 16u

/* Bytes [start, end) of physical memory, which are dom0's as well. */
struct dom0_range {
    paddr_t start;
    paddr_t end;
};

/*
 * dom0's memory while it is filled: what it owns (whole pages, ascending,
 * not touching), and what of that is in use already.
 */
struct dom0_layout {
    unsigned int ram_count;
    unsigned int busy_count;
    struct dom0_range ram[DOM0_MAX_RANGES];
    struct dom0_range busy[DOM0_MAX_BUSY];
};

/* --- dom0_memmap.c: pure --- */

/* Note that dom0 owns [@start, @end), in any order.  False: too many. */
bool __must_check dom0_layout_own(struct dom0_layout *l, paddr_t start,
                                  paddr_t end);
/* Is all of [@start, @end) owned; is any of it in use. */
bool dom0_layout_owns(const struct dom0_layout *l, paddr_t start,
                      paddr_t end);
bool dom0_layout_is_busy(const struct dom0_layout *l, paddr_t start,
                         paddr_t end);
/* Mark as in use.  False: too many marks. */
bool __must_check dom0_layout_use(struct dom0_layout *l, paddr_t start,
                                  paddr_t end);
/* Not in use any more; exactly what was marked. */
void dom0_layout_release(struct dom0_layout *l, paddr_t start);
/*
 * The highest free place of @size bytes that ends at or below @limit (0: no
 * limit) and is aligned to @align.  0 if there is none.  Not marked.
 */
paddr_t dom0_layout_find(const struct dom0_layout *l, uint64_t size,
                         uint64_t align, paddr_t limit);

/*
 * The map dom0 is told: the machine's, with RAM that is not dom0's as
 * unusable; [@acpi, @acpi_end) as ACPI data.  False if it does not fit.
 */
bool __must_check dom0_memmap_build(struct e820_map *map,
                                    const struct e820_map *host,
                                    const struct dom0_layout *l,
                                    paddr_t acpi, paddr_t acpi_end);

/* --- dom0_ram.c --- */

/* What dom0_reserve() took. */
extern struct dom0_layout dom0_layout;
extern const struct dom0_boot *dom0_boot;

/* Give @d what was taken, in its accounts and 1:1 in its p2m.  0, -ENOMEM. */
int __must_check dom0_ram_map(struct domain *d);

/* --- dom0_elf.c --- */

struct dom0_kernel {
    const void *image;     /* An ELF file                                    */
    uint64_t size;
    paddr_t load_start;    /* Where its segments go                          */
    paddr_t load_end;
    uint64_t entry;        /* Of the PVH note                                */
    int64_t offset;        /* Added to the addresses in the file             */
    paddr_t keep_from;     /* From here on memory stays; 0: all is loaded    */
    bool can_move;         /* Note PHYS32_RELOC: within these bounds         */
    uint32_t move_align;
    uint32_t move_min;
    uint32_t move_max;
};

/*
 * Read headers and notes of the ELF @k->image and fill in the rest.  0, or
 * -EINVAL with *@why.  Pure.
 */
int __must_check dom0_elf_probe(struct dom0_kernel *k, const char **why);

/*
 * Choose where to load within @l; moved only if the note allows it.  0, or
 * -ENOMEM with *@why.  Pure.
 */
int __must_check dom0_elf_place(struct dom0_kernel *k,
                                const struct dom0_layout *l,
                                const char **why);

/* Copy the segments to where they were placed, clear what is in no file. */
int __must_check dom0_elf_load(const struct dom0_kernel *k,
                               const char **why);

/* --- dom0_restart.c --- */

/* Keep a copy of the kernel's file, if a note of it asks for that. */
void dom0_restart_keep(const struct dom0_kernel *k);
/* The domain is built: protect what a restart needs, and be ready for one. */
void dom0_restart_arm(struct domain *d, paddr_t start_info);

/* --- dom0_acpi.c --- */

/* Bytes that the new tables need for @vcpus. */
size_t dom0_acpi_size(unsigned int vcpus);
/* Make them at @pa; returns the address of the new root pointer. */
paddr_t dom0_acpi_build(paddr_t pa, unsigned int vcpus);

/* --- dom0_start_info.c --- */

struct dom0_start {
    const char *cmdline;
    const struct e820_map *map;
    paddr_t rsdp;
    paddr_t initrd;        /* 0: none                                        */
    uint64_t initrd_size;
    const char *initrd_cmdline;
};

size_t dom0_start_info_size(const struct dom0_start *s);
/* Write it at @pa, below 4 GiB. */
void dom0_start_info_build(const struct dom0_start *s, paddr_t pa);

/* --- dom0_pci.c --- */

/* Answer dom0's reports of PCI devices. */
void dom0_pci_init(void);

/* --- dom0_io.c --- */

/* Fill d->port_ok and d->mmio_ok; 0, -ENOMEM. */
int __must_check dom0_io_permit(struct domain *d,
                                const struct dom0_boot *boot);
/*
 * Map low memory's holes and firmware's tables 1:1; the rest follows when
 * dom0 touches it.  0, -ENOMEM.
 */
int __must_check dom0_io_map(struct domain *d, const struct dom0_boot *boot);

#endif /* CORE_DOM0_DOM0_PRIV_H */
