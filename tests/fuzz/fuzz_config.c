/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration parser with random texts made of its own words.
 * Links: dom0/cfg/config.c dom0/cfg/config_device.c core/lib/str.c
 * Links: core/lib/bitmap.c tests/unit/fake_mem.c dom0/rt/text.c
 */
#include <string.h>

#include <dom0/cfg/config.h>
#include <tests/fuzz/fuzz.h>

static const char *const words[] = {
    "name", "kernel", "memory", "disk", "vif", "cpus", "on_crash", "type",
    "=", "=", "=", "[", "]", ",", "'", "'", "\"", "\n", "\n", "\n", "#", ";",
    "64", "0x40", "\\", "xvda", "target=a", "mac=00:16:3e:00:00:01", "^",
    "0-3", "all", " ", "destroy", "pvh", "access=ro", "root", "extra",
};

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    uint8_t text[FUZZ_INPUT_MAX];
    size_t len = 0;

    for (size_t i = 0; i < n / 16; i++) {
        const char *const w =
            words[noise[i] % (sizeof(words) / sizeof(*words))];

        if (noise[i] > 250) {
            text[len++] = noise[i];
        } else if (len + strlen(w) < sizeof(text)) {
            memcpy(text + len, w, strlen(w));
            len += strlen(w);
        }
    }
    memcpy(noise, text, len);
    return len;
}

static void report(void *ctx, const char *text)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    uint64_t map[2];

    config_parse(&c, "f", (const char *)data, size, report, NULL);
    for (unsigned int i = 0; i < c.count; i++) {
        (void)!config_cpus(c.guest[i]->cpus, map, 100);
    }
    config_free(&c);
    return 0;
}
