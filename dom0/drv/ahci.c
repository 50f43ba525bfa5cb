/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SATA disks at an AHCI controller, which has the slots; a command that fails
 * stops them all, and the others are given again. Chapter: Serial ATA AHCI
 * 1.3.1, "HBA Memory Registers", "System Memory Structures", "Error Reporting
 * and Recovery"; ATA/ATAPI Command Set, "IDENTIFY DEVICE".
 */
#include <dom0/drv/disk.h>
#include <dom0/rt/rt.h>

#define BAR 5u
#define PORTS 32u
#define HBA_BYTES 0x100u
#define PORT_BYTES 0x80u
#define CAP_SLOTS GENMASK32(12, 8)
#define GHC_INTERRUPTS BIT32(1)
#define GHC_AHCI BIT32(31)
#define PORT_ERRORS 0x78000000u     /* Of task file, bus, interface. */
#define PORT_EVENTS (PORT_ERRORS | 0xfu)
#define CMD_START BIT32(0)
#define CMD_RECEIVE BIT32(4)
#define CMD_SLOT GENMASK32(12, 8)   /* The command that failed. */
#define CMD_RECEIVES BIT32(14)
#define CMD_STARTED BIT32(15)
#define TFD_BUSY 0x88u
#define SIG_DISK 0x00000101u
#define SSTS_DETECT 0xfu
#define SSTS_THERE 3u
#define PORT_MS 1000u

#define HEADER_FIS 5u               /* Words. */
#define HEADER_WRITE BIT32(6)
#define HEADER_DATA BIT32(16)       /* One entry. */
#define FIS_COMMAND 0x27u
#define FIS_IS_COMMAND 0x80u
#define FIS_LBA 0x40u
#define ATA_READ 0x25u              /* The forms with 48 bits. */
#define ATA_WRITE 0x35u
#define ATA_FLUSH 0xeau
#define ATA_IDENTIFY 0xecu
#define ID_FEATURES 83u             /* Words. */
#define ID_HAS_48 BIT(10)
#define ID_SECTORS 100u
#define ID_SECTOR_SIZE 106u
#define ID_LARGE_SECTORS 0x5000u

struct ahci_hba {
    uint32_t cap, ghc, is, pi;
};

struct ahci_port_regs {
    uint32_t clb, clb_high, fb, fb_high, is, ie, cmd, reserved;
    uint32_t tfd, sig, ssts, sctl, serr, sact, ci;
};

struct ahci_memory {
    struct {
        uint32_t flags, bytes;
        uint64_t table;
        uint32_t reserved[4];
    } header[PORTS];
    uint8_t received[PAGE_SIZE - PORTS * 32];
    struct {
        uint8_t fis[128];
        uint64_t addr;
        uint32_t reserved, last;    /* Byte of the data. */
        uint8_t unused[112];
    } table[PORTS];
};

static_assert(DISK_SLOTS == PORTS, "slots of a port, too");
static_assert(sizeof(struct ahci_memory) == 3 * PAGE_SIZE, "of a port");

struct ahci_port {
    struct disk disk;
    volatile struct ahci_port_regs *regs;
    struct ahci_memory *memory;
};

struct ahci {
    const struct pci_dev *pci;
    struct loop_work message;
    volatile struct ahci_hba *hba;
    struct ahci_port *port[PORTS];      /* NULL: no disk. */
};

static void ahci_issue(struct ahci_port *p, unsigned int slot,
                       uint8_t command, const struct disk_io *io)
{
    const uint64_t lba = io->sector;
    const size_t count = io->size / DISK_SECTOR;
    struct ahci_memory *const m = p->memory;
    const uint8_t fis[] = {
        FIS_COMMAND, FIS_IS_COMMAND, command, 0,
        (uint8_t)lba, (uint8_t)(lba >> 8), (uint8_t)(lba >> 16), FIS_LBA,
        (uint8_t)(lba >> 24), (uint8_t)(lba >> 32), (uint8_t)(lba >> 40), 0,
        (uint8_t)count, (uint8_t)(count >> 8),
    };

    memcpy(m->table[slot].fis, fis, sizeof(fis));
    m->table[slot].addr = (uint64_t)io->data;
    m->table[slot].last = (uint32_t)io->size - 1;
    m->header[slot].flags = HEADER_FIS |
        (io->op == DISK_WRITE ? HEADER_WRITE : 0) |
        (io->size != 0 ? HEADER_DATA : 0);
    m->header[slot].bytes = 0;
    m->header[slot].table = (uint64_t)&m->table[slot];
    barrier();
    p->regs->ci = BIT32(slot);
}

static void ahci_start(struct disk *disk, unsigned int slot,
                       const struct disk_io *io)
{
    ahci_issue(container_of(disk, struct ahci_port, disk), slot,
               io->op == DISK_READ ? ATA_READ :
               io->op == DISK_WRITE ? ATA_WRITE : ATA_FLUSH, io);
}

/* Turns off starting or receiving; it has then to be off. */
static bool ahci_off(struct ahci_port *p, uint32_t what, uint32_t is_on)
{
    p->regs->cmd &= ~what;
    return loop_until(!(p->regs->cmd & is_on), PORT_MS);
}

/* false: the port cannot be brought to work again. */
static bool ahci_port_interrupt(struct ahci_port *p)
{
    const uint32_t events = p->regs->is;
    uint32_t left, bad = 0, done;

    p->regs->is = events;
    left = p->regs->ci;
    if (events & PORT_ERRORS) {
        bad = BIT32(field_get(CMD_SLOT, p->regs->cmd)) & p->disk.busy;
        left &= ~bad;
        if (!ahci_off(p, CMD_START, CMD_STARTED)) {
            return false;
        }
        p->regs->serr = ~0u;
        p->regs->cmd |= CMD_START;
        p->regs->ci = left;
    }
    done = p->disk.busy & ~left;
    for (; done != 0; done &= done - 1) {
        const unsigned int slot = bit_lowest(done);

        if (!disk_done(&p->disk, slot, !(bad & BIT32(slot)))) {
            return false;
        }
    }
    return true;
}

static void ahci_message(struct loop_work *work)
{
    struct ahci *const c = container_of(work, struct ahci, message);
    uint32_t which = c->hba->is;
    bool is_good = true;

    c->hba->is = which;
    for (; which != 0; which &= which - 1) {
        struct ahci_port *const p = c->port[bit_lowest(which)];

        is_good &= p == NULL || p->disk.is_broken || ahci_port_interrupt(p);
    }
    for (unsigned int i = 0; i < PORTS && !is_good; i++) {
        if (c->port[i] != NULL) {
            disk_break(&c->port[i]->disk, "does not recover: the disk is given up");
        }
    }
}

/* Whether a disk answers at the port; id: 512 bytes for what it says. */
static bool ahci_identify(struct ahci_port *p, uint16_t *id)
{
    const struct disk_io io = { .size = DISK_SECTOR, .data = id };
    volatile struct ahci_port_regs *const r = p->regs;

    if (!ahci_off(p, CMD_START, CMD_STARTED) ||
        !ahci_off(p, CMD_RECEIVE, CMD_RECEIVES)) {
        return false;
    }
    r->clb = (uint32_t)(uint64_t)p->memory->header;
    r->fb = (uint32_t)(uint64_t)p->memory->received;
    r->clb_high = r->fb_high = 0;
    r->serr = r->is = ~0u;
    r->cmd |= CMD_RECEIVE;
    if (!loop_until(!(r->tfd & TFD_BUSY), PORT_MS) || r->sig != SIG_DISK) {
        return false;
    }
    r->cmd |= CMD_START;
    ahci_issue(p, 0, ATA_IDENTIFY, &io);
    return loop_until(!(r->ci & 1), PORT_MS) && (r->is & PORT_ERRORS) == 0 &&
           (id[ID_FEATURES] & ID_HAS_48) != 0 &&
           (id[ID_SECTOR_SIZE] & ID_LARGE_SECTORS) != ID_LARGE_SECTORS;
}

static struct ahci_port *ahci_port_init(const struct ahci *c, unsigned int i)
{
    static unsigned int count;
    volatile struct ahci_port_regs *const regs =
        pci_map(c->pci, BAR, HBA_BYTES + i * PORT_BYTES, PORT_BYTES);
    struct ahci_port *p;
    uint16_t *id;

    if (regs == NULL || (regs->ssts & SSTS_DETECT) != SSTS_THERE) {
        return NULL;
    }
    p = mem_alloc(sizeof(*p));
    id = mem_pages_alloc(1);
    if (p == NULL || id == NULL || (p->memory = mem_pages_alloc(3)) == NULL) {
        return NULL;
    }
    p->regs = regs;
    if (!ahci_identify(p, id)) {
        return NULL;
    }
    p->disk.pci = c->pci;
    p->disk.kind = "SATA";
    memcpy(&p->disk.sectors, &id[ID_SECTORS], sizeof(p->disk.sectors));
    p->disk.slots = (unsigned int)field_get(CAP_SLOTS, c->hba->cap) + 1;
    p->disk.start = ahci_start;
    p->regs->is = ~0u;
    p->regs->ie = PORT_EVENTS;
    disk_add(&p->disk, TEXT("sd%c", 'a' + count++));
    mem_pages_free(id, 1);
    return p;
}

const char *ahci_init(const struct pci_dev *pci)
{
    struct ahci *const c = mem_alloc(sizeof(*c));

    if (c == NULL) {
        return "no memory";
    }
    c->pci = pci;
    c->hba = pci_map(pci, BAR, 0, HBA_BYTES);
    if (c->hba == NULL || !pci_start(pci, &c->message, ahci_message)) {
        return "has no registers, or gives no interrupts";
    }
    c->hba->ghc |= GHC_AHCI;
    for (unsigned int i = 0; i < PORTS; i++) {
        if (c->hba->pi & BIT32(i)) {
            c->port[i] = ahci_port_init(c, i);
        }
    }
    c->hba->is = ~0u;
    c->hba->ghc |= GHC_INTERRUPTS;
    return NULL;
}
