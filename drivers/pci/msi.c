/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs MSI and MSI-X of the machine's devices.  Edge, fixed delivery to
 * one physical APIC id, so that a move to another CPU with the same vector
 * is one write of the address.
 * Locking: the device's owner's.
 * Manual: PCI Local Bus 3.0, "Message Signaled Interrupts"; SDM volume 3,
 * "Message Address Register Format", "Message Data Register Format".
 */
#include <core/arch/arch_io.h>
#include <drivers/pci/msi.h>

#define MSI_ADDRESS_BASE 0xfee00000u
#define MSI_ADDRESS_DEST GENMASK32(19, 12)

uint64_t msi_address(uint32_t apic_id)
{
    return MSI_ADDRESS_BASE | field_prep(MSI_ADDRESS_DEST, apic_id);
}

uint32_t msi_data(uint8_t vector)
{
    return vector;
}

static uint32_t msi_control(const struct pci_dev *dev)
{
    return pci_cfg_read(dev->sbdf, dev->msi_cap + MSI_CONTROL, 2);
}

void msi_write(const struct pci_dev *dev, uint64_t addr, uint32_t data)
{
    const unsigned int cap = dev->msi_cap;
    const uint32_t control = msi_control(dev);

    pci_cfg_write(dev->sbdf, cap + MSI_ADDRESS, 4, lo32(addr));
    if (control & MSI_CONTROL_64) {
        pci_cfg_write(dev->sbdf, cap + MSI_ADDRESS_HIGH, 4, hi32(addr));
    }
    pci_cfg_write(dev->sbdf, cap + msi_data_reg(control), 2, data);
}

void msi_enable(const struct pci_dev *dev, bool on)
{
    uint32_t control = msi_control(dev);

    control &= ~(MSI_CONTROL_ENABLE | MSI_CONTROL_COUNT);
    pci_cfg_write(dev->sbdf, dev->msi_cap + MSI_CONTROL, 2,
                  control | (on ? MSI_CONTROL_ENABLE : 0));
}

void msix_enable(const struct pci_dev *dev, bool on, bool mask_all)
{
    const unsigned int reg = dev->msix_cap + MSIX_CONTROL;
    uint32_t control = pci_cfg_read(dev->sbdf, reg, 2);

    control &= ~(MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK_ALL);
    if (on) {
        control |= MSIX_CONTROL_ENABLE;
    }
    if (mask_all) {
        control |= MSIX_CONTROL_MASK_ALL;
    }
    pci_cfg_write(dev->sbdf, reg, 2, control);
}

unsigned int msix_entries(const struct pci_dev *dev)
{
    const uint32_t control =
        pci_cfg_read(dev->sbdf, dev->msix_cap + MSIX_CONTROL, 2);

    return (unsigned int)field_get(MSIX_CONTROL_SIZE, control) + 1u;
}

/* Where the register at @reg of the capability points to. */
static paddr_t bir_addr(const struct pci_dev *dev, unsigned int reg)
{
    const uint32_t val = pci_cfg_read(dev->sbdf, dev->msix_cap + reg, 4);
    const unsigned int bir = (unsigned int)field_get(MSIX_BIR, val);
    const struct pci_region *r;

    if (bir >= dev->bar_count) {
        return 0;
    }
    r = &dev->region[bir];
    if ((r->kind != PCI_REGION_MEM32 && r->kind != PCI_REGION_MEM64) ||
        r->addr == 0 || (val & MSIX_OFFSET) >= r->size) {
        return 0;
    }
    return r->addr + (val & MSIX_OFFSET);
}

paddr_t msix_table_addr(const struct pci_dev *dev)
{
    return bir_addr(dev, MSIX_TABLE);
}

void msix_entry_write(uint8_t *table, unsigned int index, uint64_t addr,
                      uint32_t data)
{
    uint8_t *const e = table + index * MSIX_ENTRY_SIZE;

    arch_mmio_write32(e + MSIX_ENTRY_ADDRESS, lo32(addr));
    arch_mmio_write32(e + MSIX_ENTRY_ADDRESS_HIGH, hi32(addr));
    arch_mmio_write32(e + MSIX_ENTRY_DATA, data);
}

void msix_entry_mask(uint8_t *table, unsigned int index, bool on)
{
    uint8_t *const e = table + index * MSIX_ENTRY_SIZE + MSIX_ENTRY_CONTROL;
    const uint32_t control = arch_mmio_read32(e);

    arch_mmio_write32(e, on ? control | MSIX_ENTRY_MASKED
                            : control & ~MSIX_ENTRY_MASKED);
    /* Read back, so that a masked entry sends nothing after this. */
    (void)arch_mmio_read32(e);
}
