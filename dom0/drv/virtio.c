/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transport of virtio devices. Queues are pure: the device's half of a
 * queue is read once and checked.
 */
#include <dom0/drv/virtio.h>
#include <dom0/rt/rt.h>

#define CAP_VENDOR 0x09u
#define CAP_COMMON 1u
#define CAP_NOTIFY 2u
#define CAP_DEVICE 4u
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define NO_VECTOR 0xffffu
#define RESET_MS 1000u

struct virtio_common {
    uint32_t device_feature_select, device_feature;
    uint32_t driver_feature_select, driver_feature;
    uint16_t config_vector, queues;
    uint8_t status, generation;
    uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_bell;
    uint32_t queue_desc[2], queue_avail[2], queue_used[2];
};

static_assert(sizeof(struct virtio_common) == 56, "virtio_pci_common_cfg");

/* --- queues --- */

void virtq_init(struct virtq *q, void *page, unsigned int size)
{
    memset(q, 0, sizeof(*q));
    q->size = size;
    q->desc = page;
    q->avail = (uint16_t *)(q->desc + size);
    q->used = q->avail + 4 + size;      /* With used_event, aligned to 4. */
}

void virtq_give(struct virtq *q, unsigned int head)
{
    bitmap_set(q->out, head);
    q->avail[2 + (q->given++ & (q->size - 1))] = (uint16_t)head;
    __atomic_store_n(&q->avail[1], q->given, __ATOMIC_RELEASE);
}

int virtq_take(struct virtq *q, uint32_t *bytes)
{
    const uint16_t index = __atomic_load_n(&q->used[1], __ATOMIC_ACQUIRE);
    const uint32_t *const pair = (const uint32_t *)(q->used + 2) +
                                 (q->taken & (q->size - 1)) * 2;
    const uint32_t head = READ_ONCE(pair[0]);

    if (index == q->taken) {
        return -EAGAIN;
    }
    if ((uint16_t)(index - q->taken) > (uint16_t)(q->given - q->taken) ||
        head >= q->size || !bitmap_test_and_clear(q->out, head)) {
        return -EIO;
    }
    *bytes = READ_ONCE(pair[1]);
    q->taken++;
    return (int)head;
}

/* --- the device --- */

/* A part of the structure of that kind which a capability points to. */
static volatile void *virtio_part(const struct pci_dev *pci, uint8_t kind,
                                  uint64_t offset, uint32_t size)
{
    uint8_t cap = 0;

    while ((cap = pci_cap(pci, CAP_VENDOR, cap)) != 0) {
        if (pci_read(pci, cap) >> 24 != kind ||
            pci_read(pci, cap + 12u) < size) {
            continue;
        }
        if (kind == CAP_NOTIFY) {
            offset *= pci_read(pci, cap + 16u);
        }
        return pci_map(pci, pci_read(pci, cap + 4u) & 0xff,
                       pci_read(pci, cap + 8u) + offset, size);
    }
    return NULL;
}

static bool virtio_agree(struct virtio *v, uint64_t wanted)
{
    volatile struct virtio_common *const c = v->common;
    const uint8_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

    c->status = status;
    for (unsigned int i = 0; i < 2; i++) {
        c->device_feature_select = i;
        v->features |= (uint64_t)c->device_feature << i * 32;
    }
    v->features &= wanted | VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM;
    for (unsigned int i = 0; i < 2; i++) {
        c->driver_feature_select = i;
        c->driver_feature = (uint32_t)(v->features >> i * 32);
    }
    c->status = status | STATUS_FEATURES_OK;
    return (c->status & STATUS_FEATURES_OK) != 0 &&
           (v->features & VIRTIO_VERSION_1) != 0;
}

const char *virtio_init(struct virtio *v, const struct pci_dev *pci,
                        uint64_t wanted, loop_fn *fn)
{
    v->pci = pci;
    v->common = virtio_part(pci, CAP_COMMON, 0, sizeof(*v->common));
    v->config = virtio_part(pci, CAP_DEVICE, 0, VIRTIO_CONFIG_BYTES);
    if (v->common == NULL || v->config == NULL) {
        return "a virtio device of the old kind: disable-legacy=on";
    }
    v->common->status = 0;
    if (!loop_until(v->common->status == 0, RESET_MS)) {
        return "does not reset";
    }
    if (!virtio_agree(v, wanted)) {
        return "does not agree on features";
    }
    return pci_start(pci, &v->message, fn) ? NULL : "gives no interrupts";
}

const char *virtio_queue(struct virtio *v, uint16_t number, struct virtq *q,
                         unsigned int least)
{
    volatile struct virtio_common *const c = v->common;
    void *const page = mem_pages_alloc(1);
    unsigned int size;

    c->queue_select = number;
    size = min_t(unsigned int, c->queue_size, VIRTQ_SIZE_MAX);
    if (page == NULL || size < least) {
        return "has no queue of that length";
    }
    virtq_init(q, page, 1u << bit_highest(size));
    c->queue_size = (uint16_t)q->size;
    c->config_vector = NO_VECTOR;
    c->queue_vector = 0;
    c->queue_desc[0] = (uint32_t)(uint64_t)q->desc;
    c->queue_avail[0] = (uint32_t)(uint64_t)q->avail;
    c->queue_used[0] = (uint32_t)(uint64_t)q->used;
    c->queue_desc[1] = c->queue_avail[1] = c->queue_used[1] = 0;
    q->number = number;
    q->bell = virtio_part(v->pci, CAP_NOTIFY, c->queue_bell, sizeof(*q->bell));
    if (q->bell == NULL || c->queue_vector != 0) {
        return "gives no interrupts, or has no bell";
    }
    c->queue_enable = 1;
    return NULL;
}

void virtio_begin(struct virtio *v)
{
    v->common->status |= STATUS_DRIVER_OK;
}
