/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel's 82574L with the descriptors of old: a frame each, in the buffer of
 * its place. What was sent is taken back before the next is. Chapter: 82574
 * Datasheet, "Receive Descriptors", "Transmit Descriptors", "Driver
 * Programming Interface".
 */
#include <dom0/drv/nic.h>
#include <dom0/rt/rt.h>

#define REGS_BYTES 0x6000u
#define CTRL 0x0000u
#define CTRL_LINK_UP 0x40u
#define CTRL_RESET 0x4000000u
#define ICR 0x00c0u             /* Reading it clears it. */
#define IMS 0x00d0u
#define IMC 0x00d8u
#define IMS_RX 0xd0u            /* A frame, few buffers, none. */
#define RCTL 0x0100u
#define RCTL_ON 0x0400801au     /* All addresses, no checksum behind. */
#define TCTL 0x0400u
#define TCTL_ON 0x0103f0fau     /* Short frames are made longer. */
#define RX_RING 0x2800u
#define TX_RING 0x3800u
#define RING_HIGH 0x04u
#define RING_BYTES 0x08u
#define RING_HEAD 0x10u
#define RING_TAIL 0x18u
#define RING_CONTROL 0x28u
#define TX_CONTROL 0x01410000u  /* As the 82574 wants it, written at once. */
#define RESET_MS 100u

#define RX_DONE 0x01u
#define RX_WHOLE 0x02u
#define TX_COMMAND 0x0bu        /* A whole frame, checksum, tell when sent. */
#define TX_DONE 0x01u

struct e1000e_desc {
    uint64_t addr;
    uint16_t size;
    uint8_t sum, command;       /* Of a frame that came: its checksum. */
    uint8_t status, errors;
    uint16_t special;
};

static_assert(2 * NIC_RING * sizeof(struct e1000e_desc) <= PAGE_SIZE, "rings");

struct e1000e {
    struct nic nic;
    struct loop_work message;
    char *regs;
    struct e1000e_desc *rx, *tx;        /* Of NIC_RING each. */
    unsigned int rx_next, tx_next, tx_taken;    /* Ever. */
};

static volatile uint32_t *e1000e_reg(const struct e1000e *e, unsigned int reg)
{
    return (volatile uint32_t *)(e->regs + reg);
}

static void e1000e_message(struct loop_work *work)
{
    struct e1000e *const e = container_of(work, struct e1000e, message);
    uint8_t status;

    (void)*e1000e_reg(e, ICR);
    for (;; e->rx_next++) {
        const unsigned int i = e->rx_next % NIC_RING;
        struct e1000e_desc *const d = &e->rx[i];
        const uint16_t size = READ_ONCE(d->size);

        status = __atomic_load_n(&d->status, __ATOMIC_ACQUIRE);
        if (!(status & RX_DONE)) {
            return;
        }
        if ((status & RX_WHOLE) && d->errors == 0 && size <= NIC_BUFFER) {
            nic_receive(&e->nic, e->nic.rx + i * NIC_BUFFER, size);
        }
        d->status = 0;
        barrier();
        *e1000e_reg(e, RX_RING + RING_TAIL) = i;
    }
}

static bool e1000e_send(struct nic *nic, const void *frame, size_t size)
{
    struct e1000e *const e = container_of(nic, struct e1000e, nic);
    const unsigned int i = e->tx_next % NIC_RING;

    while (e->tx_taken != e->tx_next &&
           (READ_ONCE(e->tx[e->tx_taken % NIC_RING].status) & TX_DONE)) {
        e->tx_taken++;
    }
    if (e->tx_next - e->tx_taken == NIC_RING - 1) {
        return false;
    }
    memcpy(nic->tx + i * NIC_BUFFER, frame, size);
    e->tx[i] = (struct e1000e_desc){
        .addr = (uint64_t)nic->tx + i * NIC_BUFFER,
        .size = (uint16_t)size,
        .command = TX_COMMAND,
    };
    barrier();
    *e1000e_reg(e, TX_RING + RING_TAIL) = ++e->tx_next % NIC_RING;
    return true;
}

static void e1000e_ring(const struct e1000e *e, unsigned int ring,
                        const struct e1000e_desc *desc)
{
    *e1000e_reg(e, ring) = (uint32_t)(uint64_t)desc;
    *e1000e_reg(e, ring + RING_HIGH) = 0;
    *e1000e_reg(e, ring + RING_BYTES) = NIC_RING * sizeof(*desc);
    *e1000e_reg(e, ring + RING_HEAD) = 0;
    *e1000e_reg(e, ring + RING_TAIL) = 0;
}

const char *e1000e_init(const struct pci_dev *pci)
{
    struct e1000e *const e = mem_alloc(sizeof(*e));

    if (e == NULL || !nic_init(&e->nic, pci) ||
        (e->rx = mem_pages_alloc(1)) == NULL) {
        return "no memory";
    }
    e->tx = e->rx + NIC_RING;
    e->regs = pci_map(pci, 0, 0, REGS_BYTES);
    if (e->regs == NULL) {
        return "has no registers";
    }
    *e1000e_reg(e, IMC) = ~0u;
    *e1000e_reg(e, CTRL) |= CTRL_RESET;
    if (!loop_until(!(*e1000e_reg(e, CTRL) & CTRL_RESET), RESET_MS) ||
        !pci_start(pci, &e->message, e1000e_message)) {
        return "does not reset, or gives no interrupts";
    }
    *e1000e_reg(e, IMC) = ~0u;
    *e1000e_reg(e, CTRL) |= CTRL_LINK_UP;
    for (unsigned int i = 0; i < NIC_RING; i++) {
        e->rx[i].addr = (uint64_t)e->nic.rx + i * NIC_BUFFER;
    }
    e1000e_ring(e, RX_RING, e->rx);
    e1000e_ring(e, TX_RING, e->tx);
    *e1000e_reg(e, TX_RING + RING_CONTROL) = TX_CONTROL;
    *e1000e_reg(e, TCTL) = TCTL_ON;
    *e1000e_reg(e, RCTL) = RCTL_ON;
    *e1000e_reg(e, RX_RING + RING_TAIL) = NIC_RING - 1;
    *e1000e_reg(e, IMS) = IMS_RX;
    e->nic.kind = "e1000e";
    e->nic.send = e1000e_send;
    nic_add(&e->nic);
    return NULL;
}
