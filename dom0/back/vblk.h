/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's disk: requests of its ring, with indirect ones, on
 * a disk. Data is copied by grant references, to the disk if it is memory,
 * else to buffers; nothing of the guest but the ring is mapped. Answers go in
 * the order of requests, so that those without one stay in the ring, where
 * the next life finds them. Pure but for grant_copy().
 */
#ifndef DOM0_BACK_VBLK_H
#define DOM0_BACK_VBLK_H

#include <core/abi/io_blkif.h>
#include <dom0/back/ring.h>
#include <dom0/drv/disk.h>

#define VBLK_SEGMENTS_MAX 32u   /* Of one request. */
#define VBLK_DEPTH 8u           /* Requests under way. */

/* Bytes of a ring's entry: a 32-bit guest's has no padding behind handle. */
#define VBLK_ENTRY sizeof(union blkif_sring_entry)
#define VBLK_ENTRY_32 (VBLK_ENTRY - sizeof(uint32_t))

struct vblk;

struct vblk_io {
    struct disk_io disk;        /* data: DISK_BYTES_MAX, unless memory. */
    struct vblk *v;
    uint64_t id;
    uint8_t op;                 /* As it is answered,        */
    int16_t status;             /* with this one,            */
    bool is_done;
    bool is_stale;              /* unless nobody waits.      */
    unsigned int count;
    struct blkif_request_segment seg[VBLK_SEGMENTS_MAX];
};

struct vblk {
    struct ring ring;
    domid_t domid;
    struct disk *disk;
    bool read_only;
    bool is_running, must_notify;
    uint64_t reads, writes;     /* Sectors. */
    struct vblk_io io[VBLK_DEPTH];
    unsigned int first, count;  /* Of io: those under way, in order. */
    void (*wake)(struct vblk *v);       /* A request is done. */
};

/*
 * Serves requests, a bounded number; what is to do then, see link.h. A ring
 * that makes no sense is -1, with *why: the caller gives it up.
 */
int vblk_run(struct vblk *v, const char **why);

/* The ring is gone: requests under way, v->count, get no answer. */
void vblk_forget(struct vblk *v);

#endif
