/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices on PCI, in the form of version 1, and their split queues.
 * Chapter: Virtual I/O Device (VIRTIO) 1.1, "Split Virtqueues", "Virtio Over
 * PCI Bus".
 */
#ifndef DOM0_DRV_VIRTIO_H
#define DOM0_DRV_VIRTIO_H

#include <core/lib/bitmap.h>
#include <core/lib/util.h>
#include <dom0/drv/pci.h>

#define VIRTQ_SIZE_MAX 128u     /* With which all of a queue is in a page. */
#define VIRTQ_NEXT 1u
#define VIRTQ_WRITE 2u          /* By the device. */
#define VIRTIO_VERSION_1 BIT(32)
#define VIRTIO_ACCESS_PLATFORM BIT(33)

struct virtq_desc {
    uint64_t addr;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

struct virtq {
    unsigned int size;          /* A power of two.                        */
    struct virtq_desc *desc;
    uint16_t *avail;            /* flags, index, ring                     */
    uint16_t *used;             /* flags, index, then pairs of 32 bits    */
    uint16_t given, taken;      /* Indices of the next.                   */
    DECLARE_BITMAP(out, VIRTQ_SIZE_MAX);    /* Heads the device has.      */
    volatile uint16_t *bell;
    uint16_t number;
};

/* page: zeroed, for everything. */
void virtq_init(struct virtq *q, void *page, unsigned int size);

/* The chain that begins at desc[head] is the device's; virtq_ring(). */
void virtq_give(struct virtq *q, unsigned int head);

/*
 * A chain that the device is done with: its head, and in *bytes how much it
 * says it wrote. -EAGAIN: none. -EIO: it writes what makes no sense.
 */
int __must_check virtq_take(struct virtq *q, uint32_t *bytes);

static inline void virtq_ring(const struct virtq *q)
{
    *q->bell = q->number;
}

#define VIRTIO_CONFIG_BYTES 8u

struct virtio_common;

struct virtio {
    const struct pci_dev *pci;
    struct loop_work message;
    volatile struct virtio_common *common;
    const volatile void *config;        /* The device's: its first bytes. */
    uint64_t features;
};

/*
 * Finds and resets the device, agrees on those of the wanted features that
 * it has, and on interrupts. NULL, or why it cannot be used.
 */
const char *virtio_init(struct virtio *v, const struct pci_dev *pci,
                        uint64_t wanted, loop_fn *fn);

/* Makes a queue of at least `least` entries. NULL, or why not. */
const char *virtio_queue(struct virtio *v, uint16_t number, struct virtq *q,
                         unsigned int least);

/* The device may begin. */
void virtio_begin(struct virtio *v);

#endif
