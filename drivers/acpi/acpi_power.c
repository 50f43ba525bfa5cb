/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power off (S5) and reset through the fixed registers.  The sleep type is
 * found by looking for the name _S5_ in the AML bytes, since nothing here
 * interprets AML: a Name whose value is a package of constant integers is
 * the only form firmware uses.
 * Called at boot and with every other CPU stopped: no locks.
 * Manual: ACPI 6.4, "PM1 Control Registers", "Reset Register", "AML Grammar
 * Definition".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi.h>
#include <drivers/acpi/acpi_power.h>
#include <drivers/pci/pci_cfg.h>

enum aml_op {
    AML_ZERO = 0x00,
    AML_ONE = 0x01,
    AML_NAME = 0x08,
    AML_BYTE_PREFIX = 0x0a,
    AML_WORD_PREFIX = 0x0b,
    AML_DWORD_PREFIX = 0x0c,
    AML_PACKAGE = 0x12,
};

#define PM1_SCI_EN BIT32(0)
#define PM1_SLP_TYP GENMASK32(12, 10)
#define PM1_SLP_EN BIT32(13)
#define SLP_TYP_MAX 7u

/* Polls of the control register: each is a port read of about 1 us. */
#define ACPI_ENABLE_POLLS 100000u
#define ACPI_OFF_POLLS 100000u

static struct acpi_sleep_type s5_type;
static bool s5_is_known;

/* One constant integer at *@pos, which moves behind it. */
static bool aml_integer(const uint8_t *aml, size_t len, size_t *pos,
                        uint32_t *val)
{
    size_t bytes;

    if (*pos >= len) {
        return false;
    }
    switch (aml[*pos]) {
    case AML_ZERO: bytes = 0; *val = 0; break;
    case AML_ONE: bytes = 0; *val = 1; break;
    case AML_BYTE_PREFIX: bytes = 1; break;
    case AML_WORD_PREFIX: bytes = 2; break;
    case AML_DWORD_PREFIX: bytes = 4; break;
    default: return false;
    }
    (*pos)++;
    if (len - *pos < bytes) {
        return false;
    }
    if (bytes != 0) {
        *val = 0;
        memcpy(val, aml + *pos, bytes);
    }
    *pos += bytes;
    return true;
}

/* The package at @pos: operator, length (1 to 4 bytes), count, elements. */
static bool s5_package(const uint8_t *aml, size_t len, size_t pos,
                       struct acpi_sleep_type *type)
{
    uint32_t a = 0;
    uint32_t b = 0;
    uint8_t count;

    if (len - pos < 3 || aml[pos] != AML_PACKAGE) {
        return false;
    }
    pos += 2u + (aml[pos + 1] >> 6);
    if (pos >= len) {
        return false;
    }
    count = aml[pos++];
    if (count == 0 || !aml_integer(aml, len, &pos, &a) || a > SLP_TYP_MAX) {
        return false;
    }
    if (count > 1 && (!aml_integer(aml, len, &pos, &b) || b > SLP_TYP_MAX)) {
        return false;
    }
    type->a = (uint8_t)a;
    type->b = (uint8_t)b;
    return true;
}

bool acpi_s5_find(const uint8_t *aml, size_t len,
                  struct acpi_sleep_type *type)
{
    for (size_t i = 1; i + 4 < len; i++) {
        const bool is_name = aml[i - 1] == AML_NAME ||
            (i >= 2 && aml[i - 1] == '\\' && aml[i - 2] == AML_NAME);

        if (is_name && memcmp(aml + i, "_S5_", 4) == 0 &&
            s5_package(aml, len, i + 4, type)) {
            return true;
        }
    }
    return false;
}

static bool find_in(const struct acpi_header *t)
{
    return t != NULL && acpi_s5_find((const uint8_t *)(t + 1),
                                     t->length - sizeof(*t), &s5_type);
}

void acpi_power_init(void)
{
    const struct acpi_header *t;

    s5_is_known = false;
    if (!acpi_fadt.is_present) {
        return;
    }
    s5_is_known = find_in(acpi_table_map(acpi_fadt.dsdt, "DSDT"));
    for (unsigned int i = 0;
         !s5_is_known && (t = acpi_table_find("SSDT", i)) != NULL; i++) {
        s5_is_known = find_in(t);
    }
    if (!s5_is_known) {
        printk(LOG_WARN, "ACPI: no \\_S5 found, the machine cannot be "
               "turned off by the hypervisor\n");
    }
}

bool acpi_power_can_off(void)
{
    return s5_is_known && acpi_fadt.pm1a_cnt_port != 0;
}

/* The firmware owns the registers until it was told otherwise. */
static void enter_acpi_mode(void)
{
    const uint16_t cnt = acpi_fadt.pm1a_cnt_port;

    if ((arch_io_in16(cnt) & PM1_SCI_EN) || acpi_fadt.smi_cmd_port == 0 ||
        acpi_fadt.acpi_enable == 0) {
        return;
    }
    arch_io_out8(acpi_fadt.smi_cmd_port, acpi_fadt.acpi_enable);
    for (unsigned int i = 0; i < ACPI_ENABLE_POLLS; i++) {
        if (arch_io_in16(cnt) & PM1_SCI_EN) {
            return;
        }
    }
}

static uint16_t sleep_value(uint16_t port, uint8_t type)
{
    uint64_t val = arch_io_in16(port);

    val = field_set(val, PM1_SLP_TYP, type);
    return (uint16_t)(val & ~(uint64_t)PM1_SLP_EN);
}

void acpi_power_off(void)
{
    const uint16_t a = acpi_fadt.pm1a_cnt_port;
    const uint16_t b = acpi_fadt.pm1b_cnt_port;
    uint16_t val_a;
    uint16_t val_b = 0;

    if (!acpi_power_can_off()) {
        return;
    }
    enter_acpi_mode();
    val_a = sleep_value(a, s5_type.a);
    arch_io_out16(a, val_a);
    if (b != 0) {
        val_b = sleep_value(b, s5_type.b);
        arch_io_out16(b, val_b);
    }
    arch_io_out16(a, (uint16_t)(val_a | PM1_SLP_EN));
    if (b != 0) {
        arch_io_out16(b, (uint16_t)(val_b | PM1_SLP_EN));
    }
    for (unsigned int i = 0; i < ACPI_OFF_POLLS; i++) {
        (void)arch_io_in16(a);
    }
}

void acpi_power_reset(void)
{
    const struct acpi_gas *const reg = &acpi_fadt.reset_reg;
    volatile uint8_t *mem;

    if (!acpi_fadt.has_reset) {
        return;
    }
    switch (reg->space_id) {
    case ACPI_SPACE_IO:
        arch_io_out8((uint16_t)reg->address, acpi_fadt.reset_value);
        break;
    case ACPI_SPACE_MEMORY:
        mem = arch_mm_ioremap(reg->address, 1);
        if (mem != NULL) {
            arch_mmio_write8(mem, acpi_fadt.reset_value);
        }
        break;
    default:
        /* PCI space: device in bits 47:32, function 31:16, register 15:0. */
        pci_cfg_write(PCI_SBDF(0, 0, (reg->address >> 32) & 0x1f,
                               (reg->address >> 16) & 0x7),
                      (unsigned int)(reg->address & 0xff), 1,
                      acpi_fadt.reset_value);
        break;
    }
    for (unsigned int i = 0; i < ACPI_OFF_POLLS; i++) {
        (void)arch_io_in8(0x80);
    }
}
