/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of a guest: how many CPUs there are, and that there is
 * nothing else. Fields that never change are a table, by their offsets in the
 * manual. Chapter: ACPI 6.4, "ACPI Software Programming Model"; the ports
 * are those of xl's guests, at which nothing is.
 */
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/rt.h>

/* Where the tables are in the first page; the MADT has the second. */
#define RSDP 0u
#define FACS 64u
#define XSDT 128u
#define FADT 192u
#define DSDT 480u
#define MADT PAGE_SIZE

#define RSDP_V1_LEN 20u
#define RSDP_CHECKSUM 8u
#define RSDP_LEN 36u
#define RSDP_EXT_CHECKSUM 32u
#define FACS_LEN 64u
#define HEADER_LEN 36u
#define XSDT_LEN (HEADER_LEN + 2 * sizeof(uint64_t))
#define FADT_LEN 268u                   /* Of revision 5. */
#define PM1A_EVENT 0xb000u
#define PM1A_CONTROL 0xb004u
#define GPE0_BLOCK 0xafe0u
#define GAS_IO 1u
#define LAPIC_ADDR 0xfee00000u
#define FADT_NO_VGA_NO_RTC 0x24u        /* IA-PC boot flags, bits 2 and 5. */
#define FADT_WBINVD_BUTTONS_RTC 0x71u   /* Bits 0, 4, 5 and 6.             */
#define MADT_ENTRIES 44u
#define MADT_LAPIC 0u
#define MADT_LAPIC_LEN 8u
#define MADT_ENABLED 1u

/* A port as a generic address: space, bits, two bytes of 0, the port. */
#define PORT(at, bits, port)                                              \
    { at, 4, GAS_IO | (bits) << 8 }, { (at) + 4, 8, port }

static const struct {
    uint16_t at;
    uint8_t size;
    uint64_t value;
} builder_field[] = {
    { RSDP + 15, 1, 2 },                        /* Revision            */
    { RSDP + 20, 4, RSDP_LEN },
    { RSDP + 24, 8, BUILDER_ACPI + XSDT },
    { FACS + 4, 4, FACS_LEN },
    { FACS + 32, 1, 1 },                        /* Version             */
    { XSDT + HEADER_LEN, 8, BUILDER_ACPI + FADT },
    { XSDT + HEADER_LEN + 8, 8, BUILDER_ACPI + MADT },
    { FADT + 36, 4, BUILDER_ACPI + FACS },
    { FADT + 40, 4, BUILDER_ACPI + DSDT },
    { FADT + 56, 4, PM1A_EVENT },
    { FADT + 64, 4, PM1A_CONTROL },
    { FADT + 80, 4, GPE0_BLOCK },
    { FADT + 88, 1, 4 },                        /* Lengths: PM1 event, */
    { FADT + 89, 1, 2 },                        /* PM1 control,        */
    { FADT + 92, 1, 4 },                        /* GPE0                */
    { FADT + 109, 2, FADT_NO_VGA_NO_RTC },
    { FADT + 112, 4, FADT_WBINVD_BUTTONS_RTC },
    { FADT + 140, 8, BUILDER_ACPI + DSDT },
    PORT(FADT + 148, 32, PM1A_EVENT),
    PORT(FADT + 172, 16, PM1A_CONTROL),
    PORT(FADT + 220, 32, GPE0_BLOCK),
    { MADT + HEADER_LEN, 4, LAPIC_ADDR },
};

static uint8_t builder_sum(const uint8_t *byte, size_t n)
{
    uint8_t sum = 0;

    while (n-- != 0) {
        sum = (uint8_t)(sum + *byte++);
    }
    return sum;
}

/* The header, last: its checksum is over the whole table. */
static void builder_table(uint8_t *t, const char *signature,
                          uint8_t revision, size_t size)
{
    const uint32_t length = (uint32_t)size;

    memcpy(t, signature, 4);
    memcpy(t + 4, &length, sizeof(length));
    t[8] = revision;
    memcpy(t + 10, "HOSPES" "GUEST   ", 14);
    t[9] = (uint8_t)-builder_sum(t, size);
}

uint64_t builder_acpi(void *out, unsigned int vcpus)
{
    uint8_t *const page = out;
    uint8_t *p = page + MADT + MADT_ENTRIES;

    for (size_t i = 0; i < ARRAY_SIZE(builder_field); i++) {
        memcpy(page + builder_field[i].at, &builder_field[i].value,
               builder_field[i].size);
    }
    /* APIC ids are twice the vCPU's number, as CPUID says: at most 254. */
    for (unsigned int i = 0; i < vcpus; i++, p += MADT_LAPIC_LEN) {
        const uint8_t entry[] = {
            MADT_LAPIC, MADT_LAPIC_LEN, (uint8_t)i, (uint8_t)(i * 2),
            MADT_ENABLED,
        };

        memcpy(p, entry, sizeof(entry));
    }
    builder_table(page + MADT, "APIC", 4, (size_t)(p - page) - MADT);
    memcpy(page + FACS, "FACS", 4);
    builder_table(page + DSDT, "DSDT", 2, HEADER_LEN);
    builder_table(page + FADT, "FACP", 5, FADT_LEN);
    builder_table(page + XSDT, "XSDT", 1, XSDT_LEN);
    memcpy(page + RSDP, "RSD PTR ", 8);
    memcpy(page + RSDP + 9, "HOSPES", 6);
    page[RSDP + RSDP_CHECKSUM] =
        (uint8_t)-builder_sum(page + RSDP, RSDP_V1_LEN);
    page[RSDP + RSDP_EXT_CHECKSUM] =
        (uint8_t)-builder_sum(page + RSDP, RSDP_LEN);
    return BUILDER_ACPI;
}
