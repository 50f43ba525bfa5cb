/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base address registers: where they are, and how large (by writing ones and
 * looking at which stick).  Decoding is off while a register holds ones, or
 * the device would answer at addresses of others.
 * Locking: the caller's; nobody else uses the device.
 * Manual: PCI Local Bus 3.0, "Base Addresses", "Expansion ROM Base Address
 * Register".
 */
#include <drivers/pci/pci.h>

#define ALL_ONES 0xffffffffu

unsigned int pci_bar_reg(const struct pci_dev *dev, unsigned int index)
{
    if (index == PCI_ROM_INDEX) {
        return dev->header == PCI_HEADER_BRIDGE ? PCI_BRIDGE_ROM : PCI_ROM;
    }
    return PCI_BAR0 + 4u * index;
}

uint64_t pci_bar_size_mem(uint32_t low, uint32_t high, bool is_64)
{
    const uint64_t mask = make64(is_64 ? high : ALL_ONES,
                                 low & PCI_BAR_MEM_MASK);

    if ((low & PCI_BAR_MEM_MASK) == 0 && (!is_64 || high == 0)) {
        return 0;
    }
    return MASK_UNIT(mask);
}

uint64_t pci_bar_size_rom(uint32_t val)
{
    const uint32_t mask = val & PCI_ROM_MASK;

    return mask ? MASK_UNIT(mask) : 0;
}

uint64_t pci_bar_size_io(uint32_t val)
{
    const uint32_t mask = val & PCI_BAR_IO_MASK;

    return mask ? MASK_UNIT(mask) : 0;
}

/* What register @reg reads after ones were written; its value is restored. */
static uint32_t probe(pci_sbdf_t sbdf, unsigned int reg, uint32_t ones,
                      uint32_t *val)
{
    uint32_t answer;

    *val = pci_cfg_read(sbdf, reg, 4);
    pci_cfg_write(sbdf, reg, 4, ones);
    answer = pci_cfg_read(sbdf, reg, 4);
    pci_cfg_write(sbdf, reg, 4, *val);
    return answer;
}

/* Number of registers used. */
static unsigned int read_bar(struct pci_dev *dev, unsigned int i)
{
    struct pci_region *const r = &dev->region[i];
    const unsigned int reg = pci_bar_reg(dev, i);
    uint32_t low;
    uint32_t high = 0;
    uint32_t high_answer = 0;
    const uint32_t answer = probe(dev->sbdf, reg, ALL_ONES, &low);
    bool is_64;

    if (low & PCI_BAR_IO) {
        r->kind = PCI_REGION_IO;
        r->size = pci_bar_size_io(answer);
        r->addr = low & PCI_BAR_IO_MASK;
        return 1;
    }
    is_64 = field_get(PCI_BAR_TYPE, low) == PCI_BAR_TYPE_64 &&
            i + 1 < dev->bar_count;
    if (is_64) {
        high_answer = probe(dev->sbdf, reg + 4, ALL_ONES, &high);
    }
    r->size = pci_bar_size_mem(answer, high_answer, is_64);
    if (r->size == 0) {
        return 1;
    }
    r->kind = is_64 ? PCI_REGION_MEM64 : PCI_REGION_MEM32;
    r->is_prefetchable = (low & PCI_BAR_PREFETCH) != 0;
    r->addr = make64(high, low & PCI_BAR_MEM_MASK);
    if (is_64) {
        dev->region[i + 1].kind = PCI_REGION_MEM64_HIGH;
        return 2;
    }
    return 1;
}

void pci_bar_read_all(struct pci_dev *dev)
{
    const uint32_t command = pci_cfg_read(dev->sbdf, PCI_COMMAND, 2);
    struct pci_region *const rom = &dev->region[PCI_ROM_INDEX];
    uint32_t val;

    for (unsigned int i = 0; i < PCI_REGIONS; i++) {
        dev->region[i] = (struct pci_region){ .kind = PCI_REGION_NONE };
    }
    pci_cfg_write(dev->sbdf, PCI_COMMAND, 2,
                  command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    for (unsigned int i = 0; i < dev->bar_count;) {
        i += read_bar(dev, i);
    }
    rom->size = pci_bar_size_rom(probe(dev->sbdf,
                                       pci_bar_reg(dev, PCI_ROM_INDEX),
                                       PCI_ROM_MASK, &val));
    if (rom->size != 0) {
        rom->kind = PCI_REGION_ROM;
        rom->addr = val & PCI_ROM_MASK;
    }
    pci_cfg_write(dev->sbdf, PCI_COMMAND, 2, command);
}
