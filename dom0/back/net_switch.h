/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A learning switch between network cards, and the packets that go through
 * it. Pure but for the allocator.
 */
#ifndef DOM0_BACK_NET_SWITCH_H
#define DOM0_BACK_NET_SWITCH_H

#include <core/lib/bits.h>

#define NET_MAC_LEN 6u
#define NET_HEADER_LEN 14u
#define NET_PACKET_MAX 65535u
#define NET_PORTS_MAX 64u
#define NET_TABLE_BITS 8u

/* What the sender left to do: the netif ABI's flags in one form. */
#define NET_CSUM_BLANK BIT32(0)     /* TCP or UDP checksum is not filled in */
#define NET_DATA_VALIDATED BIT32(1) /* or need not be checked              */

struct net_packet {
    unsigned int refs;
    uint32_t flags;
    uint16_t gso_size;          /* 0: one frame as it goes on a wire. */
    uint8_t gso_type;           /* XEN_NETIF_GSO_TYPE_*. */
    uint32_t size;
    uint8_t data[];
};

/* Of one reference, data not set; NULL: no memory. size <= NET_PACKET_MAX. */
struct net_packet *net_packet_new(size_t size);
void net_packet_put(struct net_packet *p);

struct net_port {
    /* Takes the packet, with a reference of its own. */
    void (*deliver)(struct net_port *port, struct net_packet *packet);
    unsigned int index;         /* The switch's: number of the port + 1. */
};

struct net_switch {
    struct net_port *port[NET_PORTS_MAX];
    struct {
        uint8_t mac[NET_MAC_LEN];
        uint8_t port;           /* Index; 0: free. */
    } table[1u << NET_TABLE_BITS];
};

/* -ENOSPC: no port is free. */
int __must_check net_switch_add(struct net_switch *s, struct net_port *port);
void net_switch_remove(struct net_switch *s, struct net_port *port);

/* Passes on what came in at a port; the caller keeps its reference. */
void net_switch_forward(struct net_switch *s, const struct net_port *from,
                        struct net_packet *p);

/* --- net_plain.c: what senders left to others --- */

/* Takes a frame as it goes on a wire; the reference stays the caller's. */
typedef void net_plain_fn(void *ctx, struct net_packet *p);

/*
 * Calls fn for p itself if nothing is left to do, else for frames made of
 * it. What cannot be read is dropped. p is not changed.
 */
void net_plain(struct net_packet *p, net_plain_fn *fn, void *ctx);

#endif
