/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of com1= and com2=, and the clock's registers.
 * Links: core drivers/serial/uart_parse.c drivers/timer/rtc.c
 */
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <drivers/serial/uart16550.h>
#include <drivers/timer/rtc.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

static const struct uart_config standard = {
    .baud = 9600, .clock_hz = 1843200, .data_bits = 8, .stop_bits = 1,
    .parity = 'n', .base = 0x3f8, .irq = 4,
};

TEST(good)
{
    struct uart_config cfg = standard;

    CHECK_EQ(uart_parse("115200,8n1", &cfg), 0);
    CHECK_EQ(cfg.baud, 115200);
    CHECK_EQ(cfg.base, 0x3f8);
    CHECK_EQ(uart_parse("38400,7e2,0x2f8,3", &cfg), 0);
    CHECK_EQ(cfg.data_bits, 7);
    CHECK_EQ(cfg.parity, 'e');
    CHECK_EQ(cfg.stop_bits, 2);
    CHECK_EQ(cfg.base, 0x2f8);
    CHECK_EQ(cfg.irq, 3);
    CHECK_EQ(uart_parse("115200,8n1,pci", &cfg), 0);
    CHECK(cfg.is_pci);
    CHECK_EQ(uart_parse("auto,,0x3e8,0", &cfg), 0);
    CHECK_EQ(cfg.baud, 0);
    CHECK_EQ(cfg.base, 0x3e8);
    CHECK_EQ(cfg.irq, 0);
    CHECK(!cfg.is_pci);
    CHECK_EQ(uart_parse("115200/3000000", &cfg), 0);
    CHECK_EQ(cfg.clock_hz, 48000000);
}

TEST(bad)
{
    static const char *const texts[] = {
        "x", "1", "115200,9n1", "115200,8q1", "115200,8n3", "115200,8",
        "115200,8n1,", "115200,8n1,0", "115200,8n1,0x3f8,16",
        "115200,8n1,0x3f8,4,5", "115200,8n1x", "115200/0",
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
        struct uart_config cfg = standard;

        if (i == 6) {
            /* An empty part keeps what there was. */
            CHECK_EQ(uart_parse(texts[i], &cfg), 0);
            continue;
        }
        if (!CHECK_EQ(uart_parse(texts[i], &cfg), -EINVAL)) {
            CHECK_STR(texts[i], "");
        }
        CHECK_EQ(cfg.baud, 9600);
    }
}

TEST(clock)
{
    const struct rtc_raw bcd = {
        .sec = 0x56, .min = 0x34, .hour = 0x12, .day = 0x29, .month = 0x02,
        .year = 0x00, .century = 0x20, .status_b = 0x02,
    };
    struct rtc_raw raw = bcd;
    uint64_t secs = 0;

    CHECK_EQ(rtc_to_seconds(&raw, &secs), 0);
    CHECK_EQ(secs, 951827696);
    raw.century = 0;
    CHECK_EQ(rtc_to_seconds(&raw, &secs), 0);
    CHECK_EQ(secs, 951827696);
    /* 12 hours: 12 pm is noon. */
    raw.status_b = 0;
    raw.hour = 0x92;
    CHECK_EQ(rtc_to_seconds(&raw, &secs), 0);
    CHECK_EQ(secs, 951827696);
    raw.hour = 0x12;
    CHECK_EQ(rtc_to_seconds(&raw, &secs), 0);
    CHECK_EQ(secs, 951827696 - 12 * 3600);
    raw = (struct rtc_raw){ 56, 34, 12, 29, 2, 0, 20, 0x06 };
    CHECK_EQ(rtc_to_seconds(&raw, &secs), 0);
    CHECK_EQ(secs, 951827696);
    raw.month = 13;
    CHECK_EQ(rtc_to_seconds(&raw, &secs), -EINVAL);
}
