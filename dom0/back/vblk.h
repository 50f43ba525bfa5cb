/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's disk: requests of its ring, with indirect ones, on
 * a disk in memory. Data is copied by grant references; nothing of the guest
 * but the ring is mapped. Pure but for grant_copy().
 */
#ifndef DOM0_BACK_VBLK_H
#define DOM0_BACK_VBLK_H

#include <core/abi/io_blkif.h>
#include <dom0/back/ring.h>

#define VBLK_SECTOR 512u
#define VBLK_SEGMENTS_MAX 32u   /* Of one request. */

struct vblk_disk {
    char *data;                 /* On a page boundary. */
    uint64_t sectors;
    bool read_only;
};

struct vblk {
    struct ring ring;
    domid_t domid;
    struct vblk_disk disk;
    void *indirect;             /* A page, for descriptors. */
    uint64_t reads, writes;     /* Sectors. */
};

/*
 * Serves requests, a bounded number. VBLK_NOTIFY: notify the guest;
 * VBLK_MORE: call again. A ring that makes no sense is -1, with *why: the
 * caller gives it up.
 */
#define VBLK_NOTIFY 1
#define VBLK_MORE 2
int vblk_run(struct vblk *v, const char **why);

#endif
