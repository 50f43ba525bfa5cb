/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe disks: the first namespace, one pair of queues for commands, whose
 * number is their slot, and one for the start, which is waited for. Chapter:
 * NVM Express Base 1.4, "Controller Registers", "Submission Queue Entry",
 * "Completion Queue Entry", "Identify".
 */
#include <dom0/drv/disk.h>
#include <dom0/rt/rt.h>

#define DOORBELLS 0x1000u
#define CAP_TIMEOUT GENMASK64(31, 24)   /* 500 ms each. */
#define CAP_STRIDE GENMASK64(35, 32)
#define CC_ON 0x00460001u       /* Entries of 64 and 16 bytes, enabled. */
#define CSTS_READY BIT32(0)
#define ENTRIES 64u             /* Of a queue: more than there are slots. */
#define AQA ((ENTRIES - 1) << 16 | (ENTRIES - 1))
#define ADMIN_MS 5000u

#define ADMIN_CREATE_SQ 0x01u
#define ADMIN_CREATE_CQ 0x05u
#define ADMIN_IDENTIFY 0x06u
#define IDENTIFY_NAMESPACE 0u
#define IDENTIFY_CONTROLLER 1u
#define CONTROLLER_MDTS 77u     /* Largest transfer, power of two of pages. */
#define NAMESPACE_FLBAS 26u
#define NAMESPACE_FORMAT 128u   /* 4 bytes each; byte 2: power of two. */
#define MDTS_LEAST 5u
#define SECTOR_SHIFT 9u
#define QUEUE_CONTIGUOUS 1u
#define QUEUE_INTERRUPT 2u
#define CMD_FLUSH 0u
#define CMD_WRITE 1u
#define CMD_READ 2u
#define STATUS_PHASE 1u

struct nvme_regs {
    uint64_t cap;
    uint32_t vs, intms, intmc, cc, reserved, csts, nssr, aqa;
    uint64_t asq, acq;
};

struct nvme_command {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t namespace;
    uint64_t reserved[2];
    uint64_t prp[2];
    uint32_t cdw10[6];
};

struct nvme_answer {
    uint32_t result, reserved;
    uint16_t sq_head, sq_id;
    uint16_t id, status;
};

static_assert(sizeof(struct nvme_command) == 64, "submission queue entry");
static_assert(sizeof(struct nvme_answer) == 16, "completion queue entry");
static_assert(DISK_SLOTS < ENTRIES, "the queue is never full");

struct nvme_queue {
    struct nvme_command *command;       /* A page. */
    struct nvme_answer *answer;         /* A page. */
    volatile uint32_t *command_bell, *answer_bell;
    unsigned int tail, taken;           /* Ever. */
};

struct nvme {
    struct disk disk;
    struct loop_work message;
    volatile struct nvme_regs *regs;
    struct nvme_queue admin, io;
    uint64_t (*list)[DISK_BYTES_MAX / PAGE_SIZE];   /* PRPs, by slot. */
};

static bool nvme_queue_init(struct nvme *n, struct nvme_queue *q,
                            unsigned int number)
{
    const uint64_t stride = UINT64_C(4) << field_get(CAP_STRIDE, n->regs->cap);

    q->command = mem_pages_alloc(1);
    q->answer = mem_pages_alloc(1);
    q->command_bell = pci_map(n->disk.pci, 0,
                              DOORBELLS + 2 * number * stride, 4);
    q->answer_bell = pci_map(n->disk.pci, 0,
                             DOORBELLS + (2 * number + 1) * stride, 4);
    return q->command != NULL && q->answer != NULL &&
           q->command_bell != NULL && q->answer_bell != NULL;
}

static void nvme_submit(struct nvme_queue *q, const struct nvme_command *c)
{
    q->command[q->tail++ % ENTRIES] = *c;
    barrier();
    *q->command_bell = q->tail % ENTRIES;
}

/* The next answer, or false. The phase changes with each round. */
static bool nvme_take(struct nvme_queue *q, struct nvme_answer *a)
{
    const struct nvme_answer *const at = &q->answer[q->taken % ENTRIES];
    const uint16_t status = __atomic_load_n(&at->status, __ATOMIC_ACQUIRE);

    if ((status & STATUS_PHASE) == (q->taken / ENTRIES & 1)) {
        return false;
    }
    *a = *at;
    q->taken++;
    *q->answer_bell = q->taken % ENTRIES;
    return true;
}

/* A command of the start; cdw: its words 10 and 11. */
static bool nvme_admin(struct nvme *n, uint8_t opcode, const void *data,
                       uint32_t namespace, uint32_t cdw10, uint32_t cdw11)
{
    const struct nvme_command c = {
        .opcode = opcode, .namespace = namespace,
        .prp = { (uint64_t)data }, .cdw10 = { cdw10, cdw11 },
    };
    struct nvme_answer a;

    nvme_submit(&n->admin, &c);
    return loop_until(nvme_take(&n->admin, &a), ADMIN_MS) &&
           (a.status & ~STATUS_PHASE) == 0;
}

static void nvme_start(struct disk *disk, unsigned int slot,
                       const struct disk_io *io)
{
    struct nvme *const n = container_of(disk, struct nvme, disk);
    const uint64_t data = (uint64_t)io->data;
    const uint64_t pages = bytes_to_pages(io->size);
    struct nvme_command c = { .opcode = CMD_FLUSH, .id = (uint16_t)slot,
                              .namespace = 1 };

    if (io->op != DISK_FLUSH) {
        c.opcode = io->op == DISK_READ ? CMD_READ : CMD_WRITE;
        c.prp[0] = data;
        c.cdw10[0] = lo32(io->sector);
        c.cdw10[1] = hi32(io->sector);
        c.cdw10[2] = (uint32_t)(io->size / DISK_SECTOR - 1);
    }
    for (unsigned int i = 1; i < pages; i++) {
        n->list[slot][i - 1] = data + i * PAGE_SIZE;
    }
    if (pages > 1) {
        c.prp[1] = pages == 2 ? data + PAGE_SIZE : (uint64_t)n->list[slot];
    }
    nvme_submit(&n->io, &c);
}

static void nvme_message(struct loop_work *work)
{
    struct nvme *const n = container_of(work, struct nvme, message);
    struct nvme_answer a;

    while (!n->disk.is_broken && nvme_take(&n->io, &a)) {
        if (!disk_done(&n->disk, a.id, (a.status & ~STATUS_PHASE) == 0)) {
            disk_break(&n->disk, "its queue makes no sense: the disk is given up");
        }
    }
}

/* Stops what the firmware began, and starts anew with the first queues. */
static bool nvme_reset(struct nvme *n)
{
    volatile struct nvme_regs *const r = n->regs;
    const unsigned int ms = 500u *
        (unsigned int)(field_get(CAP_TIMEOUT, r->cap) + 1);

    r->cc = 0;
    if (!loop_until(!(r->csts & CSTS_READY), ms) ||
        !nvme_queue_init(n, &n->admin, 0) || !nvme_queue_init(n, &n->io, 1) ||
        !pci_start(n->disk.pci, &n->message, nvme_message)) {
        return false;
    }
    r->aqa = AQA;
    r->asq = (uint64_t)n->admin.command;
    r->acq = (uint64_t)n->admin.answer;
    r->cc = CC_ON;
    return loop_until(r->csts & CSTS_READY, ms);
}

/* What the first namespace is; page: for the answers. */
static const char *nvme_identify(struct nvme *n, const uint8_t *page)
{
    uint8_t mdts;

    if (!nvme_admin(n, ADMIN_IDENTIFY, page, 0, IDENTIFY_CONTROLLER, 0)) {
        return "does not say what it is";
    }
    mdts = page[CONTROLLER_MDTS];
    if (!nvme_admin(n, ADMIN_IDENTIFY, page, 1, IDENTIFY_NAMESPACE, 0)) {
        return "has no namespace";
    }
    if ((mdts != 0 && mdts < MDTS_LEAST) ||
        page[NAMESPACE_FORMAT + (page[NAMESPACE_FLBAS] & 0xf) * 4u + 2] !=
            SECTOR_SHIFT) {
        return "has sectors of another size, or moves too little at once";
    }
    n->disk.sectors = *(const uint64_t *)page;
    return NULL;
}

const char *nvme_init(const struct pci_dev *pci)
{
    static unsigned int count;
    struct nvme *const n = mem_alloc(sizeof(*n));
    uint8_t *const page = mem_pages_alloc(1);
    const char *why;

    if (n == NULL || page == NULL || (n->list = mem_pages_alloc(2)) == NULL) {
        return "no memory";
    }
    n->disk.pci = pci;
    n->regs = pci_map(pci, 0, 0, sizeof(*n->regs));
    if (n->regs == NULL || !nvme_reset(n)) {
        return "does not start";
    }
    why = nvme_identify(n, page);
    mem_pages_free(page, 1);
    if (why == NULL &&
        (!nvme_admin(n, ADMIN_CREATE_CQ, n->io.answer, 0,
                     (ENTRIES - 1) << 16 | 1,
                     QUEUE_CONTIGUOUS | QUEUE_INTERRUPT) ||
         !nvme_admin(n, ADMIN_CREATE_SQ, n->io.command, 0,
                     (ENTRIES - 1) << 16 | 1, 1u << 16 | QUEUE_CONTIGUOUS))) {
        why = "gives no queue";
    }
    if (why != NULL) {
        return why;
    }
    n->disk.kind = "NVMe";
    n->disk.slots = DISK_SLOTS;
    n->disk.start = nvme_start;
    disk_add(&n->disk, TEXT("nvme%un1", count++));
    return NULL;
}
