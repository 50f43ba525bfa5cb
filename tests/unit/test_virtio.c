/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio: queues with a device that plays by the rules and with one that
 * does not, and the disk and the card on top of them.
 * Links: dom0/drv/virtio.c dom0/drv/virtio_blk.c dom0/drv/virtio_net.c
 * Links: dom0/drv/disk.c dom0/drv/nic.c dom0/back/net_switch.c
 * Links: dom0/back/net_plain.c tests/unit/fake_pci.c tests/unit/fake_mem.c
 * Links: core/lib/bitmap.c core/lib/snprintf.c core/lib/printf_core.c
 * Links: dom0/rt/text.c core/lib/str.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/lib/errno.h>
#include <dom0/drv/disk.h>
#include <dom0/drv/nic.h>
#include <dom0/drv/virtio.h>
#include <tests/unit/fake_pci.h>
#include <tests/unit/unit.h>

#define COMMON 0x1000u
#define DEVICE 0x2000u
#define BELL 0x3000u

/* The device's half of the queues that the driver made. */
static struct virtq queue[2];
static uint32_t *const common = (uint32_t *)(fake_pci_bar + COMMON);
static unsigned int done_good, done_bad, delivered;

static void give_cap(unsigned int at, unsigned int next, uint8_t kind,
                     uint32_t offset, uint32_t size)
{
    fake_pci_config[at / 4] = 0x09u | next << 8 | (uint32_t)kind << 24;
    fake_pci_config[at / 4 + 2] = offset;
    fake_pci_config[at / 4 + 3] = size;
}

/* Registers of the queue that is selected, before the bell is asked for. */
static void note_queue(void)
{
    const uint16_t select = (uint16_t)(common[5] >> 16);
    struct virtq *const q = &queue[select & 1];

    if (common[8] != 0) {
        q->size = (uint16_t)common[6];
        q->desc = (void *)(uintptr_t)common[8];
        q->avail = (void *)(uintptr_t)common[10];
        q->used = (void *)(uintptr_t)common[12];
    }
}

static void set_up(uint64_t capacity)
{
    fake_pci_reset();
    fake_pci_config[0x34 / 4] = 0x40;
    give_cap(0x40, 0x54, 1, COMMON, 56);
    give_cap(0x54, 0x68, 2, BELL, 64);
    give_cap(0x68, 0, 4, DEVICE, 8);
    memcpy(fake_pci_bar + DEVICE, &capacity, sizeof(capacity));
    common[1] = ~0u;            /* Both halves: all features. */
    common[6] = 256;
    fake_pci_tick = note_queue;
    done_good = done_bad = delivered = 0;
}

static void done(struct disk_io *io, bool is_good)
{
    *(is_good ? &done_good : &done_bad) += 1;
}

static void deliver(struct net_port *port, struct net_packet *p)
{
    delivered += p->size == 60 && p->data[13] == 'x';
    net_packet_put(p);
}

/* The device takes the next chain's head and answers it with a length. */
static void answer(struct virtq *q, uint32_t head, uint32_t bytes)
{
    uint32_t *const pair = (uint32_t *)(q->used + 2) +
                           (q->used[1] % q->size) * 2;

    pair[0] = head;
    pair[1] = bytes;
    q->used[1]++;
}

TEST(queue)
{
    void *const page = aligned_alloc(4096, 4096);
    struct virtq q;
    uint32_t bytes;

    memset(page, 0, 4096);
    virtq_init(&q, page, VIRTQ_SIZE_MAX);
    CHECK((char *)(q.used + 2 + 4 * VIRTQ_SIZE_MAX) <= (char *)page + 4096);
    CHECK_EQ(virtq_take(&q, &bytes), -EAGAIN);
    for (unsigned int i = 0; i < 70000; i++) {
        virtq_give(&q, i % 128);
        answer(&q, i % 128, i);
        CHECK_EQ(virtq_take(&q, &bytes), i % 128);
        CHECK_EQ(bytes, i);
    }
    CHECK_EQ(virtq_take(&q, &bytes), -EAGAIN);
    /* A head that it does not have, one twice, one beyond, and too many. */
    virtq_give(&q, 5);
    answer(&q, 6, 0);
    CHECK_EQ(virtq_take(&q, &bytes), -EIO);
    q.used[1]--;
    answer(&q, 5, 0);
    CHECK_EQ(virtq_take(&q, &bytes), 5);
    answer(&q, 5, 0);
    CHECK_EQ(virtq_take(&q, &bytes), -EIO);
    q.used[1]--;
    virtq_give(&q, 5);
    answer(&q, 128, 0);
    CHECK_EQ(virtq_take(&q, &bytes), -EIO);
    q.used[1] = (uint16_t)(q.taken + 2);
    CHECK_EQ(virtq_take(&q, &bytes), -EIO);
    free(page);
}

TEST(disk)
{
    static const struct pci_dev pci;
    static char data[4096] __attribute__((aligned(4096)));
    struct disk_io io = { .op = DISK_READ, .sector = 7, .size = 4096,
                          .data = data, .done = done };
    struct virtq *const q = &queue[0];
    struct disk *disk;

    set_up(1000);
    REQUIRE(virtio_blk_init(&pci) == NULL);
    disk = disk_find("vda");
    REQUIRE(disk != NULL);
    CHECK_EQ(disk->sectors, 1000);
    CHECK(disk->is_read_only && !disk->is_write_through);
    CHECK_EQ(disk->slots, 32);
    for (unsigned int i = 0; i < 100; i++) {
        const struct virtq_desc *d;

        disk_submit(disk, &io);
        d = &q->desc[q->avail[2 + i % q->size]];
        CHECK_EQ(d[0].size, 16);
        CHECK_EQ(d[1].addr, (uintptr_t)data);
        CHECK_EQ(d[1].flags, VIRTQ_NEXT | VIRTQ_WRITE);
        CHECK_EQ(d[0].next, d - q->desc + 1);
        CHECK_EQ(d[1].next, d - q->desc + 2);
        *(uint8_t *)d[2].addr = i % 2;
        answer(q, (uint32_t)(d - q->desc), 0);
        fake_pci_interrupt();
    }
    CHECK_EQ(done_good, 50);
    CHECK_EQ(done_bad, 50);
    /* A head in the middle of a chain, with all slots taken. */
    disk_submit(disk, &io);
    answer(q, 1, 0);
    fake_pci_interrupt();
    CHECK(fake_pci_stopped != NULL && disk->is_broken);
    CHECK_EQ(done_bad, 51);
    disk_submit(disk, &io);
    CHECK_EQ(done_bad, 52);
}

TEST(card)
{
    static const struct pci_dev pci;
    struct net_port port = { .deliver = deliver };
    const uint8_t frame[60] = { 0xff, [13] = 'x' };
    struct net_packet *p;
    struct virtq *const rx = &queue[0], *const tx = &queue[1];
    struct nic *nic;

    set_up(0);
    REQUIRE(virtio_net_init(&pci) == NULL);
    nic = list_first_entry(&nic_list, struct nic, link);
    REQUIRE(nic_switch("eth0") == &nic->net);
    REQUIRE(net_switch_add(&nic->net, &port) == 0);
    CHECK_EQ(rx->avail[1], 128);
    memcpy((char *)rx->desc[3].addr + 12, frame, sizeof(frame));
    answer(rx, 3, 72);
    fake_pci_interrupt();
    CHECK_EQ(delivered, 1);
    CHECK_EQ(rx->avail[1], 129);
    /* Lengths that cannot be are no frames. */
    answer(rx, 4, 2049);
    answer(rx, 5, 12);
    fake_pci_interrupt();
    CHECK_EQ(nic->rx_packets, 1);
    /* As many as there are buffers, then none, then as many as went. */
    p = net_packet_new(60);
    REQUIRE(p != NULL);
    memcpy(p->data, frame, 60);
    for (unsigned int i = 0; i < 130; i++) {
        net_switch_forward(&nic->net, &port, p);
    }
    CHECK_EQ(nic->tx_packets, 128);
    CHECK_EQ(nic->dropped, 2);
    CHECK(memcmp((char *)tx->desc[9].addr + 12, frame, 60) == 0);
    answer(tx, 77, 0);
    net_switch_forward(&nic->net, &port, p);
    CHECK_EQ(tx->avail[2 + 128 % 128], 77);
    answer(rx, 300, 60);
    fake_pci_interrupt();
    CHECK(nic->is_broken);
    net_switch_forward(&nic->net, &port, p);
    CHECK_EQ(nic->dropped, 3);
    net_packet_put(p);
}

TEST(refused)
{
    static const struct pci_dev pci;

    set_up(1000);
    common[1] = 0;              /* Not of version 1. */
    CHECK(virtio_blk_init(&pci) != NULL);
    set_up(1000);
    common[6] = 2;              /* No room for a chain. */
    CHECK(virtio_blk_init(&pci) != NULL);
    set_up(1000);
    fake_pci_config[0x68 / 4 + 2] = FAKE_PCI_BAR_BYTES - 4;
    CHECK(virtio_blk_init(&pci) != NULL);
}
