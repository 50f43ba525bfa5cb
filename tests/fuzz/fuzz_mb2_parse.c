/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader's information as noise cut into tags.
 * Links: boot/mb2_parse.c core/lib/str.c
 */
#include <string.h>

#include <boot/mb2_parse.h>
#include <tests/fuzz/fuzz.h>

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    size_t at = 8;

    while (at + 16 <= n) {
        const uint32_t type = noise[at] % 24;
        uint32_t size = 8 + (noise[at + 1] % 96);

        /* Now and then one that lies. */
        if (noise[at + 2] == 0) {
            size = noise[at + 3] * 0x01010101u;
        }
        memcpy(noise + at, &type, 4);
        memcpy(noise + at + 4, &size, 4);
        if (type == 6 && at + 12 <= n) {
            const uint32_t entry = 20 + (noise[at + 8] & 4);

            memcpy(noise + at + 8, &entry, 4);
        }
        if (size < 8 || size > n) {
            break;
        }
        at += (size + 7) & ~7u;
    }
    if (at + 8 <= n) {
        memset(noise + at, 0, 8);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info info;

    if (mb2_parse(data, (uint32_t)size, &info) == 0) {
        for (unsigned int i = 0; i < info.module_count; i++) {
            (void)strlen(info.module[i].cmdline);
        }
        (void)strlen(info.cmdline);
    }
    return 0;
}
