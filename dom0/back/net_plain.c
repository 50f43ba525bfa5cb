/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checksums and segmentation. Headers are a guest's: every length is checked
 * against the packet's before it is used. Chapters: RFC 791, 793, 768, 8200;
 * RFC 1071 for the sum.
 */
#include <dom0/back/net_switch.h>
#include <dom0/rt/rt.h>

#define TYPE_AT 12u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define IPV4_MIN 20u
#define IPV4_LENGTH 2u
#define IPV4_ID 4u
#define IPV4_FRAGMENT 6u
#define IPV4_FRAGMENT_MASK 0x3fffu
#define IPV4_PROTOCOL 9u
#define IPV4_SUM 10u
#define IPV4_ADDRESSES 12u
#define IPV6_HEADER 40u
#define IPV6_NEXT 6u
#define IPV6_ADDRESSES 8u
#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define TCP_MIN 20u
#define TCP_SEQUENCE 4u
#define TCP_FLAGS 13u
#define TCP_SUM 16u
#define TCP_FIN_PSH 0x09u
#define UDP_MIN 8u
#define UDP_SUM 6u

/* Where a packet's headers are. */
struct net_headers {
    size_t ip;
    size_t l4;                  /* TCP or UDP.                             */
    size_t payload;             /* Behind it.                              */
    size_t end;                 /* Of what IP counts.                      */
    bool is_v4;
    uint8_t protocol;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static uint64_t net_sum(const uint8_t *p, size_t n, uint64_t sum)
{
    for (; n >= 2; n -= 2, p += 2) {
        sum += get16(p);
    }
    return n != 0 ? sum + ((uint64_t)p[0] << 8) : sum;
}

static uint16_t net_fold(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static bool net_parse_ip(const struct net_packet *p, struct net_headers *h)
{
    const uint8_t *const ip = p->data + NET_HEADER_LEN;
    const size_t left = p->size - NET_HEADER_LEN;

    h->ip = NET_HEADER_LEN;
    h->is_v4 = get16(p->data + TYPE_AT) == TYPE_IPV4;
    if (h->is_v4 && left >= IPV4_MIN) {
        const size_t header = (ip[0] & 0x0fu) * 4u;

        h->l4 = h->ip + header;
        h->end = h->ip + get16(ip + IPV4_LENGTH);
        h->protocol = ip[IPV4_PROTOCOL];
        return header >= IPV4_MIN &&
               (get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) == 0;
    }
    if (get16(p->data + TYPE_AT) == TYPE_IPV6 && left >= IPV6_HEADER) {
        h->l4 = h->ip + IPV6_HEADER;
        h->end = h->l4 + get16(ip + 4);
        h->protocol = ip[IPV6_NEXT];
        return true;
    }
    return false;
}

static bool net_parse(const struct net_packet *p, struct net_headers *h)
{
    size_t header;

    if (!net_parse_ip(p, h) || h->end > p->size) {
        return false;
    }
    if (h->protocol == PROTOCOL_UDP) {
        header = UDP_MIN;
    } else if (h->protocol == PROTOCOL_TCP && h->end >= h->l4 + TCP_MIN) {
        header = (p->data[h->l4 + 12] >> 4) * 4u;
        if (header < TCP_MIN) {
            return false;
        }
    } else {
        return false;
    }
    h->payload = h->l4 + header;
    return h->payload <= h->end;
}

/* The sum over addresses, protocol, length, header and payload. */
static void net_fill_sum(struct net_packet *p, const struct net_headers *h)
{
    const size_t length = h->end - h->l4;
    uint8_t *const sum = p->data + h->l4 +
                         (h->protocol == PROTOCOL_TCP ? TCP_SUM : UDP_SUM);
    uint64_t total = h->protocol + length;
    uint16_t value;

    total = h->is_v4
        ? net_sum(p->data + h->ip + IPV4_ADDRESSES, 8, total)
        : net_sum(p->data + h->ip + IPV6_ADDRESSES, 32, total);
    put16(sum, 0);
    value = net_fold(net_sum(p->data + h->l4, length, total));
    /* Zero would mean that a UDP packet has none. */
    put16(sum, value == 0 && h->protocol == PROTOCOL_UDP ? 0xffff : value);
}

/* One segment: n bytes of the payload from at on, the index-th. */
static struct net_packet *net_segment(const struct net_packet *p,
                                      const struct net_headers *h, size_t at,
                                      size_t n, unsigned int index)
{
    struct net_packet *const s = net_packet_new(h->payload + n);
    struct net_headers own = *h;
    uint8_t *ip, *tcp;
    uint32_t sequence;

    if (s == NULL) {
        return NULL;
    }
    memcpy(s->data, p->data, h->payload);
    memcpy(s->data + h->payload, p->data + at, n);
    own.end = h->payload + n;
    ip = s->data + h->ip;
    tcp = s->data + h->l4;
    put16(ip + IPV4_LENGTH, (uint32_t)(own.end - h->ip));
    put16(ip + IPV4_ID, get16(ip + IPV4_ID) + index);
    put16(ip + IPV4_SUM, 0);
    put16(ip + IPV4_SUM, net_fold(net_sum(ip, h->l4 - h->ip, 0)));
    sequence = ((uint32_t)get16(tcp + TCP_SEQUENCE) << 16 |
                get16(tcp + TCP_SEQUENCE + 2)) + (uint32_t)(at - h->payload);
    put16(tcp + TCP_SEQUENCE, sequence >> 16);
    put16(tcp + TCP_SEQUENCE + 2, sequence);
    if (at + n < h->end) {
        tcp[TCP_FLAGS] &= (uint8_t)~TCP_FIN_PSH;
    }
    net_fill_sum(s, &own);
    return s;
}

static void net_pass(struct net_packet *p, net_plain_fn *fn, void *ctx)
{
    if (p != NULL) {
        fn(ctx, p);
        net_packet_put(p);
    }
}

void net_plain(struct net_packet *p, net_plain_fn *fn, void *ctx)
{
    struct net_headers h;
    struct net_packet *copy;
    unsigned int index = 0;

    if (p->gso_size == 0 && !(p->flags & NET_CSUM_BLANK)) {
        fn(ctx, p);
        return;
    }
    if (!net_parse(p, &h)) {
        return;
    }
    if (p->gso_size == 0) {
        copy = net_packet_new(p->size);
        if (copy != NULL) {
            memcpy(copy->data, p->data, p->size);
            net_fill_sum(copy, &h);
            net_pass(copy, fn, ctx);
        }
        return;
    }
    if (!h.is_v4 || h.protocol != PROTOCOL_TCP) {
        return;
    }
    for (size_t at = h.payload; at < h.end; at += p->gso_size) {
        const size_t n = min_t(size_t, p->gso_size, h.end - at);

        net_pass(net_segment(p, &h, at, n, index++), fn, ctx);
    }
}
