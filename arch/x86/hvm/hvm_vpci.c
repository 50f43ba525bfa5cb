/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From ports 0xCF8 to 0xCFF, ECAM windows and MSI-X pages to core/vpci.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_vpci.h>
#include <core/vpci/vpci.h>

#define PCI_PORT_FIRST 0xcf8u
#define PCI_PORT_LAST 0xcffu

static uint32_t port_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    return vpci_port_read(v->domain, port, size);
}

static void port_write(struct vcpu *v, uint16_t port, unsigned int size,
                       uint32_t val)
{
    vpci_port_write(v->domain, port, size, val);
}

static const struct pio_ops port_ops = { .read = port_read,
                                         .write = port_write };

static bool ecam_accept(struct vcpu *v, gpa_t gpa)
{
    return v->domain->vpci && vpci_ecam_accept(v->domain, gpa);
}

static uint64_t ecam_read(struct vcpu *v, gpa_t gpa, unsigned int size)
{
    return vpci_ecam_read(v->domain, gpa, size);
}

static void ecam_write(struct vcpu *v, gpa_t gpa, unsigned int size,
                       uint64_t val)
{
    vpci_ecam_write(v->domain, gpa, size, val);
}

static const struct mmio_ops ecam_ops = { .accept = ecam_accept,
                                          .read = ecam_read,
                                          .write = ecam_write };

static bool msix_accept(struct vcpu *v, gpa_t gpa)
{
    return v->domain->vpci && vpci_msix_accept(v->domain, gpa);
}

static uint64_t msix_read(struct vcpu *v, gpa_t gpa, unsigned int size)
{
    return vpci_msix_mmio_read(v->domain, gpa, size);
}

static void msix_write(struct vcpu *v, gpa_t gpa, unsigned int size,
                       uint64_t val)
{
    vpci_msix_mmio_write(v->domain, gpa, size, val);
}

static const struct mmio_ops msix_ops = { .accept = msix_accept,
                                          .read = msix_read,
                                          .write = msix_write };

void hvm_vpci_init(struct domain *d)
{
    hvm_io_add_pio(d, PCI_PORT_FIRST, PCI_PORT_LAST, &port_ops);
    hvm_io_add_mmio(d, 1, 0, &ecam_ops);
    hvm_io_add_mmio(d, 1, 0, &msix_ops);
}
