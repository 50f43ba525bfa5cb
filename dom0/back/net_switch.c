/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch. An address is at the port where it was last seen to send from;
 * one that is not known, or stands for many, goes to all others. Two
 * addresses with one hash push each other out: then they are flooded, which
 * is slow and right. Chapter: IEEE 802.1D, "Principles of bridge operation".
 */
#include <core/lib/hash.h>
#include <dom0/back/net_switch.h>
#include <dom0/rt/rt.h>

#define MULTICAST 0x01u

struct net_packet *net_packet_new(size_t size)
{
    struct net_packet *const p = mem_alloc(sizeof(*p) + size);

    if (p != NULL) {
        p->refs = 1;
        p->size = (uint32_t)size;
    }
    return p;
}

void net_packet_put(struct net_packet *p)
{
    if (--p->refs == 0) {
        mem_free(p);
    }
}

int net_switch_add(struct net_switch *s, struct net_port *port)
{
    for (unsigned int i = 0; i < NET_PORTS_MAX; i++) {
        if (s->port[i] == NULL) {
            s->port[i] = port;
            port->index = i + 1;
            return 0;
        }
    }
    return -ENOSPC;
}

void net_switch_remove(struct net_switch *s, struct net_port *port)
{
    for (size_t i = 0; i < ARRAY_SIZE(s->table); i++) {
        if (s->table[i].port == port->index) {
            s->table[i].port = 0;
        }
    }
    s->port[port->index - 1] = NULL;
}

static unsigned int net_hash(const uint8_t *mac)
{
    return hash_u64(hash_bytes(mac, NET_MAC_LEN), NET_TABLE_BITS);
}

static void net_switch_send(struct net_port *to, struct net_packet *p)
{
    p->refs++;
    to->deliver(to, p);
}

void net_switch_forward(struct net_switch *s, const struct net_port *from,
                        struct net_packet *p)
{
    const uint8_t *const to = p->data;
    const uint8_t *const sender = p->data + NET_MAC_LEN;
    unsigned int at;

    if (p->size < NET_HEADER_LEN) {
        return;
    }
    if (!(sender[0] & MULTICAST)) {
        at = net_hash(sender);
        memcpy(s->table[at].mac, sender, NET_MAC_LEN);
        s->table[at].port = (uint8_t)from->index;
    }
    at = net_hash(to);
    if (!(to[0] & MULTICAST) && s->table[at].port != 0 &&
        memcmp(s->table[at].mac, to, NET_MAC_LEN) == 0) {
        if (s->table[at].port != from->index) {
            net_switch_send(s->port[s->table[at].port - 1], p);
        }
        return;
    }
    for (unsigned int i = 0; i < NET_PORTS_MAX; i++) {
        if (s->port[i] != NULL && s->port[i] != from) {
            net_switch_send(s->port[i], p);
        }
    }
}
