/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio network cards, with none of the offloads: a frame is one buffer
 * behind a header of zeros. What was sent is taken back before the next is.
 * Chapter: Virtual I/O Device (VIRTIO) 1.1, "Network Device".
 */
#include <dom0/drv/nic.h>
#include <dom0/drv/virtio.h>
#include <dom0/rt/rt.h>

#define QUEUE_RX 0u
#define QUEUE_TX 1u
#define HEAD_BYTES 12u
#define AVAIL_NO_INTERRUPT 1u

struct virtio_net {
    struct nic nic;
    struct virtio virtio;
    struct virtq rx, tx;
};

static_assert(NIC_RING >= VIRTQ_SIZE_MAX, "a buffer for each descriptor");

static void virtio_net_message(struct loop_work *work)
{
    struct virtio_net *const n =
        container_of(work, struct virtio_net, virtio.message);
    uint32_t bytes;
    int i;

    while ((i = virtq_take(&n->rx, &bytes)) >= 0) {
        if (bytes > HEAD_BYTES && bytes <= NIC_BUFFER) {
            nic_receive(&n->nic, n->nic.rx + i * (int)NIC_BUFFER + HEAD_BYTES,
                        bytes - HEAD_BYTES);
        }
        virtq_give(&n->rx, (unsigned int)i);
    }
    virtq_ring(&n->rx);
    if (i == -EIO && !n->nic.is_broken) {
        nic_break(&n->nic, "its queue makes no sense: the card is given up");
    }
}

static bool virtio_net_send(struct nic *nic, const void *frame, size_t size)
{
    struct virtio_net *const n = container_of(nic, struct virtio_net, nic);
    unsigned int i;
    uint32_t bytes;

    while (virtq_take(&n->tx, &bytes) >= 0) {
    }
    i = bitmap_first_clear(n->tx.out, n->tx.size);
    if (i == n->tx.size) {
        return false;
    }
    memcpy(nic->tx + i * NIC_BUFFER + HEAD_BYTES, frame, size);
    n->tx.desc[i] = (struct virtq_desc){
        .addr = (uint64_t)nic->tx + i * NIC_BUFFER,
        .size = (uint32_t)(HEAD_BYTES + size),
    };
    virtq_give(&n->tx, i);
    virtq_ring(&n->tx);
    return true;
}

const char *virtio_net_init(const struct pci_dev *pci)
{
    struct virtio_net *const n = mem_alloc(sizeof(*n));
    const char *why;

    if (n == NULL || !nic_init(&n->nic, pci)) {
        return "no memory";
    }
    why = virtio_init(&n->virtio, pci, 0, virtio_net_message) ?:
          virtio_queue(&n->virtio, QUEUE_RX, &n->rx, 1) ?:
          virtio_queue(&n->virtio, QUEUE_TX, &n->tx, 1);
    if (why != NULL) {
        return why;
    }
    n->tx.avail[0] = AVAIL_NO_INTERRUPT;
    for (unsigned int i = 0; i < n->rx.size; i++) {
        n->rx.desc[i] = (struct virtq_desc){
            (uint64_t)n->nic.rx + i * NIC_BUFFER, NIC_BUFFER, VIRTQ_WRITE, 0,
        };
        virtq_give(&n->rx, i);
    }
    virtio_begin(&n->virtio);
    virtq_ring(&n->rx);
    n->nic.kind = "virtio";
    n->nic.send = virtio_net_send;
    nic_add(&n->nic);
    return NULL;
}
