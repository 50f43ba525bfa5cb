/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk's server with a front end that plays by the rules, and with one
 * that does not; on memory, and on a disk that takes its time.
 * Links: dom0/back/vblk.c tests/unit/fake_grant.c dom0/drv/disk.c
 * Links: tests/unit/fake_pci.c core/lib/str.c
 */
#include <stdlib.h>
#include <string.h>

#include <dom0/back/vblk.h>
#include <dom0/rt/link.h>
#include <tests/unit/fake_grant.h>
#include <tests/unit/fake_pci.h>
#include <tests/unit/unit.h>

#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()

#define SECTORS 256u

static struct blkif_sring *page;
static struct blkif_front_ring front;
static struct vblk v;
static char *disk, *data[40];
static struct disk machine;
static unsigned int wakes;

static void wake(struct vblk *blk)
{
    wakes++;
}

static void set_up(void)
{
    if (!disk) {
        page = aligned_alloc(4096, 4096);
        disk = aligned_alloc(4096, SECTORS * 512);
        for (unsigned int i = 0; i < 40; i++) {
            data[i] = aligned_alloc(4096, 4096);
        }
    }
    SHARED_RING_INIT(page);
    FRONT_RING_INIT(&front, page, 4096);
    ring_init(&v.ring, page, sizeof(union blkif_sring_entry));
    CHECK_EQ(v.ring.count, front.nr_ents);
    v.domid = 3;
    machine = (struct disk){ .memory = disk, .sectors = SECTORS };
    list_init(&machine.waiting);
    v.disk = &machine;
    v.read_only = false;
    v.wake = wake;
    v.first = v.count = 0;
    for (unsigned int i = 0; i < SECTORS * 512; i++) {
        disk[i] = (char)(i / 512 + i);
    }
    for (unsigned int i = 0; i < 40; i++) {
        fake_grant_page[i] = data[i];
        memset(data[i], 0, 4096);
    }
}

static struct blkif_request *request(void)
{
    struct blkif_request *const r = RING_GET_REQUEST(&front,
                                                     front.req_prod_pvt++);

    memset(r, 0, sizeof(*r));
    r->id = front.req_prod_pvt;
    return r;
}

static struct blkif_request *rw(uint8_t op, uint64_t sector, unsigned int n)
{
    struct blkif_request *const r = request();

    r->operation = op;
    r->sector_number = sector;
    r->nr_segments = (uint8_t)n;
    for (unsigned int i = 0; i < n && i < 11; i++) {
        r->seg[i] = (struct blkif_request_segment){ i, 0, 7 };
    }
    return r;
}

/* Runs it; the status of the last answer, 99 if there is none. */
static int serve(void)
{
    const char *why;
    int notify, status = 99;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front, notify);
    (void)notify;
    CHECK(vblk_run(&v, &why) >= 0);
    while (RING_HAS_UNCONSUMED_RESPONSES(&front)) {
        const struct blkif_response *const a =
            RING_GET_RESPONSE(&front, front.rsp_cons++);

        CHECK_EQ(a->id, front.rsp_cons);
        status = a->status;
        CHECK(a->operation != BLKIF_OP_INDIRECT || status != 0);
    }
    return status;
}

TEST(read_write)
{
    set_up();
    rw(BLKIF_OP_READ, 8, 2);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(data[0], disk + 8 * 512, 4096) == 0);
    CHECK(memcmp(data[1], disk + 16 * 512, 4096) == 0);
    /* Not on a page of the disk, and not whole pages. */
    rw(BLKIF_OP_READ, 5, 2)->seg[0].first_sect = 3;
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(data[0] + 3 * 512, disk + 5 * 512, 5 * 512) == 0);
    CHECK(memcmp(data[1], disk + 10 * 512, 4096) == 0);
    memset(data[0], 'w', 4096);
    rw(BLKIF_OP_WRITE, SECTORS - 8, 1);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(disk + (SECTORS - 8) * 512, data[0], 4096) == 0);
    rw(BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
}

TEST(entries_of_a_32_bit_guest)
{
    char *const entry = (char *)page + RING_ENTRIES_AT + VBLK_ENTRY_32;
    const struct blkif_request_segment seg = { 0, 0, 7 };
    const uint32_t head = BLKIF_OP_READ | 1 << 8;
    const uint64_t id = 77, sector = 8;
    const char *why;

    set_up();
    ring_init(&v.ring, page, VBLK_ENTRY_32);
    v.ring.req_cons = v.ring.rsp_prod = 1;
    page->rsp_prod = 1;
    page->req_prod = 2;
    memcpy(entry, &head, 4);
    memcpy(entry + 4, &id, 8);
    memcpy(entry + 12, &sector, 8);
    memcpy(entry + 20, &seg, 8);
    CHECK(vblk_run(&v, &why) >= 0);
    CHECK_EQ(page->rsp_prod, 2);
    CHECK(memcmp(entry, &id, 8) == 0);
    CHECK_EQ(entry[8], BLKIF_OP_READ);
    CHECK_EQ(entry[10], BLKIF_RSP_OKAY);
    CHECK(memcmp(data[0], disk + 8 * 512, 4096) == 0);
}

TEST(indirect)
{
    struct blkif_request_segment *const seg = (void *)data[39];
    struct blkif_request_indirect *r;

    set_up();
    for (unsigned int i = 0; i < 32; i++) {
        seg[i] = (struct blkif_request_segment){ i, 0, 6 };
    }
    r = (void *)request();
    r->operation = BLKIF_OP_INDIRECT;
    r->id = front.req_prod_pvt;
    r->indirect_op = BLKIF_OP_READ;
    r->nr_segments = 32;
    r->sector_number = 3;
    r->indirect_grefs[0] = 39;
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(data[31], disk + (3 + 31 * 7) * 512, 7 * 512) == 0);
    for (unsigned int bad = 0; bad < 4; bad++) {
        r = (void *)request();
        r->operation = BLKIF_OP_INDIRECT;
        r->id = front.req_prod_pvt;
        r->indirect_op = bad == 0 ? BLKIF_OP_INDIRECT : BLKIF_OP_WRITE;
        r->nr_segments = bad == 1 ? 33 : bad == 2 ? 0 : 32;
        r->indirect_grefs[0] = bad == 3 ? 77 : 39;
        CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    }
}

TEST(refused)
{
    set_up();
    rw(BLKIF_OP_READ, SECTORS - 7, 1);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, UINT64_MAX - 3, 1);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 12);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 0);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 1)->seg[0].last_sect = 8;
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 1)->seg[0].first_sect = 9;
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 1)->seg[0].gref = 1000;
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_DISCARD, 0, 1);
    CHECK_EQ(serve(), BLKIF_RSP_EOPNOTSUPP);
    rw(200, 0, 1);
    CHECK_EQ(serve(), BLKIF_RSP_EOPNOTSUPP);
    v.read_only = true;
    rw(BLKIF_OP_WRITE, 0, 1);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    rw(BLKIF_OP_READ, 0, 1);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
}

TEST(ring)
{
    const char *why;
    int notify, flags;

    set_up();
    /* A full ring, at the wrap of the indices, in bounded steps. */
    for (unsigned int round = 0; round < 3; round++) {
        for (unsigned int i = 0; i < front.nr_ents; i++) {
            rw(BLKIF_OP_READ, i, 1);
        }
        RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front, notify);
        CHECK(notify);
        flags = vblk_run(&v, &why);
        CHECK_EQ(flags & LINK_MORE, LINK_MORE);
        while (flags & LINK_MORE) {
            flags = vblk_run(&v, &why);
        }
        CHECK_EQ(page->rsp_prod - front.rsp_cons, front.nr_ents);
        front.rsp_cons = page->rsp_prod;
        page->rsp_event = front.rsp_cons + 1;
    }
    page->req_prod += front.nr_ents + 1;
    CHECK_EQ(vblk_run(&v, &why), -1);
    CHECK(why != NULL);
}

/* --- a disk with two slots that answers when it is told to --- */

static void start(struct disk *d, unsigned int slot, const struct disk_io *io)
{
    CHECK(slot < 2 && d->io[slot] == io);
}

/* What the device did: moves the data, then it is done. */
static void finish(unsigned int slot, bool is_good)
{
    const struct disk_io *const io = machine.io[slot];

    if (is_good && io->op == DISK_READ) {
        memcpy(io->data, disk + io->sector * 512, io->size);
    } else if (is_good && io->op == DISK_WRITE) {
        memcpy(disk + io->sector * 512, io->data, io->size);
    }
    CHECK(disk_done(&machine, slot, is_good));
}

static void set_up_slow(void)
{
    static char *buffer;

    set_up();
    fake_pci_reset();
    if (!buffer) {
        buffer = aligned_alloc(4096, VBLK_DEPTH * DISK_BYTES_MAX);
    }
    for (unsigned int i = 0; i < VBLK_DEPTH; i++) {
        v.io[i].disk.data = buffer + i * DISK_BYTES_MAX;
    }
    machine.memory = NULL;
    machine.slots = 2;
    machine.start = start;
    wakes = 0;
}

TEST(slow_disk)
{
    set_up_slow();
    CHECK(!disk_done(&machine, 0, true));
    rw(BLKIF_OP_READ, 8, 2);
    CHECK_EQ(serve(), 99);
    CHECK_EQ(machine.busy, 1);
    finish(0, true);
    CHECK_EQ(wakes, 1);
    CHECK(!disk_done(&machine, 0, true) && !disk_done(&machine, 32, true));
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(data[1], disk + 16 * 512, 4096) == 0);
    memset(data[0], 'w', 4096);
    rw(BLKIF_OP_WRITE, 40, 1);
    CHECK_EQ(serve(), 99);
    finish(0, true);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
    CHECK(memcmp(disk + 40 * 512, data[0], 4096) == 0);
    rw(BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
    CHECK_EQ(serve(), 99);
    CHECK_EQ(machine.io[0]->op, DISK_FLUSH);
    finish(0, false);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    machine.is_write_through = true;
    rw(BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
    CHECK_EQ(serve(), BLKIF_RSP_OKAY);
}

TEST(many_requests)
{
    unsigned int answers = 0;
    const char *why;

    set_up_slow();
    for (unsigned int i = 0; i < 12; i++) {
        rw(BLKIF_OP_READ, i, 1);
    }
    CHECK_EQ(serve(), 99);
    /* Two in slots, six wait for one, four are left in the ring. */
    CHECK_EQ(v.count, 8);
    CHECK_EQ(v.ring.req_cons - page->rsp_prod, 8);
    while (machine.busy != 0) {
        finish(machine.busy & 2 ? 1 : 0, true);
        CHECK(vblk_run(&v, &why) >= 0);
        answers++;
    }
    CHECK_EQ(answers, 12);
    CHECK_EQ(page->rsp_prod - front.rsp_cons, 12);
    CHECK_EQ(wakes, 12);
}

/* The second is done first, but answered second: the first stays there. */
TEST(answers_in_order)
{
    set_up_slow();
    rw(BLKIF_OP_READ, 0, 1);
    rw(BLKIF_OP_WRITE, 8, 1);
    CHECK_EQ(serve(), 99);
    finish(1, false);
    CHECK_EQ(serve(), 99);
    CHECK_EQ(RING_GET_REQUEST(&front, 0)->operation, BLKIF_OP_READ);
    finish(0, true);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    CHECK_EQ(page->rsp_prod, 2);
    CHECK_EQ(v.first, 2);
}

TEST(guest_goes)
{
    set_up_slow();
    rw(BLKIF_OP_READ, 0, 1);
    CHECK_EQ(serve(), 99);
    memset(data[0], 'k', 4096);
    vblk_forget(&v);
    finish(0, true);
    CHECK_EQ(wakes, 1);
    CHECK_EQ(v.count, 0);
    CHECK_EQ(page->rsp_prod, 0);
    CHECK_EQ(data[0][0], 'k');
}

TEST(disk_breaks)
{
    set_up_slow();
    for (unsigned int i = 0; i < 4; i++) {
        rw(BLKIF_OP_READ, i, 1);
    }
    CHECK_EQ(serve(), 99);
    disk_break(&machine, "it smokes");
    CHECK(fake_pci_stopped != NULL);
    CHECK_EQ(page->rsp_prod, 4);
    CHECK_EQ(RING_GET_RESPONSE(&front, 3)->status, BLKIF_RSP_ERROR);
    front.rsp_cons = page->rsp_prod;
    rw(BLKIF_OP_READ, 0, 1);
    CHECK_EQ(serve(), BLKIF_RSP_ERROR);
    CHECK_EQ(v.count, 0);
}
