/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the FADT of any revision: fields beyond the length that the table
 * states count as zero.  Pure; written at boot by one CPU: no locks.
 * Manual: ACPI 6.4, "Fixed ACPI Description Table (FADT)".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_fadt.h>

struct acpi_fadt_table {
    struct acpi_header header;
    uint32_t firmware_ctrl;
    uint32_t dsdt;
    uint8_t rsvd_44;
    uint8_t pm_profile;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable;
    uint8_t acpi_disable;
    uint8_t s4bios_req;
    uint8_t pstate_cnt;
    uint32_t pm1a_evt_blk;
    uint32_t pm1b_evt_blk;
    uint32_t pm1a_cnt_blk;
    uint32_t pm1b_cnt_blk;
    uint32_t pm2_cnt_blk;
    uint32_t pm_tmr_blk;
    uint32_t gpe0_blk;
    uint32_t gpe1_blk;
    uint8_t pm1_evt_len;
    uint8_t pm1_cnt_len;
    uint8_t pm2_cnt_len;
    uint8_t pm_tmr_len;
    uint8_t gpe0_blk_len;
    uint8_t gpe1_blk_len;
    uint8_t gpe1_base;
    uint8_t cst_cnt;
    uint16_t p_lvl2_lat;
    uint16_t p_lvl3_lat;
    uint16_t flush_size;
    uint16_t flush_stride;
    uint8_t duty_offset;
    uint8_t duty_width;
    uint8_t day_alarm;
    uint8_t month_alarm;
    uint8_t century;
    uint16_t iapc_boot_arch;
    uint8_t rsvd_111;
    uint32_t flags;
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    uint16_t arm_boot_arch;
    uint8_t minor_version;
    uint64_t x_firmware_ctrl;
    uint64_t x_dsdt;
    struct acpi_gas x_pm1a_evt_blk;
    struct acpi_gas x_pm1b_evt_blk;
    struct acpi_gas x_pm1a_cnt_blk;
    struct acpi_gas x_pm1b_cnt_blk;
    struct acpi_gas x_pm2_cnt_blk;
    struct acpi_gas x_pm_tmr_blk;
} __packed;

static_assert(offsetof(struct acpi_fadt_table, pm_tmr_blk) == 76, "fadt");
static_assert(offsetof(struct acpi_fadt_table, century) == 108, "fadt");
static_assert(offsetof(struct acpi_fadt_table, flags) == 112, "fadt");
static_assert(offsetof(struct acpi_fadt_table, reset_reg) == 116, "fadt");
static_assert(offsetof(struct acpi_fadt_table, x_dsdt) == 140, "fadt");
static_assert(offsetof(struct acpi_fadt_table, x_pm_tmr_blk) == 208, "fadt");

/* All revisions have at least this much. */
#define FADT_MIN_LEN offsetof(struct acpi_fadt_table, reset_reg)

#define FADT_TMR_VAL_EXT BIT32(8)
#define FADT_RESET_REG_SUP BIT32(10)
#define FADT_HW_REDUCED BIT32(20)
#define FADT_BOOT_8042 BIT32(1)
#define FADT_PM_TMR_LEN 4u

/* A port: from the extended field if it is one, else from the old one. */
static uint16_t fadt_port(const struct acpi_gas *x, uint32_t old)
{
    if (x->address != 0 && x->space_id == ACPI_SPACE_IO &&
        x->address <= UINT16_MAX) {
        return (uint16_t)x->address;
    }
    return old <= UINT16_MAX ? (uint16_t)old : 0;
}

static bool reset_is_usable(const struct acpi_gas *reg)
{
    switch (reg->space_id) {
    case ACPI_SPACE_IO: return reg->address != 0 && reg->address <= UINT16_MAX;
    case ACPI_SPACE_MEMORY: return reg->address != 0;
    case ACPI_SPACE_PCI: return true;
    default: return false;
    }
}

int acpi_fadt_parse(const struct acpi_header *table, struct acpi_fadt *fadt)
{
    struct acpi_fadt_table t;

    memset(fadt, 0, sizeof(*fadt));
    if (table->length < FADT_MIN_LEN) {
        printk(LOG_WARN, "ACPI: FADT is only %u bytes long, skipped\n",
               table->length);
        return -EINVAL;
    }
    memset(&t, 0, sizeof(t));
    memcpy(&t, table, min_t(size_t, table->length, sizeof(t)));

    fadt->is_present = true;
    fadt->is_hw_reduced = (t.flags & FADT_HW_REDUCED) != 0;
    fadt->has_8042 = (t.iapc_boot_arch & FADT_BOOT_8042) != 0;
    fadt->sci_gsi = t.sci_int;
    fadt->century_index = t.century;
    fadt->dsdt = t.x_dsdt ? t.x_dsdt : t.dsdt;
    fadt->facs = t.x_firmware_ctrl ? t.x_firmware_ctrl : t.firmware_ctrl;
    fadt->reset_reg = t.reset_reg;
    fadt->reset_value = t.reset_value;
    fadt->has_reset = (t.flags & FADT_RESET_REG_SUP) &&
                      reset_is_usable(&t.reset_reg);
    if (fadt->is_hw_reduced) {
        return 0;
    }
    fadt->smi_cmd_port = fadt_port(&(struct acpi_gas){ 0 }, t.smi_cmd);
    fadt->acpi_enable = t.acpi_enable;
    fadt->pm1a_evt_port = fadt_port(&t.x_pm1a_evt_blk, t.pm1a_evt_blk);
    fadt->pm1a_cnt_port = fadt_port(&t.x_pm1a_cnt_blk, t.pm1a_cnt_blk);
    fadt->pm1b_cnt_port = fadt_port(&t.x_pm1b_cnt_blk, t.pm1b_cnt_blk);
    fadt->pm_timer_port = fadt_port(&t.x_pm_tmr_blk, t.pm_tmr_blk);
    if (fadt->pm_timer_port != 0 && t.pm_tmr_len == FADT_PM_TMR_LEN) {
        fadt->pm_timer_bits = (t.flags & FADT_TMR_VAL_EXT) ? 32 : 24;
    }
    return 0;
}
