/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe, AHCI and the 82574L, each with a device that plays by the rules and
 * with one that does not.
 * Links: dom0/drv/nvme.c dom0/drv/ahci.c dom0/drv/e1000e.c dom0/drv/disk.c
 * Links: dom0/drv/nic.c dom0/back/net_switch.c dom0/back/net_plain.c
 * Links: tests/unit/fake_pci.c tests/unit/fake_mem.c core/lib/bitmap.c
 * Links: core/lib/snprintf.c core/lib/printf_core.c
 * Links: dom0/rt/text.c core/lib/str.c
 */
#include <string.h>

#include <dom0/drv/disk.h>
#include <dom0/drv/nic.h>
#include <tests/unit/fake_pci.h>
#include <tests/unit/unit.h>

static const struct pci_dev pci;
static unsigned int done_good, done_bad;
static char data[5 * 4096] __attribute__((aligned(4096)));

static uint32_t *reg(unsigned int offset)
{
    return (uint32_t *)(fake_pci_bar + offset);
}

static void *at(uint32_t low)
{
    return (void *)(uintptr_t)low;
}

static void done(struct disk_io *io, bool is_good)
{
    *(is_good ? &done_good : &done_bad) += 1;
}

static struct disk_io request(enum disk_op op, uint64_t sector, size_t size)
{
    return (struct disk_io){ .op = op, .sector = sector, .size = size,
                             .data = data, .done = done };
}

/* --- NVMe --- */

struct command {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t namespace, reserved[4];
    uint64_t prp[2];
    uint32_t cdw10[6];
};

struct answer {
    uint32_t result[2];
    uint16_t head, queue, id, status;
};

static struct command *nvme_sq;
static struct answer *nvme_cq;
static unsigned int nvme_seen;
static uint8_t nvme_shift, nvme_mdts;

static void nvme_device(void)
{
    struct command *const sq = at(*reg(0x28));
    struct answer *const cq = at(*reg(0x30));

    *reg(0x1c) = *reg(0x14) & 1;
    while (sq && nvme_seen != *reg(0x1000)) {
        const struct command *const c = &sq[nvme_seen];
        uint8_t *const page = at((uint32_t)c->prp[0]);

        if (c->opcode == 6 && c->cdw10[0] == 1) {
            page[77] = nvme_mdts;
        } else if (c->opcode == 6) {
            *(uint64_t *)page = UINT64_C(1) << 33;
            page[26] = 1;
            page[128 + 4 + 2] = nvme_shift;
        } else if (c->opcode == 5) {
            nvme_cq = (void *)page;
        } else if (c->opcode == 1) {
            nvme_sq = (void *)page;
        }
        cq[nvme_seen].id = c->id;
        cq[nvme_seen++].status = 1;
    }
}

static const char *nvme_set_up(uint8_t shift, uint8_t mdts)
{
    fake_pci_reset();
    fake_pci_tick = nvme_device;
    nvme_seen = 0;
    nvme_shift = shift;
    nvme_mdts = mdts;
    done_good = done_bad = 0;
    return nvme_init(&pci);
}

TEST(nvme)
{
    struct disk_io flush = request(DISK_FLUSH, 0, 0);
    struct disk_io io = request(DISK_WRITE, UINT64_C(0x123456789), 3 * 4096);
    struct disk_io two = request(DISK_READ, 1, 4096 + 512);
    struct disk *disk;

    REQUIRE(nvme_set_up(9, 5) == NULL);
    disk = disk_find("nvme0n1");
    REQUIRE(disk != NULL);
    CHECK_EQ(disk->sectors, UINT64_C(1) << 33);
    /* Around both queues three times. */
    for (unsigned int i = 0; i < 200; i++) {
        const struct command *const c = &nvme_sq[i % 64];
        struct answer *const a = &nvme_cq[i % 64];

        disk_submit(disk, &io);
        CHECK_EQ(*reg(0x1008), (i + 1) % 64);
        CHECK_EQ(c->opcode, 1);
        CHECK_EQ(c->cdw10[0], 0x23456789);
        CHECK_EQ(c->cdw10[1], 1);
        CHECK_EQ(c->cdw10[2], 23);
        CHECK_EQ(c->prp[0], (uintptr_t)data);
        CHECK_EQ(((uint64_t *)c->prp[1])[1], (uintptr_t)data + 8192);
        fake_pci_interrupt();
        CHECK_EQ(done_good + done_bad, i);
        a->id = c->id;
        a->status = (uint16_t)((i / 64 % 2 ? 0 : 1) + (i % 4 == 3 ? 0x102 : 0));
        fake_pci_interrupt();
        CHECK_EQ(*reg(0x100c), (i + 1) % 64);
    }
    CHECK_EQ(done_good, 150);
    CHECK_EQ(done_bad, 50);
    disk_submit(disk, &two);
    CHECK_EQ(nvme_sq[200 % 64].opcode, 2);
    CHECK_EQ(nvme_sq[200 % 64].prp[1], (uintptr_t)data + 4096);
    disk_submit(disk, &flush);
    CHECK_EQ(nvme_sq[201 % 64].opcode, 0);
    /* An answer to what nobody asked. */
    nvme_cq[200 % 64].id = 31;
    nvme_cq[200 % 64].status = 0;
    fake_pci_interrupt();
    CHECK(disk->is_broken && fake_pci_stopped != NULL);
    CHECK_EQ(done_bad, 52);
    disk_submit(disk, &io);
    CHECK_EQ(done_bad, 53);
}

TEST(nvme_refused)
{
    CHECK(nvme_set_up(12, 0) != NULL);
    CHECK(nvme_set_up(9, 4) != NULL);
    fake_pci_reset();           /* Never ready. */
    CHECK(nvme_init(&pci) != NULL);
}

/* --- AHCI --- */

#define PORT 0x100u
#define PORT_CMD 0x18u
#define PORT_CI 0x38u

struct table {
    uint8_t fis[128];
    uint64_t addr;
    uint32_t reserved, last;
    uint8_t unused[112];
};

struct header {
    uint32_t flags, bytes;
    uint64_t table;
    uint32_t reserved[4];
};

static struct header *ahci_header(unsigned int slot)
{
    return (struct header *)at(*reg(PORT)) + slot;
}

/* Answers the first command, that of the start. */
static void ahci_device(void)
{
    uint16_t *id;

    if (*reg(PORT + PORT_CI) & 1) {
        id = (void *)((struct table *)ahci_header(0)->table)->addr;
        id[83] = 1u << 10;
        id[100] = 4096;
        *reg(PORT + PORT_CI) = 0;
        *reg(PORT + 0x10) = 0;
    }
}

static void ahci_event(uint32_t events)
{
    *reg(0x08) = 1;
    *reg(PORT + 0x10) = events;
    fake_pci_interrupt();
}

TEST(ahci)
{
    struct disk_io write = request(DISK_WRITE, UINT64_C(0x010203040506), 1024);
    struct disk_io read = request(DISK_READ, 9, 4096);
    struct disk_io flush = request(DISK_FLUSH, 0, 0);
    const struct table *t;
    struct disk *disk;

    fake_pci_reset();
    done_good = done_bad = 0;
    fake_pci_tick = ahci_device;
    *reg(0x00) = 31u << 8;
    *reg(0x0c) = 1;             /* Ports. */
    *reg(PORT + 0x24) = 0x101;
    *reg(PORT + 0x28) = 3;
    REQUIRE(ahci_init(&pci) == NULL);
    fake_pci_tick = NULL;
    disk = disk_find("sda");
    REQUIRE(disk != NULL);
    CHECK_EQ(disk->sectors, 4096);
    disk_submit(disk, &write);
    CHECK_EQ(*reg(PORT + PORT_CI), 1);
    CHECK_EQ(ahci_header(0)->flags, 5 | 1u << 6 | 1u << 16);
    t = (const void *)ahci_header(0)->table;
    CHECK_EQ(t->addr, (uintptr_t)data);
    CHECK_EQ(t->last, 1023);
    CHECK(memcmp(t->fis, "\x27\x80\x35\0\6\5\4\x40\3\2\1\0\2\0", 14) == 0);
    *reg(PORT + PORT_CI) = 0;
    ahci_event(1);
    CHECK_EQ(done_good, 1);
    /* The first of three fails: it alone does, the others are given again. */
    disk_submit(disk, &flush);
    disk_submit(disk, &read);
    disk_submit(disk, &read);
    CHECK_EQ(ahci_header(0)->flags, 5);
    *reg(PORT + PORT_CI) = 7;
    *reg(PORT + PORT_CMD) &= ~(31u << 8);
    ahci_event(0x40000001);
    CHECK_EQ(done_bad, 1);
    CHECK_EQ(done_good, 1);
    CHECK_EQ(*reg(PORT + PORT_CI), 6);
    CHECK(*reg(PORT + PORT_CMD) & 1);
    *reg(PORT + PORT_CI) = 0;
    ahci_event(1);
    CHECK_EQ(done_good, 3);
    CHECK_EQ(disk->busy, 0);
    /* One that does not stop when it is told to. */
    disk_submit(disk, &read);
    *reg(PORT + PORT_CMD) |= 1u << 15;
    ahci_event(0x40000000);
    CHECK(disk->is_broken && fake_pci_stopped != NULL);
    CHECK_EQ(done_bad, 2);
}

/* --- 82574L --- */

struct desc {
    uint64_t addr;
    uint16_t size;
    uint8_t sum, command, status, errors;
    uint16_t special;
};

static unsigned int delivered;

static void deliver(struct net_port *port, struct net_packet *p)
{
    delivered += p->size == 60 && p->data[13] == 'x';
    net_packet_put(p);
}

static void e1000e_device(void)
{
    *reg(0) &= ~0x4000000u;
}

TEST(e1000e)
{
    struct net_port port = { .deliver = deliver };
    const uint8_t frame[60] = { 0xff, [13] = 'x' };
    struct desc *rx, *tx;
    struct net_packet *p;
    struct nic *nic;

    fake_pci_reset();
    fake_pci_tick = e1000e_device;
    REQUIRE(e1000e_init(&pci) == NULL);
    nic = list_first_entry(&nic_list, struct nic, link);
    REQUIRE(net_switch_add(&nic->net, &port) == 0);
    rx = at(*reg(0x2800));
    tx = at(*reg(0x3800));
    CHECK_EQ(*reg(0x2808), 2048);
    CHECK_EQ(*reg(0x2818), 127);
    for (unsigned int i = 0; i < 300; i++) {
        struct desc *const d = &rx[i % 128];

        memcpy((void *)d->addr, frame, sizeof(frame));
        d->size = i % 3 == 1 ? 2049 : 60;
        d->errors = i % 3 == 2;
        d->status = 3;
        fake_pci_interrupt();
        CHECK_EQ(d->status, 0);
        CHECK_EQ(*reg(0x2818), i % 128);
    }
    CHECK_EQ(delivered, 100);
    p = net_packet_new(60);
    REQUIRE(p != NULL);
    memcpy(p->data, frame, 60);
    for (unsigned int i = 0; i < 130; i++) {
        net_switch_forward(&nic->net, &port, p);
    }
    CHECK_EQ(nic->tx_packets, 127);
    CHECK_EQ(nic->dropped, 3);
    CHECK_EQ(*reg(0x3818), 127);
    CHECK_EQ(tx[5].size, 60);
    CHECK(memcmp((void *)tx[5].addr, frame, 60) == 0);
    tx[0].status = tx[1].status = 1;
    for (unsigned int i = 0; i < 3; i++) {
        net_switch_forward(&nic->net, &port, p);
    }
    CHECK_EQ(nic->tx_packets, 129);
    CHECK_EQ(*reg(0x3818), 1);
    net_packet_put(p);
}
