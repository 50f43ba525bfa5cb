/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards as ports of switches. Pure but for console and allocator.
 */
#include <dom0/drv/nic.h>
#include <dom0/rt/rt.h>

#define BUFFERS_PAGES (NIC_RING * NIC_BUFFER / PAGE_SIZE)

LIST_HEAD(nic_list);

static struct net_switch nic_none;

bool nic_init(struct nic *nic, const struct pci_dev *pci)
{
    nic->pci = pci;
    nic->rx = mem_pages_alloc(BUFFERS_PAGES);
    nic->tx = mem_pages_alloc(BUFFERS_PAGES);
    return nic->rx != NULL && nic->tx != NULL;
}

static void nic_send(void *ctx, struct net_packet *p)
{
    struct nic *const nic = ctx;

    if (nic->is_broken || p->size > NIC_FRAME_MAX ||
        !nic->send(nic, p->data, p->size)) {
        nic->dropped++;
    } else {
        nic->tx_packets++;
    }
}

static void nic_deliver(struct net_port *port, struct net_packet *p)
{
    net_plain(p, nic_send, container_of(port, struct nic, port));
    net_packet_put(p);
}

void nic_add(struct nic *nic)
{
    static unsigned int count;

    snprintf(nic->name, sizeof(nic->name), "eth%u", count++);
    list_add_tail(&nic->link, &nic_list);
    nic->port.deliver = nic_deliver;
    if (net_switch_add(&nic->net, &nic->port) == 0) {
        con_printf("dom0: network card %s: %s\n", nic->name, nic->kind);
    }
}

void nic_receive(struct nic *nic, const void *frame, size_t size)
{
    struct net_packet *const p = net_packet_new(size);

    if (p == NULL) {
        nic->dropped++;
        return;
    }
    memcpy(p->data, frame, size);
    nic->rx_packets++;
    net_switch_forward(&nic->net, &nic->port, p);
    net_packet_put(p);
}

void nic_break(struct nic *nic, const char *why)
{
    pci_stop(nic->pci, why);
    nic->is_broken = true;
}

struct net_switch *nic_switch(const char *name)
{
    struct nic *nic;

    list_for_each_entry(nic, &nic_list, link) {
        if (strcmp(nic->name, name) == 0) {
            return &nic->net;
        }
    }
    return list_empty(&nic_list)
        ? &nic_none : &list_first_entry(&nic_list, struct nic, link)->net;
}
