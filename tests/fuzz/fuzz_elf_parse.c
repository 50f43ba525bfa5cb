/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF reader with random files that begin like ELF files.
 * Links: core/lib/elf_parse.c
 */
#include <string.h>

#include <core/lib/elf_parse.h>
#include <tests/fuzz/fuzz.h>

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    static const uint8_t start[] = { 0x7f, 'E', 'L', 'F' };

    if (n < 64) {
        return n;
    }
    memcpy(noise, start, sizeof(start));
    noise[4] = (noise[4] & 1) + 1;
    noise[5] = noise[6] = 1;
    noise[16] = 2;
    noise[18] = noise[4] == 2 ? 62 : 3;
    noise[17] = noise[19] = 0;
    if (noise[4] == 2) {
        memset(noise + 34, 0, 6);
        noise[54] = 56;
        noise[56] %= 16;
        noise[55] = noise[57] = 0;
    } else {
        memset(noise + 30, 0, 2);
        noise[42] = 32;
        noise[44] %= 16;
        noise[43] = noise[45] = 0;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    struct elf_note note;
    paddr_t first, end;
    uint64_t value;

    if (elf_open(&image, data, size) == 0) {
        (void)!elf_load_range(&image, &first, &end);
        (void)!elf_find_note(&image, "Xen", 18, &note);
        (void)!elf_xen_note_u64(&image, 18, &value);
    }
    return 0;
}
