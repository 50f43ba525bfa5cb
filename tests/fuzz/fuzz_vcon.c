/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console ring with a guest that writes anything into it.
 * Links: dom0/back/vcon.c
 */
#include <string.h>

#include <dom0/back/vcon.h>
#include <tests/fuzz/fuzz.h>

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    return n > 128 ? 128 : n;
}

static void sink(const char *text, size_t n)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xencons_interface ring;
    static struct vcon con;
    const char *why;

    memset(&ring, 0, sizeof(ring));
    vcon_init(&con, &ring);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        switch (data[i] % 8) {
        case 0: ring.out_prod = (uint32_t)data[i + 1] << 24; break;
        case 1: ring.in_cons += data[i + 1] * 8u; break;
        case 2: ring.out_cons += data[i + 1]; break;
        case 3: ring.in_prod += data[i + 1]; break;
        case 4: vcon_type(&con, (const char *)data, size); break;
        case 5: vcon_attach(&con, sink, data[i + 1]); break;
        default: ring.out_prod += data[i + 1] * 4u; break;
        }
        vcon_run(&con, &why);
    }
    return 0;
}
