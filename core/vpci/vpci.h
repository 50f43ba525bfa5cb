/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI configuration space that a domain sees.  The hardware domain sees
 * the machine's, except for what the hypervisor must know or do itself:
 * memory decoding (BARs are mapped 1:1), MSI and MSI-X (the machine's
 * messages are the hypervisor's), and devices that are the hypervisor's own.
 *
 * Locking: one lock (VPCI) a domain, taken by the entry points; the p2m and
 * interrupt locks nest in it.
 */
#ifndef CORE_VPCI_VPCI_H
#define CORE_VPCI_VPCI_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <drivers/pci/pci_cfg.h>

struct domain;

/*
 * Give @d, the hardware domain, all of the machine's devices.  After
 * pci_scan().  Once more when it begins anew: all interrupts of its devices
 * are disabled and unbound.  0, -ENOMEM.
 */
int __must_check vpci_domain_init(struct domain *d);

/*
 * The domain reports a device (PHYSDEVOP_pci_device_add) or its removal.
 * 0, -ENODEV if nothing answers there, -ENOMEM.
 */
int __must_check vpci_device_add(struct domain *d, pci_sbdf_t sbdf);
int __must_check vpci_device_remove(struct domain *d, pci_sbdf_t sbdf);

/*
 * One access by the guest.  @size is 1, 2 or 4, @reg aligned to it.  What is
 * not there reads all ones and drops writes.
 */
uint32_t vpci_read(struct domain *d, pci_sbdf_t sbdf, unsigned int reg,
                   unsigned int size);
void vpci_write(struct domain *d, pci_sbdf_t sbdf, unsigned int reg,
                unsigned int size, uint32_t val);

/* Ports 0xCF8 to 0xCFF; any size and alignment. */
uint32_t vpci_port_read(struct domain *d, uint16_t port, unsigned int size);
void vpci_port_write(struct domain *d, uint16_t port, unsigned int size,
                     uint32_t val);

/* ECAM windows of the machine, at the machine's addresses. */
bool vpci_ecam_accept(const struct domain *d, gpa_t gpa);
uint64_t vpci_ecam_read(struct domain *d, gpa_t gpa, unsigned int size);
void vpci_ecam_write(struct domain *d, gpa_t gpa, unsigned int size,
                     uint64_t val);

/* Pages of MSI-X tables. */
bool vpci_msix_accept(const struct domain *d, gpa_t gpa);
uint64_t vpci_msix_mmio_read(struct domain *d, gpa_t gpa, unsigned int size);
void vpci_msix_mmio_write(struct domain *d, gpa_t gpa, unsigned int size,
                          uint64_t val);

/* Debug key: what is mapped and which messages are in use. */
void vpci_dump(struct domain *d);

#endif /* CORE_VPCI_VPCI_H */
