/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's network card. A packet from the guest is several
 * slots of its ring, which are copied and checked before anything is done;
 * if one of them is wrong, all of them are answered with an error. Chapter:
 * io/netif.h of the public headers.
 */
#include <dom0/back/vnet.h>
#include <dom0/rt/link.h>
#include <dom0/rt/rt.h>

#define BATCH 64u

/* A packet's slots, as the guest wrote them. */
struct vnet_tx {
    struct netif_tx_request req[VNET_SLOTS_MAX];
    unsigned int count;
    struct netif_extra_info gso;    /* type 0: none. */
    unsigned int extras;            /* Slots behind the first. */
    size_t size;                    /* Of the packet. */
    bool is_bad;
};

void vnet_connect(struct vnet *v, void *tx, void *rx)
{
    ring_init(&v->tx, tx, sizeof(union netif_tx_sring_entry));
    ring_init(&v->rx, rx, sizeof(union netif_rx_sring_entry));
    v->is_connected = true;
}

static struct net_packet *vnet_queue_take(struct vnet *v)
{
    struct net_packet *const p = v->queue[v->queue_first];

    v->queue_first = (v->queue_first + 1) % VNET_QUEUE;
    v->queue_len--;
    v->queue_bytes -= p->size;
    return p;
}

void vnet_disconnect(struct vnet *v)
{
    v->is_connected = false;
    while (v->queue_len != 0) {
        net_packet_put(vnet_queue_take(v));
    }
}

/* --- from the guest --- */

/* The extra slots behind the first; false: not all are there yet. */
static bool vnet_tx_extras(struct vnet *v, struct vnet_tx *t, int waiting)
{
    struct netif_extra_info extra;

    do {
        if ((int)(1 + t->extras) >= waiting) {
            return false;
        }
        ring_peek(&v->tx, 1 + t->extras++, &extra, sizeof(extra));
        if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
            t->gso = extra;
        } else if (extra.type == 0 ||
                   extra.type >= XEN_NETIF_EXTRA_TYPE_MAX) {
            t->is_bad = true;
        }
    } while ((extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) &&
             t->extras < XEN_NETIF_EXTRA_TYPE_MAX);
    t->is_bad |= (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
    return true;
}

/* All slots of the next packet; false: not all are there yet. */
static bool vnet_tx_gather(struct vnet *v, struct vnet_tx *t, int waiting)
{
    uint16_t flags;

    memset(t, 0, sizeof(*t));
    ring_peek(&v->tx, 0, &t->req[t->count++], sizeof(t->req[0]));
    flags = t->req[0].flags;
    if ((flags & NETTXF_extra_info) && !vnet_tx_extras(v, t, waiting)) {
        return false;
    }
    while ((flags & NETTXF_more_data) && t->count < VNET_SLOTS_MAX) {
        if ((int)(t->count + t->extras) >= waiting) {
            return false;
        }
        ring_peek(&v->tx, t->count + t->extras, &t->req[t->count],
                  sizeof(t->req[0]));
        flags = t->req[t->count++].flags;
    }
    t->is_bad |= (flags & NETTXF_more_data) != 0;
    return true;
}

/* The first slot counts the whole packet; then it is cut to its own part. */
static bool vnet_tx_is_sound(struct vnet_tx *t)
{
    const size_t total = t->req[0].size;
    size_t rest = 0;

    for (unsigned int i = 1; i < t->count; i++) {
        rest += t->req[i].size;
    }
    if (t->is_bad || total < NET_HEADER_LEN || rest >= total) {
        return false;
    }
    t->size = total;
    t->req[0].size = (uint16_t)(total - rest);
    for (unsigned int i = 0; i < t->count; i++) {
        if (t->req[i].size == 0 ||
            t->req[i].offset + t->req[i].size > (int)PAGE_SIZE) {
            return false;
        }
    }
    return t->gso.type == 0 ||
           (t->gso.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 &&
            t->gso.u.gso.size != 0);
}

static_assert(VNET_SLOTS_MAX * 2 <= GRANT_COPY_MAX,
              "a slot may cross a page of the packet");

static bool vnet_tx_copy(const struct vnet *v, const struct vnet_tx *t,
                         const struct net_packet *p)
{
    struct grant_batch b = { .domid = v->domid };
    const uint8_t *at = p->data;

    for (unsigned int i = 0; i < t->count; i++) {
        grant_batch_add(&b, t->req[i].gref, t->req[i].offset, at,
                        t->req[i].size);
        at += t->req[i].size;
    }
    return grant_copy(b.op, b.count);
}

static bool vnet_tx_send(struct vnet *v, struct vnet_tx *t)
{
    const uint16_t flags = t->req[0].flags;
    struct net_packet *p;
    bool is_good;

    if (!vnet_tx_is_sound(t)) {
        return false;
    }
    p = net_packet_new(t->size);
    if (p == NULL) {
        v->dropped++;
        return true;
    }
    p->flags |= flags & NETTXF_csum_blank ? NET_CSUM_BLANK : 0;
    p->flags |= flags & NETTXF_data_validated ? NET_DATA_VALIDATED : 0;
    if (t->gso.type != 0) {
        p->gso_size = t->gso.u.gso.size;
        p->gso_type = t->gso.u.gso.type;
    }
    is_good = vnet_tx_copy(v, t, p);
    if (is_good) {
        v->tx_packets++;
        net_switch_forward(v->net, &v->port, p);
    }
    net_packet_put(p);
    return is_good;
}

static void vnet_tx_answer(struct vnet *v, const struct vnet_tx *t,
                           int16_t status)
{
    for (unsigned int i = 0; i < t->count; i++) {
        const struct netif_tx_response a = { t->req[i].id, status };

        ring_put(&v->tx, &a, sizeof(a));
        for (unsigned int k = 0; i == 0 && k < t->extras; k++) {
            const struct netif_tx_response none = { 0, NETIF_RSP_NULL };

            ring_put(&v->tx, &none, sizeof(none));
        }
    }
}

/* false: the ring makes no sense. */
static bool vnet_tx_run(struct vnet *v, int *flags)
{
    for (unsigned int left = BATCH; left != 0; left--) {
        const int waiting = ring_waiting(&v->tx);
        struct vnet_tx t;

        if (waiting < 0) {
            return false;
        }
        if (waiting == 0 || !vnet_tx_gather(v, &t, waiting)) {
            /* A part of a packet that fills the ring never gets whole. */
            if (waiting == (int)v->tx.count) {
                return false;
            }
            if (!ring_arm(&v->tx, (unsigned int)waiting + 1)) {
                return true;
            }
            continue;
        }
        v->tx.req_cons += t.count + t.extras;
        vnet_tx_answer(v, &t, vnet_tx_send(v, &t) ? NETIF_RSP_OKAY
                                                  : NETIF_RSP_ERROR);
        *flags |= ring_push(&v->tx) ? LINK_NOTIFY : 0;
    }
    *flags |= LINK_MORE;
    return true;
}

/* --- to the guest --- */

static unsigned int vnet_rx_slots(const struct net_packet *p)
{
    return (unsigned int)bytes_to_pages(p->size) + (p->gso_size != 0);
}

static void vnet_queue(void *ctx, struct net_packet *p)
{
    struct vnet *const v = ctx;

    if ((p->size > PAGE_SIZE && !v->has_sg) ||
        v->queue_len == VNET_QUEUE ||
        v->queue_bytes + p->size > VNET_QUEUE_BYTES) {
        v->dropped++;
        return;
    }
    p->refs++;
    v->queue[(v->queue_first + v->queue_len++) % VNET_QUEUE] = p;
    v->queue_bytes += p->size;
    loop_post(v->work);
}

/* As it is to a guest that can do the rest, else done for it. */
static void vnet_deliver(struct net_port *port, struct net_packet *p)
{
    struct vnet *const v = container_of(port, struct vnet, port);
    const bool is_fit = (p->gso_size == 0 || v->has_gso_tcp4) &&
                        (!(p->flags & NET_CSUM_BLANK) || v->has_csum);

    if (v->is_connected && is_fit) {
        vnet_queue(v, p);
    } else if (v->is_connected) {
        net_plain(p, vnet_queue, v);
    }
    net_packet_put(p);
}

static void vnet_rx_answer(struct vnet *v, const struct net_packet *p,
                           const struct netif_rx_request *req,
                           unsigned int slots, bool is_good)
{
    const bool is_gso = p->gso_size != 0;
    size_t left = p->size;

    for (unsigned int i = 0; i < slots; i++) {
        const size_t part = min_t(size_t, left, PAGE_SIZE);
        struct netif_rx_response a = {
            .id = req[i].id,
            .status = (int16_t)(is_good ? (int)part : NETIF_RSP_ERROR),
        };

        if (i == 1 && is_gso) {
            const struct netif_extra_info extra = {
                .type = XEN_NETIF_EXTRA_TYPE_GSO,
                .u.gso.size = p->gso_size,
                .u.gso.type = p->gso_type,
            };

            ring_put(&v->rx, &extra, sizeof(extra));
            continue;
        }
        left -= part;
        a.flags = (uint16_t)(left != 0 ? NETRXF_more_data : 0);
        if (i == 0) {
            a.flags |= p->flags & NET_CSUM_BLANK
                ? NETRXF_csum_blank | NETRXF_data_validated : 0;
            a.flags |= p->flags & NET_DATA_VALIDATED
                ? NETRXF_data_validated : 0;
            a.flags |= is_gso ? NETRXF_extra_info : 0;
        }
        ring_put(&v->rx, &a, sizeof(a));
    }
}

static void vnet_rx_send(struct vnet *v, const struct net_packet *p)
{
    struct netif_rx_request req[VNET_SLOTS_MAX];
    struct grant_batch b = { .domid = v->domid, .is_to = true };
    const unsigned int slots = vnet_rx_slots(p);
    const uint8_t *at = p->data;
    size_t left = p->size;

    for (unsigned int i = 0; i < slots; i++) {
        const size_t in_slot = i == 1 && p->gso_size != 0
            ? 0 : min_t(size_t, left, PAGE_SIZE);

        ring_peek(&v->rx, i, &req[i], sizeof(req[i]));
        grant_batch_add(&b, req[i].gref, 0, at, in_slot);
        at += in_slot;
        left -= in_slot;
    }
    v->rx.req_cons += slots;
    vnet_rx_answer(v, p, req, slots, grant_copy(b.op, b.count));
    v->rx_packets++;
}

static bool vnet_rx_run(struct vnet *v, int *flags)
{
    while (v->queue_len != 0) {
        struct net_packet *const p = v->queue[v->queue_first];
        const int waiting = ring_waiting(&v->rx);

        if (waiting < 0) {
            return false;
        }
        if (waiting < (int)vnet_rx_slots(p)) {
            if (!ring_arm(&v->rx, vnet_rx_slots(p))) {
                return true;
            }
            continue;
        }
        vnet_rx_send(v, p);
        net_packet_put(vnet_queue_take(v));
        *flags |= ring_push(&v->rx) ? LINK_NOTIFY : 0;
    }
    return ring_waiting(&v->rx) >= 0;
}

void vnet_init(struct vnet *v, domid_t domid, struct net_switch *net,
               struct loop_work *work)
{
    v->domid = domid;
    v->net = net;
    v->work = work;
    v->port.deliver = vnet_deliver;
}

int vnet_run(struct vnet *v, const char **why)
{
    int flags = 0;

    *why = NULL;
    if (!v->is_connected) {
        return 0;
    }
    if (!vnet_rx_run(v, &flags) || !vnet_tx_run(v, &flags)) {
        *why = "its network card's ring makes no sense";
        return -1;
    }
    return flags;
}
