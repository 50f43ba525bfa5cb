/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every ACPI parser with random bodies behind a sound header, and the search
 * for \_S5 in noise.
 * Links: drivers/acpi/acpi_tables.c drivers/acpi/acpi_madt.c
 * Links: drivers/acpi/acpi_fadt.c drivers/acpi/acpi_hpet.c
 * Links: drivers/acpi/acpi_mcfg.c drivers/acpi/acpi_srat.c
 * Links: drivers/acpi/acpi_dmar.c drivers/acpi/acpi_ivrs.c
 * Links: drivers/acpi/acpi_power.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <drivers/acpi/acpi.h>
#include <drivers/acpi/acpi_power.h>
#include <drivers/pci/pci_cfg.h>
#include <tests/fuzz/fuzz.h>

#define PARSERS 7u

static struct acpi_madt madt;
static struct acpi_fadt fadt;
static struct acpi_hpet hpet;
static struct acpi_mcfg mcfg;
static struct acpi_numa numa;
static struct acpi_iommu iommu;

struct acpi_fadt acpi_fadt;

/* What the sources want of the rest. */
void printk(enum log_level level, const char *fmt, ...)
{
}

void acpi_iommu_add_unit(struct acpi_iommu *i,
                         const struct acpi_iommu_unit *unit)
{
    if (i->unit_count < ACPI_MAX_IOMMUS) {
        i->unit_count++;
    }
}

void acpi_iommu_add_reserved(struct acpi_iommu *i, uint16_t segment,
                             paddr_t start, paddr_t end)
{
}

/* A DMAR of one unit whose scopes are mostly sound. */
static void shape_dmar(uint8_t *noise, size_t n)
{
    const size_t unit = 13;
    const size_t scopes = unit + 16;

    if (n < scopes || n - unit > 0xff) {
        return;
    }
    memset(noise + unit, 0, 4);
    noise[unit + 2] = (uint8_t)(n - unit);
    memset(noise + unit + 8, 0x10, 8);
    noise[unit + 8] = 0;
    noise[unit + 9] = 0;
    for (size_t i = scopes; i + 8 <= n; i += 8) {
        noise[i] %= 6;
        noise[i + 6] %= 33;
        noise[i + 7] %= 9;
        if (fuzz_random() % 16) {
            noise[i + 1] = 8;
        }
    }
}

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    if (n > 0 && noise[0] % PARSERS == PARSERS - 1 && fuzz_random() % 4) {
        shape_dmar(noise, n);
        return n;
    }
    /* Sub-tables of likely types and lengths. */
    for (size_t i = 13; i + 1 < n; i += 12) {
        noise[i] %= 16;
        if (fuzz_random() % 8) {
            noise[i + 1] = 12;
        }
    }
    return n;
}

static int parse(unsigned int which, const struct acpi_header *h)
{
    switch (which) {
    case 0: return acpi_madt_parse(h, &madt);
    case 1: return acpi_fadt_parse(h, &fadt);
    case 2: return acpi_hpet_parse(h, &hpet);
    case 3: return acpi_mcfg_parse(h, &mcfg);
    case 4: return acpi_srat_parse(h, &numa);
    case 5: return acpi_slit_parse(h, &numa);
    default: return acpi_dmar_parse(h, &iommu) + acpi_ivrs_parse(h, &iommu);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acpi_sleep_type type;
    struct acpi_header *h;

    if (size < 1) {
        return 0;
    }
    memset(&iommu, 0, sizeof(iommu));
    /* Exactly as long as it says, so that the sanitizer sees the end. */
    h = malloc(sizeof(*h) + size - 1);
    memset(h, 0, sizeof(*h));
    memcpy(h + 1, data + 1, size - 1);
    h->length = (uint32_t)(sizeof(*h) + size - 1);
    (void)parse(data[0] % PARSERS, h);
    (void)acpi_s5_find((const uint8_t *)h, h->length, &type);
    free(h);
    return 0;
}
