/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio disks: a request is a chain of three descriptors, whose place tells
 * its slot. Chapter: Virtual I/O Device (VIRTIO) 1.1, "Block Device".
 */
#include <dom0/drv/disk.h>
#include <dom0/drv/virtio.h>
#include <dom0/rt/rt.h>

#define F_READ_ONLY BIT(5)
#define F_FLUSH BIT(9)
#define CHAIN 3u
#define TYPE_READ 0u
#define TYPE_WRITE 1u
#define TYPE_FLUSH 4u
#define HEAD_BYTES 16u
#define STATUS_NONE 0xffu

struct virtio_blk_head {
    uint32_t type, reserved;
    uint64_t sector;
    uint8_t status;             /* The device's. */
    uint8_t unused[15];
};

struct virtio_blk {
    struct disk disk;
    struct virtio virtio;
    struct virtq q;
    struct virtio_blk_head *head;       /* By slot. */
};

static void virtio_blk_start(struct disk *disk, unsigned int slot,
                             const struct disk_io *io)
{
    struct virtio_blk *const b = container_of(disk, struct virtio_blk, disk);
    struct virtio_blk_head *const head = &b->head[slot];
    const uint16_t at = (uint16_t)(slot * CHAIN);
    const uint16_t last = (uint16_t)(at + 2);
    struct virtq_desc *const desc = &b->q.desc[at];

    head->type = io->op == DISK_READ ? TYPE_READ :
                 io->op == DISK_WRITE ? TYPE_WRITE : TYPE_FLUSH;
    head->sector = io->sector;
    head->status = STATUS_NONE;
    desc[0] = (struct virtq_desc){ (uint64_t)head, HEAD_BYTES, VIRTQ_NEXT,
        io->size != 0 ? (uint16_t)(at + 1) : last };
    desc[1] = (struct virtq_desc){ (uint64_t)io->data, (uint32_t)io->size,
        io->op == DISK_READ ? VIRTQ_NEXT | VIRTQ_WRITE : VIRTQ_NEXT, last };
    desc[2] = (struct virtq_desc){ (uint64_t)&head->status, 1, VIRTQ_WRITE,
                                   0 };
    virtq_give(&b->q, at);
    virtq_ring(&b->q);
}

static void virtio_blk_message(struct loop_work *work)
{
    struct virtio_blk *const b =
        container_of(work, struct virtio_blk, virtio.message);
    uint32_t bytes;
    int head;

    while ((head = virtq_take(&b->q, &bytes)) >= 0) {
        const unsigned int slot = (unsigned int)head / CHAIN;

        /* Only heads of chains were given, and none twice. */
        if (!disk_done(&b->disk, slot, b->head[slot].status == 0)) {
            return;
        }
    }
    if (head == -EIO && !b->disk.is_broken) {
        disk_break(&b->disk, "its queue makes no sense: the disk is given up");
    }
}

const char *virtio_blk_init(const struct pci_dev *pci)
{
    static unsigned int count;
    struct virtio_blk *const b = mem_alloc(sizeof(*b));
    const char *why;

    if (b == NULL || (b->head = mem_pages_alloc(1)) == NULL) {
        return "no memory";
    }
    why = virtio_init(&b->virtio, pci, F_READ_ONLY | F_FLUSH,
                      virtio_blk_message) ?:
          virtio_queue(&b->virtio, 0, &b->q, CHAIN);
    if (why != NULL) {
        return why;
    }
    virtio_begin(&b->virtio);
    b->disk.pci = pci;
    b->disk.kind = "virtio";
    b->disk.sectors = *(const volatile uint64_t *)b->virtio.config;
    b->disk.is_read_only = (b->virtio.features & F_READ_ONLY) != 0;
    b->disk.is_write_through = (b->virtio.features & F_FLUSH) == 0;
    b->disk.slots = min_t(unsigned int, b->q.size / CHAIN, DISK_SLOTS);
    b->disk.start = virtio_blk_start;
    disk_add(&b->disk, TEXT("vd%c", 'a' + count++));
    return NULL;
}
