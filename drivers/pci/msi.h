/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message-signalled interrupts: register layouts, and programming of the
 * machine's devices.
 * Manual: PCI Local Bus 3.0, "Message Signaled Interrupts"; SDM volume 3,
 * "Message Signalled Interrupts".
 */
#ifndef DRIVERS_PCI_MSI_H
#define DRIVERS_PCI_MSI_H

#include <drivers/pci/pci.h>

/* MSI capability, offsets from its start; see msi_*_reg(). */
#define MSI_CONTROL 2u
#define MSI_CONTROL_ENABLE BIT32(0)
#define MSI_CONTROL_CAPABLE GENMASK32(3, 1)  /* log2 of vectors offered      */
#define MSI_CONTROL_COUNT GENMASK32(6, 4)    /* log2 of vectors in use       */
#define MSI_CONTROL_64 BIT32(7)
#define MSI_CONTROL_MASKABLE BIT32(8)
#define MSI_ADDRESS 4u
#define MSI_ADDRESS_HIGH 8u

/* MSI-X capability and table. */
#define MSIX_CONTROL 2u
#define MSIX_CONTROL_SIZE GENMASK32(10, 0)   /* Entries less one             */
#define MSIX_CONTROL_MASK_ALL BIT32(14)
#define MSIX_CONTROL_ENABLE BIT32(15)
#define MSIX_TABLE 4u
#define MSIX_PBA 8u
#define MSIX_BIR GENMASK32(2, 0)
#define MSIX_OFFSET GENMASK32(31, 3)
#define MSIX_ENTRY_SIZE 16u
#define MSIX_ENTRY_ADDRESS 0u
#define MSIX_ENTRY_ADDRESS_HIGH 4u
#define MSIX_ENTRY_DATA 8u
#define MSIX_ENTRY_CONTROL 12u
#define MSIX_ENTRY_MASKED BIT32(0)
#define MSIX_MAX_ENTRIES 2048u

/* Offset in the capability, by its control register. */
static inline unsigned int msi_data_reg(uint32_t control)
{
    return control & MSI_CONTROL_64 ? 12u : 8u;
}

static inline unsigned int msi_mask_reg(uint32_t control)
{
    return control & MSI_CONTROL_64 ? 16u : 12u;
}

static inline unsigned int msi_cap_size(uint32_t control)
{
    const unsigned int data = msi_data_reg(control);

    return control & MSI_CONTROL_MASKABLE ? data + 12u : data + 2u;
}

/* The message that raises @vector at local APIC @apic_id (below 255). */
uint64_t msi_address(uint32_t apic_id);
uint32_t msi_data(uint8_t vector);

/* Write the message into @dev's MSI capability. */
void msi_write(const struct pci_dev *dev, uint64_t addr, uint32_t data);
/* Enable with one vector, or disable. */
void msi_enable(const struct pci_dev *dev, bool on);

/* Control register of MSI-X: enable and mask-all. */
void msix_enable(const struct pci_dev *dev, bool on, bool mask_all);
unsigned int msix_entries(const struct pci_dev *dev);
/* Physical address of the table and of the pending bits; 0: none. */
paddr_t msix_table_addr(const struct pci_dev *dev);
/* Write one entry of a mapped table.  The entry is masked, or the table. */
void msix_entry_write(uint8_t *table, unsigned int index, uint64_t addr,
                      uint32_t data);
void msix_entry_mask(uint8_t *table, unsigned int index, bool on);

#endif /* DRIVERS_PCI_MSI_H */
