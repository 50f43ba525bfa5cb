/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dom0's kernel reports about PCI (PHYSDEVOP_pci_*), handed on to its
 * virtual configuration space.
 * Locking: that of vpci.
 */
#include <core/dom0/dom0_priv.h>
#include <core/hypercall/physdev_op.h>
#include <core/lib/errno.h>
#include <core/vpci/vpci.h>
#include <drivers/acpi/acpi_mcfg.h>

/* Virtual functions have no BARs of their own: the physical one's matter. */
static int pci_op_add(struct domain *d, uint16_t seg, uint8_t bus,
                      uint8_t devfn, bool is_virtfn, uint16_t physfn)
{
    return vpci_device_add(d, PCI_SBDF(seg, bus, 0, 0) | devfn);
}

static int pci_op_remove(struct domain *d, uint16_t seg, uint8_t bus,
                         uint8_t devfn)
{
    return vpci_device_remove(d, PCI_SBDF(seg, bus, 0, 0) | devfn);
}

/* The windows of the MCFG table are trapped from the start. */
static int pci_op_mmcfg(struct domain *d, paddr_t base, uint16_t seg,
                        uint8_t start, uint8_t end, bool is_reserved)
{
    for (unsigned int i = 0; i < acpi_mcfg.count; i++) {
        const struct acpi_ecam *const e = &acpi_mcfg.ecam[i];

        if (e->addr == base && e->segment == seg && start >= e->first_bus &&
            end <= e->last_bus) {
            return 0;
        }
    }
    return -ENODEV;
}

static const struct physdev_pci_ops pci_ops = {
    .add = pci_op_add,
    .remove = pci_op_remove,
    .mmcfg = pci_op_mmcfg,
};

void dom0_pci_init(void)
{
    physdev_set_pci_ops(&pci_ops);
}
