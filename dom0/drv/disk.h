/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk, of the machine or in memory, and what is asked of it. A driver has
 * slots, each of which holds a request from start() to disk_done(); what
 * finds none waits here.
 */
#ifndef DOM0_DRV_DISK_H
#define DOM0_DRV_DISK_H

#include <core/lib/list.h>
#include <dom0/drv/pci.h>

#define DISK_SECTOR 512u
#define DISK_BYTES_MAX KIB(128)     /* Of a request: a driver must do that. */
#define DISK_SLOTS 32u

enum disk_op {
    DISK_READ,
    DISK_WRITE,
    DISK_FLUSH,                 /* What is done so far is to last. */
};

struct disk_io {
    struct list_head link;
    enum disk_op op;
    uint64_t sector;            /* Within the disk, checked by who asks. */
    size_t size;                /* Bytes, whole sectors; 0: a flush.     */
    void *data;                 /* Contiguous, on a page.                */
    void (*done)(struct disk_io *io, bool is_good);
};

struct disk {
    struct list_head link;
    const struct pci_dev *pci;
    char name[16];              /* As in Linux's /dev. */
    const char *kind;
    uint64_t sectors;
    bool is_read_only;
    bool is_write_through;      /* A flush has nothing to do. */
    bool is_broken;             /* Everything fails. */
    int guests;                 /* That read it; -1: one that writes. */
    char *memory;               /* NULL: a device's. */
    /* Gives the request in the slot to the device. */
    void (*start)(struct disk *disk, unsigned int slot,
                  const struct disk_io *io);
    unsigned int slots;         /* At most DISK_SLOTS. */
    uint32_t busy;              /* Slots. */
    struct disk_io *io[DISK_SLOTS];
    struct list_head waiting;
};

extern struct list_head disk_list;

/* From here on it is used; the driver has set pci to slots but the name. */
void disk_add(struct disk *disk, const char *name);

/* By its name; NULL: none. */
struct disk *disk_find(const char *name);

/* io->done() is called later, or within if nothing is to be done. */
void disk_submit(struct disk *disk, struct disk_io *io);

/* The driver's: the request in a slot is done. false: there was none. */
bool __must_check disk_done(struct disk *disk, unsigned int slot,
                            bool is_good);

/* The device broke the rules: it is stopped and all requests fail. */
void disk_break(struct disk *disk, const char *why);

#endif
