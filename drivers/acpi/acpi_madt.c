/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the MADT.  Pure: everything comes from the table that was given.
 * Written at boot by one CPU: no locks.
 * Manual: ACPI 6.4, "Multiple APIC Description Table (MADT)".
 */
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi_madt.h>

#define LAPIC_LEN 8u
#define LAPIC_NMI_LEN 6u
#define LAPIC_ADDRESS_LEN 12u
#define X2APIC_NMI_LEN 12u
#define X2APIC_NO_ID 0xffffffffu
#define LAPIC_NO_ID 0xffu
#define LAPIC_ANY_UID 0xffu

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void add_cpu(struct acpi_madt *m, uint32_t apic_id, uint32_t uid,
                    uint32_t flags)
{
    if (!(flags & (ACPI_MADT_ENABLED | ACPI_MADT_ONLINE_CAPABLE))) {
        return;
    }
    for (unsigned int i = 0; i < m->cpu_count; i++) {
        if (m->cpu[i].apic_id == apic_id) {
            return;
        }
    }
    if (m->cpu_count == ACPI_MAX_CPUS) {
        printk(LOG_WARN, "ACPI: MADT has more than %u CPUs, APIC id %u "
               "skipped\n", ACPI_MAX_CPUS, apic_id);
        return;
    }
    m->cpu[m->cpu_count].apic_id = apic_id;
    m->cpu[m->cpu_count].uid = uid;
    m->cpu[m->cpu_count].is_enabled = (flags & ACPI_MADT_ENABLED) != 0;
    m->cpu_count++;
}

static void add_ioapic(struct acpi_madt *m, const uint8_t *p)
{
    struct acpi_ioapic *const io = &m->ioapic[m->ioapic_count];

    if (m->ioapic_count == ACPI_MAX_IOAPICS) {
        printk(LOG_WARN, "ACPI: MADT has more than %u I/O APICs, id %u "
               "skipped\n", ACPI_MAX_IOAPICS, p[2]);
        return;
    }
    io->id = p[2];
    io->addr = get32(p + 4);
    io->gsi_base = get32(p + 8);
    if (io->addr == 0) {
        printk(LOG_WARN, "ACPI: MADT I/O APIC %u has no address, skipped\n",
               io->id);
        return;
    }
    m->ioapic_count++;
}

static void add_override(struct acpi_madt *m, const uint8_t *p)
{
    struct acpi_override *const o = &m->override[m->override_count];

    if (p[2] != 0 || p[3] >= ACPI_ISA_IRQS ||
        m->override_count == ACPI_MAX_OVERRIDES) {
        printk(LOG_WARN, "ACPI: MADT override of bus %u line %u skipped\n",
               p[2], p[3]);
        return;
    }
    o->irq = p[3];
    o->gsi = get32(p + 4);
    o->flags = get16(p + 8);
    m->override_count++;
}

static void add_nmi(struct acpi_madt *m, uint32_t uid, uint16_t flags,
                    uint8_t lint)
{
    if (m->nmi_count == ACPI_MAX_NMIS || lint > 1) {
        printk(LOG_WARN, "ACPI: MADT NMI on LINT%u skipped\n", lint);
        return;
    }
    m->nmi[m->nmi_count].uid = uid;
    m->nmi[m->nmi_count].flags = flags;
    m->nmi[m->nmi_count].lint = lint;
    m->nmi_count++;
}

/* Least length of a sub-table that is read; 0: one that is passed over. */
static unsigned int entry_min_len(uint8_t type)
{
    switch (type) {
    case ACPI_MADT_LAPIC: return LAPIC_LEN;
    case ACPI_MADT_IOAPIC: return sizeof(struct acpi_madt_ioapic);
    case ACPI_MADT_OVERRIDE: return sizeof(struct acpi_madt_override);
    case ACPI_MADT_LAPIC_NMI: return LAPIC_NMI_LEN;
    case ACPI_MADT_LAPIC_ADDRESS: return LAPIC_ADDRESS_LEN;
    case ACPI_MADT_X2APIC: return sizeof(struct acpi_madt_x2apic);
    case ACPI_MADT_X2APIC_NMI: return X2APIC_NMI_LEN;
    default: return 0;
    }
}

static void parse_entry(struct acpi_madt *m, const uint8_t *p)
{
    switch (p[0]) {
    case ACPI_MADT_LAPIC:
        if (p[3] != LAPIC_NO_ID) {
            add_cpu(m, p[3], p[2], get32(p + 4));
        }
        break;
    case ACPI_MADT_IOAPIC:
        add_ioapic(m, p);
        break;
    case ACPI_MADT_OVERRIDE:
        add_override(m, p);
        break;
    case ACPI_MADT_LAPIC_NMI:
        add_nmi(m, p[2] == LAPIC_ANY_UID ? ACPI_ANY_UID : p[2],
                get16(p + 3), p[5]);
        break;
    case ACPI_MADT_LAPIC_ADDRESS:
        m->lapic_addr = get32(p + 4) | (paddr_t)get32(p + 8) << 32;
        break;
    case ACPI_MADT_X2APIC:
        if (get32(p + 4) != X2APIC_NO_ID) {
            add_cpu(m, get32(p + 4), get32(p + 12), get32(p + 8));
        }
        break;
    case ACPI_MADT_X2APIC_NMI:
        add_nmi(m, get32(p + 4), get16(p + 2), p[8]);
        break;
    default:
        break;
    }
}

int acpi_madt_parse(const struct acpi_header *table, struct acpi_madt *madt)
{
    const struct acpi_madt_table *const t =
        (const struct acpi_madt_table *)table;
    const uint8_t *p = NULL;

    memset(madt, 0, sizeof(*madt));
    if (table->length < sizeof(*t)) {
        printk(LOG_ERR, "ACPI: MADT is only %u bytes long\n", table->length);
        return -EINVAL;
    }
    madt->lapic_addr = t->lapic_address;
    madt->has_8259 = (t->flags & ACPI_MADT_PCAT_COMPAT) != 0;
    while ((p = acpi_subtable_next(table, sizeof(*t), p)) != NULL) {
        if (p[1] < entry_min_len(p[0])) {
            printk(LOG_WARN, "ACPI: MADT entry of type %u is only %u bytes "
                   "long, skipped\n", p[0], p[1]);
            continue;
        }
        parse_entry(madt, p);
    }
    if (madt->cpu_count == 0) {
        printk(LOG_ERR, "ACPI: MADT names no usable CPU\n");
        return -EINVAL;
    }
    madt->is_present = true;
    return 0;
}

uint32_t acpi_madt_isa_gsi(const struct acpi_madt *madt, unsigned int irq,
                           uint16_t *flags)
{
    uint32_t gsi = irq;
    uint16_t f = 0;

    for (unsigned int i = 0; i < madt->override_count; i++) {
        if (madt->override[i].irq == irq) {
            gsi = madt->override[i].gsi;
            f = madt->override[i].flags;
        }
    }
    if (!(f & ACPI_POLARITY_MASK)) {
        f |= ACPI_POLARITY_HIGH;
    }
    if (!(f & ACPI_TRIGGER_MASK)) {
        f |= ACPI_TRIGGER_EDGE;
    }
    *flags = f;
    return gsi;
}
