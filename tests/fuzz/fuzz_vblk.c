/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk's server with a ring full of anything.
 * Links: dom0/back/vblk.c tests/unit/fake_grant.c dom0/drv/disk.c
 * Links: tests/unit/fake_pci.c core/lib/str.c
 */
#include <stdlib.h>
#include <string.h>

#include <dom0/back/vblk.h>
#include <tests/fuzz/fuzz.h>
#include <tests/unit/fake_grant.h>

#define SECTORS 64u

/* Small numbers where they are likelier to pass a check. */
size_t fuzz_shape(uint8_t *noise, size_t n)
{
    n = n > 512 ? 512 : n;
    for (size_t i = 0; i + 112 <= n; i += 112) {
        noise[i] %= 8;
        noise[i + 1] %= noise[i] == 6 ? 2 : 14;
        noise[i + 2] %= 40;
        noise[i + 3] = 0;
        memset(noise + i + 17, noise[i + 17] == 1 ? 0xff : 0, 7);
        for (size_t s = i + 24; s + 8 <= i + 112; s += 8) {
            memset(noise + s + 1, 0, 3);
            noise[s] %= 70;
            noise[s + 4] %= 9;
            noise[s + 5] %= 9;
        }
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *page, *pages;
    struct disk disk = { .sectors = SECTORS };
    struct vblk v = { .domid = 1, .disk = &disk };
    const char *why;

    if (!page) {
        page = aligned_alloc(4096, 4096);
        pages = aligned_alloc(4096, 4096 * 8);
        for (unsigned int i = 0; i < FAKE_GRANTS; i++) {
            fake_grant_page[i] = i % 5 ? pages + 4096 * (i % 8) : NULL;
        }
    }
    disk.memory = aligned_alloc(4096, SECTORS * 512);
    memset(page, 0, 64);
    memcpy(page + 64, data, size);
    memcpy(pages, data, size);
    ring_init(&v.ring, page, sizeof(union blkif_sring_entry));
    ((struct ring_shared *)page)->req_prod =
        size > 500 ? data[0] : (uint32_t)(size / 112);
    while (vblk_run(&v, &why) > 1) {
    }
    free(disk.memory);
    return 0;
}
