/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards on a switch: packets of several slots, with segmentation,
 * and guests that write what makes no sense.
 * Links: dom0/back/vnet.c dom0/back/net_switch.c tests/unit/fake_grant.c
 * Links: dom0/back/net_plain.c tests/unit/fake_mem.c
 * Links: tests/unit/fake_loop.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/lib/errno.h>
#include <dom0/back/vnet.h>
#include <dom0/rt/link.h>
#include <tests/unit/fake_grant.h>
#include <tests/unit/fake_mem.h>
#include <tests/unit/unit.h>

#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()

#define GUESTS 3u

static struct net_switch net;
static struct guest {
    struct vnet v;
    struct netif_tx_front_ring tx;
    struct netif_rx_front_ring rx;
    void *tx_page, *rx_page;
} guest[GUESTS];
static void set_up(void)
{
    memset(&net, 0, sizeof(net));
    fake_mem_left = -1;
    for (unsigned int i = 0; i < FAKE_GRANTS; i++) {
        if (!fake_grant_page[i]) {
            fake_grant_page[i] = aligned_alloc(4096, 4096);
        }
        memset(fake_grant_page[i], 'a' + i % 26, 4096);
    }
    for (unsigned int i = 0; i < GUESTS; i++) {
        struct guest *const g = &guest[i];

        if (g->v.is_connected) {
            vnet_disconnect(&g->v);
        }
        if (!g->tx_page) {
            g->tx_page = aligned_alloc(4096, 4096);
            g->rx_page = aligned_alloc(4096, 4096);
        }
        memset(&g->v, 0, sizeof(g->v));
        vnet_init(&g->v, (domid_t)(i + 1), &net, NULL);
        CHECK_EQ(net_switch_add(&net, &g->v.port), 0);
        SHARED_RING_INIT((struct netif_tx_sring *)g->tx_page);
        SHARED_RING_INIT((struct netif_rx_sring *)g->rx_page);
        FRONT_RING_INIT(&g->tx, (struct netif_tx_sring *)g->tx_page, 4096);
        FRONT_RING_INIT(&g->rx, (struct netif_rx_sring *)g->rx_page, 4096);
        g->v.has_sg = g->v.has_gso_tcp4 = g->v.has_csum = true;
        vnet_connect(&g->v, g->tx_page, g->rx_page);
        CHECK_EQ(g->v.tx.count, g->tx.nr_ents);
        CHECK_EQ(g->v.rx.count, g->rx.nr_ents);
    }
}

/* An Ethernet header into a granted page. */
static void header(unsigned int ref, unsigned int offset, uint8_t to,
                   uint8_t from)
{
    uint8_t *const p = (uint8_t *)fake_grant_page[ref] + offset;

    memset(p, 0, 14);
    p[0] = to == 0xff ? 0xff : 2;
    p[5] = to;
    p[6] = 2;
    p[11] = from;
}

static void slot(struct guest *g, unsigned int ref, unsigned int offset,
                 unsigned int size, unsigned int flags)
{
    *RING_GET_REQUEST(&g->tx, g->tx.req_prod_pvt) = (struct netif_tx_request){
        .gref = ref, .offset = (uint16_t)offset, .size = (uint16_t)size,
        .flags = (uint16_t)flags, .id = (uint16_t)g->tx.req_prod_pvt,
    };
    g->tx.req_prod_pvt++;
}

static void buffers(struct guest *g, unsigned int n, unsigned int ref)
{
    int notify;

    for (unsigned int i = 0; i < n; i++) {
        struct netif_rx_request *const r =
            RING_GET_REQUEST(&g->rx, g->rx.req_prod_pvt);

        r->id = (uint16_t)g->rx.req_prod_pvt++;
        r->gref = ref + i;
    }
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&g->rx, notify);
    (void)notify;
}

/* Runs the sender, then all; status of the sender's last answer. */
static int run(struct guest *g)
{
    const char *why;
    int notify, status = 99;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&g->tx, notify);
    (void)notify;
    CHECK(vnet_run(&g->v, &why) >= 0);
    for (unsigned int i = 0; i < GUESTS; i++) {
        CHECK(vnet_run(&guest[i].v, &why) >= 0);
    }
    while (RING_HAS_UNCONSUMED_RESPONSES(&g->tx)) {
        const struct netif_tx_response *const a =
            RING_GET_RESPONSE(&g->tx, g->tx.rsp_cons);

        if (a->status != NETIF_RSP_NULL) {
            CHECK_EQ(a->id, (uint16_t)g->tx.rsp_cons);
            status = a->status;
        }
        g->tx.rsp_cons++;
    }
    return status;
}

static const struct netif_rx_response *got(struct guest *g)
{
    if (!RING_HAS_UNCONSUMED_RESPONSES(&g->rx)) {
        return NULL;
    }
    return RING_GET_RESPONSE(&g->rx, g->rx.rsp_cons++);
}

TEST(learning)
{
    const struct netif_rx_response *a;

    set_up();
    for (unsigned int i = 0; i < GUESTS; i++) {
        buffers(&guest[i], 8, 8 + i * 8);
    }
    /* Nobody knows 2 yet: all but the sender get it. */
    header(0, 100, 2, 1);
    slot(&guest[0], 0, 100, 60, NETTXF_csum_blank);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    a = got(&guest[1]);
    REQUIRE(a != NULL);
    CHECK_EQ(a->status, 60);
    CHECK_EQ(a->flags, NETRXF_csum_blank | NETRXF_data_validated);
    CHECK(memcmp(fake_grant_page[16], (char *)fake_grant_page[0] + 100,
                 60) == 0);
    CHECK(got(&guest[2]) != NULL);
    CHECK(got(&guest[0]) == NULL);
    /* The answer goes to 1 only, and from then on to 2 only. */
    header(1, 0, 1, 2);
    slot(&guest[1], 1, 0, 60, 0);
    CHECK_EQ(run(&guest[1]), NETIF_RSP_OKAY);
    CHECK(got(&guest[0]) != NULL);
    CHECK(got(&guest[2]) == NULL);
    slot(&guest[0], 0, 100, 60, 0);
    run(&guest[0]);
    CHECK(got(&guest[1]) != NULL);
    CHECK(got(&guest[2]) == NULL);
    /* Broadcast, and to oneself. */
    header(0, 0, 0xff, 1);
    slot(&guest[0], 0, 0, 60, 0);
    run(&guest[0]);
    CHECK(got(&guest[1]) != NULL);
    CHECK(got(&guest[2]) != NULL);
    header(0, 0, 1, 1);
    slot(&guest[0], 0, 0, 60, 0);
    run(&guest[0]);
    CHECK(got(&guest[1]) == NULL);
    /* Who goes is forgotten. */
    net_switch_remove(&net, &guest[1].v.port);
    header(0, 0, 2, 1);
    slot(&guest[0], 0, 0, 60, 0);
    run(&guest[0]);
    CHECK(got(&guest[2]) != NULL);
}

TEST(segments)
{
    const struct netif_rx_response *a;
    struct netif_extra_info *extra;

    set_up();
    buffers(&guest[1], 16, 32);
    header(0, 4096 - 20, 2, 1);
    slot(&guest[0], 0, 4096 - 20, 20 + 4096 + 4096 + 50,
         NETTXF_more_data | NETTXF_extra_info | NETTXF_csum_blank);
    extra = (void *)RING_GET_REQUEST(&guest[0].tx,
                                     guest[0].tx.req_prod_pvt++);
    memset(extra, 0, sizeof(*extra));
    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->u.gso.size = 1448;
    extra->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    slot(&guest[0], 1, 0, 4096, NETTXF_more_data);
    slot(&guest[0], 2, 0, 4096, NETTXF_more_data);
    slot(&guest[0], 3, 4046, 50, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    CHECK_EQ(guest[0].tx.rsp_cons, 5);
    a = got(&guest[1]);
    REQUIRE(a != NULL);
    CHECK_EQ(a->status, 4096);
    CHECK_EQ(a->flags, NETRXF_more_data | NETRXF_extra_info |
             NETRXF_csum_blank | NETRXF_data_validated);
    extra = (void *)got(&guest[1]);
    REQUIRE(extra != NULL);
    CHECK_EQ(extra->type, XEN_NETIF_EXTRA_TYPE_GSO);
    CHECK_EQ(extra->u.gso.size, 1448);
    a = got(&guest[1]);
    CHECK(a && a->status == 4096 && a->flags == NETRXF_more_data);
    a = got(&guest[1]);
    CHECK(a && a->status == 70 && a->flags == 0);
    CHECK(got(&guest[1]) == NULL);
    CHECK_EQ(((char *)fake_grant_page[32])[20], 'b');
    CHECK_EQ(((char *)fake_grant_page[35])[69], 'd');
}

/* An IPv4 TCP packet of this much payload behind the Ethernet header. */
static void tcp(unsigned int ref, unsigned int payload, uint8_t flags)
{
    static const uint8_t ip[] = { 0x45, 0, 0, 0, 0, 7, 0x40, 0, 64, 6, 0, 0,
                                  10, 0, 0, 1, 10, 0, 0, 2 };
    uint8_t *const p = (uint8_t *)fake_grant_page[ref] + 14;

    p[-2] = 8;
    p[-1] = 0;
    memcpy(p, ip, 20);
    p[2] = (uint8_t)((payload + 40) >> 8);
    p[3] = (uint8_t)(payload + 40);
    memset(p + 20, 0, 20);
    p[24] = p[25] = p[26] = 0xff;
    p[27] = 0xf0;
    p[32] = 5 << 4;
    p[33] = flags;
    for (unsigned int i = 0; i < payload; i++) {
        p[40 + i] = (uint8_t)(i * 7);
    }
}

/* The sum of RFC 1071 over a received packet's TCP part; 0xffff if right. */
static uint32_t tcp_sum(const uint8_t *p)
{
    const unsigned int length = (unsigned int)(p[16] << 8 | p[17]) - 20;
    uint32_t sum = 6 + length;

    for (unsigned int i = 0; i < 8; i += 2) {
        sum += (uint32_t)(p[26 + i] << 8 | p[27 + i]);
    }
    for (unsigned int i = 0; i < length; i++) {
        sum += i & 1 ? p[34 + i] : (uint32_t)p[34 + i] << 8;
    }
    return (sum & 0xffff) + (sum >> 16);
}

/* For a guest that can do nothing the rest is done. */
TEST(plain)
{
    struct netif_extra_info *extra;
    unsigned int done = 0;

    set_up();
    guest[1].v.has_sg = guest[1].v.has_gso_tcp4 = guest[1].v.has_csum = false;
    buffers(&guest[1], 16, 32);
    header(0, 0, 2, 1);
    tcp(0, 100, 0x18);
    slot(&guest[0], 0, 0, 154, NETTXF_csum_blank);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    REQUIRE(got(&guest[1]) != NULL);
    CHECK_EQ(tcp_sum(fake_grant_page[32]), 0xffff);

    tcp(0, 3001, 0x19);
    slot(&guest[0], 0, 0, 3055, NETTXF_csum_blank | NETTXF_extra_info);
    extra = (void *)RING_GET_REQUEST(&guest[0].tx,
                                     guest[0].tx.req_prod_pvt++);
    memset(extra, 0, sizeof(*extra));
    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->u.gso.size = 1400;
    extra->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    for (unsigned int i = 0; i < 3; i++) {
        const struct netif_rx_response *const a = got(&guest[1]);
        const uint8_t *const p = fake_grant_page[33 + i];

        REQUIRE(a != NULL);
        CHECK_EQ(a->status, (i < 2 ? 1400 : 201) + 54);
        CHECK_EQ(a->flags, 0);
        CHECK_EQ(tcp_sum(p), 0xffff);
        CHECK_EQ(p[19], 7 + i);
        CHECK_EQ(p[47], i < 2 ? 0x10 : 0x19);
        CHECK_EQ((uint32_t)(p[38] << 24 | p[39] << 16 | p[40] << 8 | p[41]),
                 0xfffffff0u + done);
        for (unsigned int k = 0; k < (unsigned int)a->status - 54; k++) {
            CHECK_EQ(p[54 + k], (uint8_t)((done + k) * 7));
        }
        done += (unsigned int)a->status - 54;
    }
    CHECK(got(&guest[1]) == NULL);
    /* What cannot be read goes nowhere. */
    tcp(0, 100, 0);
    ((uint8_t *)fake_grant_page[0])[17] = 200;
    slot(&guest[0], 0, 0, 154, NETTXF_csum_blank);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    CHECK(got(&guest[1]) == NULL);
}

TEST(refused)
{
    set_up();
    buffers(&guest[1], 8, 32);
    header(0, 0, 2, 1);
    slot(&guest[0], 0, 0, 13, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    slot(&guest[0], 0, 4000, 100, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    slot(&guest[0], 99, 0, 100, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    slot(&guest[0], 0, 0, 100, NETTXF_more_data);
    slot(&guest[0], 1, 0, 100, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    slot(&guest[0], 0, 0, 100, NETTXF_more_data);
    slot(&guest[0], 1, 0, 0, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    /* A packet without end: all slots of one packet are answered. */
    for (unsigned int i = 0; i < 40; i++) {
        slot(&guest[0], 0, 0, 60, i < 39 ? NETTXF_more_data : 0);
    }
    CHECK_EQ(run(&guest[0]), NETIF_RSP_ERROR);
    CHECK_EQ(guest[0].tx.rsp_cons, guest[0].tx.req_prod_pvt);
    /* Half a packet waits. */
    slot(&guest[0], 0, 0, 100, NETTXF_more_data);
    CHECK_EQ(run(&guest[0]), 99);
    slot(&guest[0], 1, 0, 40, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    CHECK_EQ(got(&guest[1])->status, 100);
}

TEST(queue)
{
    const char *why;

    set_up();
    header(0, 0, 2, 1);
    for (unsigned int i = 0; i < 200; i++) {
        slot(&guest[0], 0, 0, 60, 0);
        CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    }
    CHECK_EQ(guest[1].v.queue_len, VNET_QUEUE);
    CHECK_EQ(guest[1].v.dropped, 200 - VNET_QUEUE);
    buffers(&guest[1], 200, 10);
    CHECK(vnet_run(&guest[1].v, &why) & LINK_NOTIFY);
    CHECK_EQ(guest[1].v.queue_len, 0);
    CHECK_EQ(guest[1].v.rx_packets, VNET_QUEUE);
    /* No memory drops a packet and no more. */
    fake_mem_left = 0;
    slot(&guest[0], 0, 0, 60, 0);
    CHECK_EQ(run(&guest[0]), NETIF_RSP_OKAY);
    fake_mem_left = -1;
    guest[0].tx.sring->req_prod += 1000;
    CHECK_EQ(vnet_run(&guest[0].v, &why), -1);
    CHECK(why != NULL);
    guest[2].rx.sring->req_prod += 1000;
    CHECK_EQ(vnet_run(&guest[2].v, &why), -1);
}
