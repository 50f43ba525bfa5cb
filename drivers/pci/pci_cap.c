/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks capability lists.  A list is cut off after as many entries as fit
 * into the space, so that a loop made by a broken device ends.
 * No state, no locks.
 * Manual: PCI Local Bus 3.0, "Capabilities List"; PCI Express Base, "PCI
 * Express Extended Capabilities".
 */
#include <drivers/pci/pci_cap.h>

#define CAP_FIRST 0x40u
#define CAP_MAX 48u
#define EXT_CAP_MAX 480u
#define EXT_CAP_ID GENMASK32(15, 0)
#define EXT_CAP_NEXT GENMASK32(31, 20)

uint8_t pci_cap_find(pci_sbdf_t sbdf, uint8_t id)
{
    uint32_t pos;

    if (!(pci_cfg_read(sbdf, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
        return 0;
    }
    pos = pci_cfg_read(sbdf, PCI_CAP_PTR, 1) & ~3u;
    for (unsigned int i = 0; i < CAP_MAX && pos >= CAP_FIRST; i++) {
        const uint32_t head = pci_cfg_read(sbdf, pos, 2);

        if ((head & 0xffu) == id) {
            return (uint8_t)pos;
        }
        if ((head & 0xffu) == 0xffu) {
            return 0;
        }
        pos = (head >> 8) & ~3u;
    }
    return 0;
}
