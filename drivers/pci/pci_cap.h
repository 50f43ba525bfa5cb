/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capability lists of a PCI function.
 * Manual: PCI Local Bus 3.0, "Capabilities List".
 */
#ifndef DRIVERS_PCI_PCI_CAP_H
#define DRIVERS_PCI_PCI_CAP_H

#include <drivers/pci/pci_cfg.h>

enum pci_cap_id {
    PCI_CAP_PM = 0x01,
    PCI_CAP_MSI = 0x05,
    PCI_CAP_PCIX = 0x07,
    PCI_CAP_HT = 0x08,
    PCI_CAP_DEBUG = 0x0a,
    PCI_CAP_SECURE = 0x0f,
    PCI_CAP_PCIE = 0x10,
    PCI_CAP_MSIX = 0x11,
};

enum pci_ext_cap_id {
    PCI_EXT_CAP_AER = 0x01,
    PCI_EXT_CAP_ATS = 0x0f,
    PCI_EXT_CAP_SRIOV = 0x10,
    PCI_EXT_CAP_REBAR = 0x15,
};

/* Offset of the first capability @id, 0 if there is none.  Loops end. */
uint8_t pci_cap_find(pci_sbdf_t sbdf, uint8_t id);

#endif /* DRIVERS_PCI_PCI_CAP_H */
