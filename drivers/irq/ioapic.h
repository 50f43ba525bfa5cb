/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's I/O APICs: one struct irq for each input (GSI).
 * Constant after boot but for the struct irq, which see.
 */
#ifndef DRIVERS_IRQ_IOAPIC_H
#define DRIVERS_IRQ_IOAPIC_H

#include <drivers/irq/irq.h>

struct acpi_madt;

struct ioapic_info {
    paddr_t addr;
    uint32_t gsi_base;
    unsigned int pins;
    uint8_t id;
    uint8_t version;
};

/*
 * Map every I/O APIC of the MADT, mask all inputs, set trigger and polarity
 * of the ISA lines as the MADT has them.  One that does not answer is named
 * in the log and left out.  0, -ENODEV if none is usable, -ENOMEM.
 */
int __must_check ioapic_init(const struct acpi_madt *madt);

unsigned int ioapic_count(void);
/* NULL if @index is too large. */
const struct ioapic_info *ioapic_get(unsigned int index);

/* The input of that number; NULL if the machine has none. */
struct irq *ioapic_irq(unsigned int gsi);

/* One more than the highest GSI. */
unsigned int ioapic_gsi_end(void);

/* Debug key: every redirection entry that is not masked. */
void ioapic_dump(void);

#endif /* DRIVERS_IRQ_IOAPIC_H */
