/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channel 2 of the 8254.  It wraps after 55 ms, so it serves only where there
 * is nothing better.  Boot CPU only, no lock.
 * Manual: 8254 data sheet.
 */
#include <core/arch/arch_io.h>
#include <core/lib/bits.h>
#include <drivers/timer/pit.h>

#define PIT_HZ UINT64_C(1193182)
#define PIT_CHANNEL2 0x42
#define PIT_MODE 0x43
#define PORT_61 0x61
#define PORT_61_GATE2 BIT32(0)
#define PORT_61_SPEAKER BIT32(1)
/* Channel 2, low then high byte, mode 0, binary. */
#define PIT_MODE_CH2_MODE0 0xb0
#define PIT_LATCH_CH2 0x80
#define PIT_PROBES 1000u

static uint64_t pit_read(void)
{
    uint32_t count;

    arch_io_out8(PIT_MODE, PIT_LATCH_CH2);
    count = arch_io_in8(PIT_CHANNEL2);
    count |= (uint32_t)arch_io_in8(PIT_CHANNEL2) << 8;
    /* It counts down, references count up. */
    return 0xffffu - count;
}

static const struct time_reference pit_reference = {
    .name = "PIT",
    .hz = PIT_HZ,
    .mask = 0xffff,
    .read = pit_read,
};

const struct time_reference *pit_init(void)
{
    const uint8_t port = arch_io_in8(PORT_61);
    uint64_t first;

    arch_io_out8(PORT_61,
                 (uint8_t)((port & ~PORT_61_SPEAKER) | PORT_61_GATE2));
    arch_io_out8(PIT_MODE, PIT_MODE_CH2_MODE0);
    arch_io_out8(PIT_CHANNEL2, 0xff);
    arch_io_out8(PIT_CHANNEL2, 0xff);
    first = pit_read();
    for (unsigned int i = 0; i < PIT_PROBES; i++) {
        if (pit_read() != first) {
            return &pit_reference;
        }
    }
    return NULL;
}
