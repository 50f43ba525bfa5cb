/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The power management timer: one port, 3.58 MHz, 24 or 32 bits.  Reading has
 * no effect, so there is no lock.
 * Manual: ACPI 6.4, "Power Management Timer".
 */
#include <core/arch/arch_io.h>
#include <drivers/acpi/acpi_fadt.h>
#include <drivers/timer/pmtimer.h>

#define PMTIMER_HZ UINT64_C(3579545)
#define PMTIMER_PROBES 1000u

static uint16_t port;

/* Some chips return garbage now and then: three in order, or again. */
static uint64_t pmtimer_read(void)
{
    uint32_t a;
    uint32_t b;
    uint32_t c;
    unsigned int tries = 0;

    do {
        a = arch_io_in32(port);
        b = arch_io_in32(port);
        c = arch_io_in32(port);
    } while ((a > b || b > c) && ++tries < 4);
    return b;
}

static struct time_reference pmtimer_reference = {
    .name = "ACPI PM timer",
    .hz = PMTIMER_HZ,
    .read = pmtimer_read,
};

const struct time_reference *pmtimer_init(const struct acpi_fadt *fadt)
{
    uint64_t first;

    if (!fadt->pm_timer_bits || !fadt->pm_timer_port) {
        return NULL;
    }
    port = fadt->pm_timer_port;
    pmtimer_reference.mask =
        fadt->pm_timer_bits >= 32 ? UINT32_MAX : 0xffffffu;
    first = pmtimer_read() & pmtimer_reference.mask;
    for (unsigned int i = 0; i < PMTIMER_PROBES; i++) {
        if ((pmtimer_read() & pmtimer_reference.mask) != first) {
            return &pmtimer_reference;
        }
    }
    return NULL;
}
