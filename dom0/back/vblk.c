/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's disk. A request is checked whole before anything
 * of it is done. Chapter: io/blkif.h of the public headers.
 */
#include <dom0/back/vblk.h>
#include <dom0/rt/link.h>
#include <dom0/rt/rt.h>

#define BATCH 16u
#define SECTORS_PER_PAGE (PAGE_SIZE / DISK_SECTOR)

static_assert(VBLK_SEGMENTS_MAX * 2 <= GRANT_COPY_MAX,
              "a segment may cross a page of the disk");
static_assert(VBLK_SEGMENTS_MAX * PAGE_SIZE <= DISK_BYTES_MAX, "a buffer");

/* Whether it is a read or a write; then what is asked is in io. */
static bool vblk_decode(struct vblk_io *io, uint8_t op, uint64_t sector,
                        unsigned int count)
{
    io->disk.op = op == BLKIF_OP_READ ? DISK_READ : DISK_WRITE;
    io->disk.sector = sector;
    io->count = count;
    return op == BLKIF_OP_READ || op == BLKIF_OP_WRITE;
}

static bool vblk_direct(struct vblk_io *io, const struct blkif_request *r)
{
    if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        return false;
    }
    memcpy(io->seg, r->seg, r->nr_segments * sizeof(r->seg[0]));
    return vblk_decode(io, r->operation, r->sector_number, r->nr_segments);
}

static bool vblk_indirect(struct vblk_io *io,
                          const struct blkif_request_indirect *r)
{
    const size_t size = r->nr_segments * sizeof(io->seg[0]);
    struct grant_batch b = { .domid = io->v->domid };

    if (r->nr_segments > VBLK_SEGMENTS_MAX) {
        return false;
    }
    grant_batch_add(&b, r->indirect_grefs[0], 0, io->seg, size);
    return grant_copy(b.op, b.count) &&
           vblk_decode(io, r->indirect_op, r->sector_number, r->nr_segments);
}

/* Whether all segments are within a page and the whole within the disk. */
static bool vblk_is_sound(const struct vblk *v, struct vblk_io *io)
{
    const uint64_t sectors = v->disk->sectors;

    io->disk.size = 0;
    for (unsigned int i = 0; i < io->count; i++) {
        if (io->seg[i].last_sect >= SECTORS_PER_PAGE ||
            io->seg[i].first_sect > io->seg[i].last_sect) {
            return false;
        }
        io->disk.size += DISK_SECTOR *
            (io->seg[i].last_sect - io->seg[i].first_sect + 1u);
    }
    return io->count != 0 && io->disk.sector <= sectors &&
           io->disk.size / DISK_SECTOR <= sectors - io->disk.sector &&
           (io->disk.op == DISK_READ || !v->read_only);
}

static bool vblk_transfer(struct vblk *v, const struct vblk_io *io)
{
    struct grant_batch b = {
        .domid = v->domid, .is_to = io->disk.op == DISK_READ,
    };
    const char *at = io->disk.data;

    for (unsigned int i = 0; i < io->count; i++) {
        const struct blkif_request_segment *const s = &io->seg[i];
        const size_t size =
            (s->last_sect - s->first_sect + 1u) * DISK_SECTOR;

        grant_batch_add(&b, s->gref, s->first_sect * DISK_SECTOR, at, size);
        at += size;
    }
    *(b.is_to ? &v->reads : &v->writes) += io->disk.size / DISK_SECTOR;
    return grant_copy(b.op, b.count);
}

/* Answers what is done at the head of those under way. */
static void vblk_answer(struct vblk_io *last, int16_t status)
{
    struct vblk *const v = last->v;
    struct vblk_io *io;

    last->status = status;
    last->is_done = true;
    while (v->count != 0 && (io = &v->io[v->first])->is_done) {
        struct blkif_response answer;

        v->first = (v->first + 1) % VBLK_DEPTH;
        v->count--;
        if (!io->is_stale) {
            memset(&answer, 0, sizeof(answer));
            answer.id = io->id;
            answer.operation = io->op;
            answer.status = io->status;
            ring_put(&v->ring, &answer, sizeof(answer));
            v->must_notify |= ring_push(&v->ring);
        }
    }
    if (!v->is_running) {
        v->wake(v);
    }
}

static void vblk_done(struct disk_io *disk, bool is_good)
{
    struct vblk_io *const io = container_of(disk, struct vblk_io, disk);

    if (is_good && disk->op == DISK_READ && !io->is_stale) {
        is_good = vblk_transfer(io->v, io);
    }
    vblk_answer(io, is_good ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR);
}

static void vblk_serve(struct vblk_io *io, const struct blkif_request *r)
{
    const struct blkif_request_indirect *const indirect = (const void *)r;
    const bool is_indirect = r->operation == BLKIF_OP_INDIRECT;
    struct vblk *const v = io->v;
    bool is_good = true;

    /* Linux wants to hear of the operation within an indirect one. */
    io->id = is_indirect ? indirect->id : r->id;
    io->op = is_indirect ? indirect->indirect_op : r->operation;
    io->is_stale = io->is_done = false;
    if (r->operation == BLKIF_OP_FLUSH_DISKCACHE) {
        io->disk.op = DISK_FLUSH;
        io->disk.size = 0;
    } else if (is_indirect || r->operation == BLKIF_OP_READ ||
               r->operation == BLKIF_OP_WRITE) {
        is_good = (is_indirect ? vblk_indirect(io, indirect)
                               : vblk_direct(io, r)) && vblk_is_sound(v, io);
    } else {
        vblk_answer(io, BLKIF_RSP_EOPNOTSUPP);
        return;
    }
    if (is_good && v->disk->memory != NULL) {
        io->disk.data = v->disk->memory + io->disk.sector * DISK_SECTOR;
    }
    if (!is_good || (io->disk.op == DISK_WRITE && !vblk_transfer(v, io))) {
        vblk_answer(io, BLKIF_RSP_ERROR);
        return;
    }
    disk_submit(v->disk, &io->disk);
}

static void vblk_next(struct vblk *v, struct blkif_request *request)
{
    char *const bytes = (char *)request;

    ring_peek(&v->ring, 0, request, v->ring.entry_size);
    v->ring.req_cons++;
    if (v->ring.entry_size == VBLK_ENTRY_32) {
        memmove(bytes + offsetof(struct blkif_request, id),
                bytes + sizeof(uint32_t), VBLK_ENTRY_32 - sizeof(uint32_t));
    }
}

int vblk_run(struct vblk *v, const char **why)
{
    int waiting, flags = 0;

    *why = NULL;
    v->is_running = true;
    for (unsigned int left = BATCH; ; left--) {
        struct vblk_io *const io = &v->io[(v->first + v->count) % VBLK_DEPTH];
        struct blkif_request request;

        waiting = ring_waiting(&v->ring);
        /* With too many under way the next one that is done runs this. */
        if (waiting < 0 || v->count == VBLK_DEPTH ||
            (waiting == 0 && !ring_arm(&v->ring, 1))) {
            break;
        }
        if (left == 0) {
            flags = LINK_MORE;
            break;
        }
        vblk_next(v, &request);
        v->count++;
        io->v = v;
        io->disk.done = vblk_done;
        vblk_serve(io, &request);
    }
    v->is_running = false;
    if (waiting < 0) {
        *why = "its disk's ring makes no sense";
        return -1;
    }
    flags |= v->must_notify ? LINK_NOTIFY : 0;
    v->must_notify = false;
    return flags;
}

void vblk_forget(struct vblk *v)
{
    for (unsigned int i = 0; i < VBLK_DEPTH; i++) {
        v->io[i].is_stale = true;
    }
}
