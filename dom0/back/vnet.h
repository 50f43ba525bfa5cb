/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of a guest's network card: packets from its ring to the switch
 * and back, with checksums and segmentation left to who can do them. Data is
 * copied by grant references. Pure but for grant_copy() and the allocator.
 */
#ifndef DOM0_BACK_VNET_H
#define DOM0_BACK_VNET_H

#include <core/abi/io_netif.h>
#include <dom0/back/net_switch.h>
#include <dom0/back/ring.h>
#include <dom0/rt/loop.h>

#define VNET_QUEUE 128u             /* Packets that wait for the guest.   */
#define VNET_QUEUE_BYTES KIB(256)
#define VNET_SLOTS_MAX XEN_NETIF_NR_SLOTS_MIN

struct vnet {
    struct net_port port;
    struct net_switch *net;
    struct ring tx;                 /* From the guest. */
    struct ring rx;                 /* To the guest.   */
    domid_t domid;
    bool is_connected;
    bool has_sg;                    /* The guest takes more than a page,   */
    bool has_gso_tcp4;              /* and what is yet to be cut,          */
    bool has_csum;                  /* and checksums not filled in.        */
    struct net_packet *queue[VNET_QUEUE];
    unsigned int queue_first, queue_len;
    size_t queue_bytes;
    uint64_t tx_packets, rx_packets, dropped;
    struct loop_work *work;         /* Calls vnet_run(). */
};

/* Before the port gets on a switch; work calls vnet_run(). */
void vnet_init(struct vnet *v, domid_t domid, struct net_switch *net,
               struct loop_work *work);

/* The guest's rings; what it can do is set by the caller. */
void vnet_connect(struct vnet *v, void *tx, void *rx);
void vnet_disconnect(struct vnet *v);

/*
 * Moves packets both ways, a bounded number; what is to do then, see link.h.
 * A ring that makes no sense is -1, with *why: the
 * caller gives it up.
 */
int vnet_run(struct vnet *v, const char **why);

#endif
