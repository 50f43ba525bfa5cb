/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two network cards on a switch with rings full of anything.
 * Links: dom0/back/vnet.c dom0/back/net_switch.c tests/unit/fake_grant.c
 * Links: dom0/back/net_plain.c tests/unit/fake_mem.c
 * Links: tests/unit/fake_loop.c
 */
#include <stdlib.h>
#include <string.h>

#include <dom0/back/vnet.h>
#include <tests/fuzz/fuzz.h>
#include <tests/unit/fake_grant.h>

/* Slots of 12 bytes with references and sizes that are likely. */
size_t fuzz_shape(uint8_t *noise, size_t n)
{
    n = n > 600 ? 600 : n;
    for (size_t i = 0; i + 12 <= n; i += 12) {
        memset(noise + i + 1, 0, 3);
        noise[i] %= 70;
        noise[i + 5] %= 18;
        noise[i + 6] &= noise[i + 6] & 0x80 ? 0x0f : 0x04;
        noise[i + 11] &= noise[i + 10] & 1 ? 0x3f : 0x07;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *page[4], *pages;
    static struct net_switch net;
    static struct vnet v[2];
    const char *why;

    if (!pages) {
        pages = aligned_alloc(4096, 4096 * 8);
        memset(pages, 1, 4096 * 8);
        for (unsigned int i = 0; i < FAKE_GRANTS; i++) {
            fake_grant_page[i] = i % 7 ? pages + 4096 * (i % 8) : NULL;
        }
        for (unsigned int i = 0; i < 8; i++) {
            static const uint8_t ip[] = { 8, 0, 0x45, 0, 2, 0, 0, 7, 0, 0,
                                          64, 6 };

            memcpy(pages + 4096 * i + 12, ip, sizeof(ip));
            pages[4096 * i + 46] = 5 << 4;
        }
        for (unsigned int i = 0; i < 4; i++) {
            page[i] = aligned_alloc(4096, 4096);
        }
    }
    memset(&net, 0, sizeof(net));
    memset(v, 0, sizeof(v));
    for (unsigned int i = 0; i < 2; i++) {
        vnet_init(&v[i], 1, &net, NULL);
        (void)!net_switch_add(&net, &v[i].port);
        memset(page[2 * i], 0, 64);
        memset(page[2 * i + 1], 0, 4096);
        memcpy(page[2 * i] + 64, data, size);
        vnet_connect(&v[i], page[2 * i], page[2 * i + 1]);
        v[i].has_sg = true;
        v[i].has_gso_tcp4 = v[i].has_csum = size & 1;
    }
    ((struct ring_shared *)page[0])->req_prod = (uint32_t)(size / 12);
    ((struct ring_shared *)page[2])->req_prod = size ? data[0] : 0;
    ((struct ring_shared *)page[3])->req_prod = size ? data[size / 2] * 2u : 0;
    for (unsigned int i = 0; i < 8; i++) {
        (void)!vnet_run(&v[i & 1], &why);
    }
    vnet_disconnect(&v[0]);
    vnet_disconnect(&v[1]);
    return 0;
}
