/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's disk. A request is checked whole before anything
 * of it is done. Chapter: io/blkif.h of the public headers.
 */
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <dom0/back/vblk.h>
#include <dom0/rt/grant.h>

#define BATCH 16u
#define SECTORS_PER_PAGE (PAGE_SIZE / VBLK_SECTOR)

/* What is asked, in one form for both kinds of requests. */
struct vblk_io {
    uint8_t op;
    uint64_t sector;
    unsigned int count;
    struct blkif_request_segment seg[VBLK_SEGMENTS_MAX];
};

static_assert(VBLK_SEGMENTS_MAX * 2 <= GRANT_COPY_MAX,
              "a segment may cross a page of the disk");
static_assert(VBLK_SEGMENTS_MAX * sizeof(struct blkif_request_segment) <=
              PAGE_SIZE, "one page of descriptors");

static bool vblk_direct(const struct blkif_request *r, struct vblk_io *io)
{
    if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        return false;
    }
    io->op = r->operation;
    io->sector = r->sector_number;
    io->count = r->nr_segments;
    memcpy(io->seg, r->seg, r->nr_segments * sizeof(r->seg[0]));
    return true;
}

static bool vblk_indirect(struct vblk *v,
                          const struct blkif_request_indirect *r,
                          struct vblk_io *io)
{
    const size_t size = r->nr_segments * sizeof(io->seg[0]);
    struct gnttab_copy op;

    if (r->nr_segments == 0 || r->nr_segments > VBLK_SEGMENTS_MAX ||
        (r->indirect_op != BLKIF_OP_READ &&
         r->indirect_op != BLKIF_OP_WRITE)) {
        return false;
    }
    grant_copy_from(&op, v->indirect, v->domid, r->indirect_grefs[0], 0,
                    size);
    if (!grant_copy(&op, 1)) {
        return false;
    }
    io->op = r->indirect_op;
    io->sector = r->sector_number;
    io->count = r->nr_segments;
    memcpy(io->seg, v->indirect, size);
    return true;
}

/* Whether all segments are within a page and the whole within the disk. */
static bool vblk_is_sound(const struct vblk *v, const struct vblk_io *io)
{
    uint64_t sectors = 0;

    for (unsigned int i = 0; i < io->count; i++) {
        if (io->seg[i].last_sect >= SECTORS_PER_PAGE ||
            io->seg[i].first_sect > io->seg[i].last_sect) {
            return false;
        }
        sectors += io->seg[i].last_sect - io->seg[i].first_sect + 1u;
    }
    return io->count != 0 && io->sector <= v->disk.sectors &&
           sectors <= v->disk.sectors - io->sector &&
           (io->op == BLKIF_OP_READ || !v->disk.read_only);
}

static bool vblk_transfer(struct vblk *v, const struct vblk_io *io)
{
    struct gnttab_copy op[GRANT_COPY_MAX];
    char *at = v->disk.data + io->sector * VBLK_SECTOR;
    const char *const start = at;
    unsigned int count = 0;

    for (unsigned int i = 0; i < io->count; i++) {
        const struct blkif_request_segment *const s = &io->seg[i];
        unsigned int offset = s->first_sect * VBLK_SECTOR;
        const unsigned int end = (s->last_sect + 1u) * VBLK_SECTOR;

        while (offset < end) {
            const size_t room = PAGE_SIZE - page_offset((uint64_t)at);
            const size_t part = min_t(size_t, end - offset, room);

            if (io->op == BLKIF_OP_READ) {
                grant_copy_to(&op[count++], v->domid, s->gref, offset, at,
                              part);
            } else {
                grant_copy_from(&op[count++], at, v->domid, s->gref, offset,
                                part);
            }
            offset += (unsigned int)part;
            at += part;
        }
    }
    *(io->op == BLKIF_OP_READ ? &v->reads : &v->writes) +=
        (uint64_t)(at - start) / VBLK_SECTOR;
    return grant_copy(op, count);
}

static int16_t vblk_serve(struct vblk *v, const struct blkif_request *r)
{
    struct vblk_io io;
    bool is_good;

    switch (r->operation) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
        is_good = vblk_direct(r, &io);
        break;
    case BLKIF_OP_INDIRECT:
        is_good = vblk_indirect(v, (const void *)r, &io);
        break;
    case BLKIF_OP_FLUSH_DISKCACHE:
        /* What was answered is in the memory already. */
        return BLKIF_RSP_OKAY;
    default:
        return BLKIF_RSP_EOPNOTSUPP;
    }
    return is_good && vblk_is_sound(v, &io) && vblk_transfer(v, &io)
        ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
}

/* The id lies elsewhere in an indirect request. */
static uint64_t vblk_id(const struct blkif_request *r)
{
    return r->operation == BLKIF_OP_INDIRECT
        ? ((const struct blkif_request_indirect *)r)->id : r->id;
}

/* Linux wants to hear of the operation within an indirect one. */
static uint8_t vblk_op(const struct blkif_request *r)
{
    return r->operation == BLKIF_OP_INDIRECT
        ? ((const struct blkif_request_indirect *)r)->indirect_op
        : r->operation;
}

int vblk_run(struct vblk *v, const char **why)
{
    unsigned int left = BATCH;
    int flags = 0;

    *why = NULL;
    for (;;) {
        struct blkif_request request;
        struct blkif_response answer;
        const int waiting = ring_waiting(&v->ring);

        if (waiting < 0) {
            *why = "its disk's ring makes no sense";
            return -1;
        }
        if (left == 0) {
            return flags | VBLK_MORE;
        }
        if (waiting == 0) {
            if (!ring_arm(&v->ring)) {
                return flags;
            }
            continue;
        }
        ring_peek(&v->ring, 0, &request, sizeof(request));
        v->ring.req_cons++;
        memset(&answer, 0, sizeof(answer));
        answer.id = vblk_id(&request);
        answer.operation = vblk_op(&request);
        answer.status = vblk_serve(v, &request);
        ring_put(&v->ring, &answer, sizeof(answer));
        flags |= ring_push(&v->ring) ? VBLK_NOTIFY : 0;
        left--;
    }
}
