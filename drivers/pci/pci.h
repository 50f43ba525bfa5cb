/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's PCI devices: found at boot, and later when the hardware
 * domain reports one.  Entries are never removed, only marked as gone, so
 * pointers stay good.
 *
 * Locking: the list grows under a lock and is read without; fields are
 * written while an entry is made, by the domain that owns the device (its
 * vPCI lock) afterwards.
 */
#ifndef DRIVERS_PCI_PCI_H
#define DRIVERS_PCI_PCI_H

#include <core/lib/list.h>
#include <drivers/pci/pci_cap.h>
#include <drivers/pci/pci_cfg.h>

#define PCI_BARS 6u
/* Bars, and the expansion ROM as the seventh. */
#define PCI_ROM_INDEX 6u
#define PCI_REGIONS 7u

enum pci_region_kind {
    PCI_REGION_NONE,
    PCI_REGION_IO,
    PCI_REGION_MEM32,
    PCI_REGION_MEM64,
    PCI_REGION_MEM64_HIGH, /* The second register of the one before          */
    PCI_REGION_ROM,
};

struct pci_region {
    enum pci_region_kind kind;
    bool is_prefetchable;
    uint64_t addr;         /* As the register had it when it was read        */
    uint64_t size;         /* Bytes, a power of two; 0: none                 */
};

struct pci_dev {
    struct list_head link;
    pci_sbdf_t sbdf;
    uint16_t vendor;
    uint16_t device;
    uint32_t class_code;   /* Class 23:16, subclass 15:8, interface 7:0      */
    uint8_t header;        /* enum pci_header_kind                           */
    bool is_hidden;        /* The hypervisor's own: no domain sees it        */
    bool is_gone;          /* Reported as removed                            */
    uint8_t msi_cap;       /* Offset, 0: none                                */
    uint8_t msix_cap;
    uint8_t pcie_cap;
    unsigned int bar_count;/* 6, for a bridge 2                              */
    struct pci_region region[PCI_REGIONS];
    void *vpci;            /* Of the domain that owns it                     */
};

#define PCI_CLASS_BRIDGE_PCI 0x0604u /* Class and subclass                   */

extern struct list_head pci_devices;

/* Boot: find all devices behind all buses of all segments. */
void pci_scan(void);

/*
 * Look at one function (again).  Its entry, made if it was not known; NULL
 * if nothing answers or memory is short.
 */
struct pci_dev *pci_add(pci_sbdf_t sbdf);
/* The function went away. */
void pci_remove(pci_sbdf_t sbdf);

/* The entry, or NULL if there is none or it is gone. */
struct pci_dev *pci_find(pci_sbdf_t sbdf);

/* Keep a function from all domains; also before it was found. */
void pci_hide(pci_sbdf_t sbdf);

/* pci_bar.c: read and size all regions of @dev; decoding is off meanwhile. */
void pci_bar_read_all(struct pci_dev *dev);
/* Register offset of a region. */
unsigned int pci_bar_reg(const struct pci_dev *dev, unsigned int index);

/* Pure halves of sizing: what a register answered to all ones. */
uint64_t pci_bar_size_mem(uint32_t low, uint32_t high, bool is_64);
uint64_t pci_bar_size_rom(uint32_t val);
uint64_t pci_bar_size_io(uint32_t val);

/* Debug key: all devices. */
void pci_dump(void);

#endif /* DRIVERS_PCI_PCI_H */
