/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doors to the virtual PCI configuration space: ports, ECAM, MSI-X tables.
 */
#ifndef ARCH_X86_HVM_HVM_VPCI_H
#define ARCH_X86_HVM_HVM_VPCI_H

struct domain;

/* Let the accesses of @d, the hardware domain, reach core/vpci. */
void hvm_vpci_init(struct domain *d);

#endif /* ARCH_X86_HVM_HVM_VPCI_H */
