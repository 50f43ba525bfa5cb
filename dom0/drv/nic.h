/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards of the machine, each the uplink of a switch of its own; and
 * the switch of a machine without one. A card has a buffer for each entry
 * of its two rings.
 */
#ifndef DOM0_DRV_NIC_H
#define DOM0_DRV_NIC_H

#include <core/lib/list.h>
#include <dom0/back/net_switch.h>
#include <dom0/drv/pci.h>

#define NIC_RING 128u           /* Entries, at most. */
#define NIC_BUFFER 2048u
#define NIC_FRAME_MAX 1518u     /* With a VLAN's tag, without a checksum. */

struct nic {
    struct list_head link;
    const struct pci_dev *pci;
    char name[8];
    const char *kind;
    struct net_switch net;
    struct net_port port;
    char *rx, *tx;              /* NIC_RING buffers each. */
    bool is_broken;
    uint64_t rx_packets, tx_packets, dropped;
    /* Puts a frame on the wire, or returns false: no room. */
    bool (*send)(struct nic *nic, const void *frame, size_t size);
};

extern struct list_head nic_list;

/* Memory for the buffers; false: there is none. */
bool __must_check nic_init(struct nic *nic, const struct pci_dev *pci);

/* From here on it is used; the driver has set kind and send. */
void nic_add(struct nic *nic);

/* A frame came. */
void nic_receive(struct nic *nic, const void *frame, size_t size);

/* The device broke the rules: it is stopped. */
void nic_break(struct nic *nic, const char *why);

/* The switch of the card of that name, else of the first one, else ours. */
struct net_switch *nic_switch(const char *name);

#endif
