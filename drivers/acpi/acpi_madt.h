/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Multiple APIC Description Table: processors, I/O APICs, how ISA lines
 * are wired, where NMIs come in.
 * Manual: ACPI 6.4, "Multiple APIC Description Table (MADT)".
 */
#ifndef DRIVERS_ACPI_ACPI_MADT_H
#define DRIVERS_ACPI_ACPI_MADT_H

#include <core/lib/bits.h>
#include <drivers/acpi/acpi_tables.h>

#define ACPI_MAX_CPUS 256u
#define ACPI_MAX_IOAPICS 32u
#define ACPI_MAX_OVERRIDES 32u
#define ACPI_MAX_NMIS 16u

#define ACPI_ISA_IRQS 16u
#define ACPI_ANY_UID 0xffffffffu

/* MADT sub-tables, as they lie in memory; also written for dom0. */
enum acpi_madt_type {
    ACPI_MADT_LAPIC = 0,
    ACPI_MADT_IOAPIC = 1,
    ACPI_MADT_OVERRIDE = 2,
    ACPI_MADT_NMI_SOURCE = 3,
    ACPI_MADT_LAPIC_NMI = 4,
    ACPI_MADT_LAPIC_ADDRESS = 5,
    ACPI_MADT_X2APIC = 9,
    ACPI_MADT_X2APIC_NMI = 10,
};

#define ACPI_MADT_PCAT_COMPAT BIT32(0) /* Of the table: has an 8259 pair     */
#define ACPI_MADT_ENABLED BIT32(0)     /* Of a processor                     */
#define ACPI_MADT_ONLINE_CAPABLE BIT32(1)

/* MPS INTI flags of overrides and NMIs; 0 in a field: as the bus has it. */
#define ACPI_POLARITY_MASK 0x3u
#define ACPI_POLARITY_HIGH 0x1u
#define ACPI_POLARITY_LOW 0x3u
#define ACPI_TRIGGER_MASK 0xcu
#define ACPI_TRIGGER_EDGE 0x4u
#define ACPI_TRIGGER_LEVEL 0xcu

struct acpi_madt_table {
    struct acpi_header header;
    uint32_t lapic_address;
    uint32_t flags;
} __packed;

struct acpi_madt_ioapic {
    uint8_t type;
    uint8_t length;
    uint8_t id;
    uint8_t rsvd_3;
    uint32_t address;
    uint32_t gsi_base;
} __packed;

struct acpi_madt_override {
    uint8_t type;
    uint8_t length;
    uint8_t bus;
    uint8_t irq;
    uint32_t gsi;
    uint16_t flags;
} __packed;

struct acpi_madt_x2apic {
    uint8_t type;
    uint8_t length;
    uint16_t rsvd_2;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t uid;
} __packed;

static_assert(sizeof(struct acpi_madt_table) == 44, "madt");
static_assert(sizeof(struct acpi_madt_ioapic) == 12, "madt ioapic");
static_assert(sizeof(struct acpi_madt_override) == 10, "madt override");
static_assert(sizeof(struct acpi_madt_x2apic) == 16, "madt x2apic");

/* What the table says, in our own words. */
struct acpi_cpu {
    uint32_t apic_id;
    uint32_t uid;
    bool is_enabled;      /* Else: could be added later                      */
};

struct acpi_ioapic {
    uint8_t id;
    uint32_t gsi_base;
    paddr_t addr;
};

struct acpi_override {
    uint8_t irq;          /* ISA line                                        */
    uint32_t gsi;
    uint16_t flags;       /* ACPI_POLARITY_*, ACPI_TRIGGER_*                 */
};

struct acpi_lapic_nmi {
    uint32_t uid;         /* ACPI_ANY_UID: every processor                   */
    uint16_t flags;
    uint8_t lint;         /* 0 or 1                                          */
};

struct acpi_madt {
    bool is_present;
    bool has_8259;
    paddr_t lapic_addr;
    unsigned int cpu_count;
    unsigned int ioapic_count;
    unsigned int override_count;
    unsigned int nmi_count;
    struct acpi_cpu cpu[ACPI_MAX_CPUS];
    struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
    struct acpi_override override[ACPI_MAX_OVERRIDES];
    struct acpi_lapic_nmi nmi[ACPI_MAX_NMIS];
};

/* Filled by acpi_init(); is_present is false if there was no such table. */
extern struct acpi_madt acpi_madt;

/*
 * Read @table into @madt.  Processors that can never be used are left out;
 * one that is listed twice (as local APIC and as x2APIC) counts once.
 * 0, -EINVAL if it is too short or names no usable processor.
 */
int __must_check acpi_madt_parse(const struct acpi_header *table,
                                 struct acpi_madt *madt);

/* GSI and flags (ISA defaults filled in) of an ISA line, 0 to 15. */
uint32_t acpi_madt_isa_gsi(const struct acpi_madt *madt, unsigned int irq,
                           uint16_t *flags);

#endif /* DRIVERS_ACPI_ACPI_MADT_H */
