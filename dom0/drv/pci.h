/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions and which driver takes them. A device's memory is mapped one
 * to one, so an address here is what its DMA needs. What it writes is checked
 * by its driver; one that writes nonsense is stopped.
 */
#ifndef DOM0_DRV_PCI_H
#define DOM0_DRV_PCI_H

#include <core/lib/types.h>
#include <dom0/rt/loop.h>

#define PCI_BARS 6u

struct pci_dev {
    uint16_t bdf;               /* Bus, device and function, as in 0xcf8. */
    uint32_t id;                /* Vendor, device << 16. */
    struct {
        uint64_t addr;          /* 0: no memory. */
        uint64_t size;
    } bar[PCI_BARS];
};

/* Aligned to 4, in bytes. */
uint32_t pci_read(const struct pci_dev *pci, unsigned int reg);
void pci_write(const struct pci_dev *pci, unsigned int reg, uint32_t value);

/* The first capability of a kind behind another, or behind 0; 0: none. */
uint8_t pci_cap(const struct pci_dev *pci, uint8_t kind, uint8_t after);

/* A part of a BAR's memory, uncached; NULL: there is no such part. */
void *pci_map(const struct pci_dev *pci, unsigned int bar, uint64_t offset,
              uint64_t size);

/*
 * Lets the device write to memory, and has the event loop call fn after its
 * message, by MSI or the first entry of MSI-X. false: it has neither.
 */
bool __must_check pci_start(const struct pci_dev *pci, struct loop_work *work,
                            loop_fn *fn);

/* The device broke the rules: a line, and no more DMA from it. */
void pci_stop(const struct pci_dev *pci, const char *why);

/*
 * Finds the devices behind host bridge 0 and gives them to their drivers,
 * which return NULL or why they do without the device.
 */
void pci_init(void);

#define PCI_DRIVER(mask, match, class, init) \
    const char *init(const struct pci_dev *pci);
#include <dom0/drv/pci_drivers.def>
#undef PCI_DRIVER

#endif
