/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HPET's main counter.  Reading has no effect, so there is no lock.
 * Manual: IA-PC HPET Specification, "General Capabilities and ID Register",
 * "General Configuration Register", "Main Counter Value Register".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <drivers/acpi/acpi_hpet.h>
#include <drivers/timer/hpet.h>

enum hpet_reg {
    HPET_CAP = 0x00,
    HPET_PERIOD = 0x04,
    HPET_CONFIG = 0x10,
    HPET_COUNTER = 0xf0,
};

#define HPET_SIZE 1024u
#define HPET_CONFIG_ENABLE BIT32(0)
#define HPET_FEMTO_PER_SEC UINT64_C(1000000000000000)
/* The specification's slowest, 100 ns, in femtoseconds. */
#define HPET_PERIOD_MAX 100000000u
#define HPET_PROBES 10000u

static void *regs;

static uint64_t hpet_read(void)
{
    return arch_mmio_read32((char *)regs + HPET_COUNTER);
}

/* Only the lower half is read: it lasts for minutes, and cannot tear. */
static struct time_reference hpet_reference = {
    .name = "HPET",
    .mask = UINT32_MAX,
    .read = hpet_read,
};

const struct time_reference *hpet_init(const struct acpi_hpet *table)
{
    uint32_t period;
    uint32_t config;
    uint64_t first;

    if (!table->is_present) {
        return NULL;
    }
    regs = arch_mm_ioremap(table->addr, HPET_SIZE);
    if (!regs) {
        return NULL;
    }
    period = arch_mmio_read32((char *)regs + HPET_PERIOD);
    if (period == 0 || period > HPET_PERIOD_MAX) {
        pr_warn("HPET: a period of %u fs makes no sense\n", period);
        return NULL;
    }
    config = arch_mmio_read32((char *)regs + HPET_CONFIG);
    arch_mmio_write32((char *)regs + HPET_CONFIG,
                      config | HPET_CONFIG_ENABLE);
    hpet_reference.hz = HPET_FEMTO_PER_SEC / period;
    first = hpet_read();
    for (unsigned int i = 0; i < HPET_PROBES; i++) {
        if (hpet_read() != first) {
            return &hpet_reference;
        }
    }
    pr_warn("HPET: does not count\n");
    return NULL;
}
