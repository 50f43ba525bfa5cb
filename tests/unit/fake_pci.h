/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI device for the control domain's drivers: its configuration space and
 * one BAR are memory of the test, which plays the device.
 */
#ifndef TESTS_UNIT_FAKE_PCI_H
#define TESTS_UNIT_FAKE_PCI_H

#include <dom0/drv/pci.h>

#define FAKE_PCI_BAR_BYTES 0x20000u

extern uint32_t fake_pci_config[64];
extern uint8_t fake_pci_bar[FAKE_PCI_BAR_BYTES];    /* 0 and 5. */
extern const char *fake_pci_stopped;                /* Why; NULL: not. */

/* A device with nothing in it; the message goes where pci_start() says. */
void fake_pci_reset(void);
void fake_pci_interrupt(void);

/* Called whenever a driver looks at the clock or maps registers. */
extern void (*fake_pci_tick)(void);

#endif
