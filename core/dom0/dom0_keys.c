/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug key about PCI devices and who has them.
 * Locking: that of what is dumped.
 */
#include <core/console/printk.h>
#include <core/domain/domain.h>
#include <core/vpci/vpci.h>
#include <drivers/pci/pci.h>

/* Prototypes: as keyhandler.c has them. */
#define KEY(letter, handler, what) void handler(void);
#include <core/kernel/keys.def>
#undef KEY

void dom0_key_pci(void)
{
    pci_dump();
    if (hardware_domain != NULL) {
        vpci_dump(hardware_domain);
    }
}
