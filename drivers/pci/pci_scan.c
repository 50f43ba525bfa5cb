/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds PCI functions by asking every address: machines with several root
 * bridges have buses that no bridge of bus 0 leads to.
 * Locking: the list grows under a lock; see pci.h.
 * Manual: PCI Local Bus 3.0, "Configuration Space Decoding".
 */
#include <core/console/printk.h>
#include <core/mm/slab.h>
#include <core/sync/spinlock.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/acpi/acpi_mcfg.h>
#include <drivers/iommu/iommu.h>
#include <drivers/pci/pci.h>

#define PCI_BUSES 256u
#define PCI_DEVS 32u
#define PCI_FNS 8u
#define PCI_NO_VENDOR 0xffffu
#define MAX_HIDDEN 16u

LIST_HEAD(pci_devices);
static struct spinlock list_lock = SPINLOCK_INIT(PCI_LIST);
static pci_sbdf_t hidden[MAX_HIDDEN];
static unsigned int hidden_count;

static struct pci_dev *find_any(pci_sbdf_t sbdf)
{
    struct pci_dev *dev;

    list_for_each_entry(dev, &pci_devices, link) {
        if (dev->sbdf == sbdf) {
            return dev;
        }
    }
    return NULL;
}

struct pci_dev *pci_find(pci_sbdf_t sbdf)
{
    struct pci_dev *const dev = find_any(sbdf);

    return dev != NULL && !dev->is_gone ? dev : NULL;
}

void pci_hide(pci_sbdf_t sbdf)
{
    struct pci_dev *const dev = find_any(sbdf);

    if (dev != NULL) {
        dev->is_hidden = true;
    }
    if (hidden_count < MAX_HIDDEN) {
        hidden[hidden_count++] = sbdf;
    } else {
        printk(LOG_WARN, "pci: too many hidden devices\n");
    }
}

static bool is_hidden(pci_sbdf_t sbdf)
{
    for (unsigned int i = 0; i < hidden_count; i++) {
        if (hidden[i] == sbdf) {
            return true;
        }
    }
    for (unsigned int i = 0; i < acpi_iommu.unit_count; i++) {
        const struct acpi_iommu_unit *const u = &acpi_iommu.unit[i];

        if (u->has_bdf && u->segment == PCI_SEG(sbdf) &&
            u->bdf == PCI_BDF(sbdf)) {
            return true;
        }
    }
    return false;
}

static void fill(struct pci_dev *dev, uint32_t id)
{
    const pci_sbdf_t sbdf = dev->sbdf;

    dev->vendor = (uint16_t)id;
    dev->device = (uint16_t)(id >> 16);
    dev->class_code = pci_cfg_read(sbdf, PCI_REVISION, 4) >> 8;
    dev->header = (uint8_t)(pci_cfg_read(sbdf, PCI_HEADER_TYPE, 1) &
                            PCI_HEADER_KIND);
    dev->is_hidden = is_hidden(sbdf);
    dev->msi_cap = pci_cap_find(sbdf, PCI_CAP_MSI);
    dev->msix_cap = pci_cap_find(sbdf, PCI_CAP_MSIX);
    dev->pcie_cap = pci_cap_find(sbdf, PCI_CAP_PCIE);
    switch (dev->header) {
    case PCI_HEADER_NORMAL: dev->bar_count = PCI_BARS; break;
    case PCI_HEADER_BRIDGE: dev->bar_count = 2; break;
    default: dev->bar_count = 0; break;
    }
    if (dev->bar_count != 0) {
        pci_bar_read_all(dev);
    }
}

struct pci_dev *pci_add(pci_sbdf_t sbdf)
{
    const uint32_t id = pci_cfg_read(sbdf, PCI_VENDOR, 4);
    struct pci_dev *dev = find_any(sbdf);

    if ((id & 0xffffu) == PCI_NO_VENDOR || (id & 0xffffu) == 0) {
        return NULL;
    }
    if (dev != NULL && !dev->is_gone) {
        return dev;
    }
    if (dev != NULL) {
        fill(dev, id);
        dev->is_gone = false;
        iommu_device_add(sbdf);
        return dev;
    }
    dev = xzalloc_type(struct pci_dev);
    if (dev == NULL) {
        return NULL;
    }
    dev->sbdf = sbdf;
    fill(dev, id);
    spin_lock(&list_lock);
    list_add_tail(&dev->link, &pci_devices);
    spin_unlock(&list_lock);
    iommu_device_add(sbdf);
    return dev;
}

void pci_remove(pci_sbdf_t sbdf)
{
    struct pci_dev *const dev = find_any(sbdf);

    if (dev != NULL) {
        dev->is_gone = true;
        iommu_device_remove(sbdf);
    }
}

static unsigned int scan_bus(unsigned int seg, unsigned int bus)
{
    unsigned int found = 0;

    for (unsigned int d = 0; d < PCI_DEVS; d++) {
        const pci_sbdf_t first = PCI_SBDF(seg, bus, d, 0);
        unsigned int fns = 1;

        if (pci_add(first) == NULL) {
            continue;
        }
        found++;
        if (pci_cfg_read(first, PCI_HEADER_TYPE, 1) & PCI_HEADER_MULTI) {
            fns = PCI_FNS;
        }
        for (unsigned int f = 1; f < fns; f++) {
            if (pci_add(PCI_SBDF(seg, bus, d, f)) != NULL) {
                found++;
            }
        }
    }
    return found;
}

void pci_scan(void)
{
    unsigned int found = 0;

    for (unsigned int bus = 0; bus < PCI_BUSES; bus++) {
        found += scan_bus(0, bus);
    }
    for (unsigned int i = 0; i < acpi_mcfg.count; i++) {
        const struct acpi_ecam *const e = &acpi_mcfg.ecam[i];

        for (unsigned int bus = e->first_bus;
             e->segment != 0 && bus <= e->last_bus; bus++) {
            found += scan_bus(e->segment, bus);
        }
    }
    printk(LOG_INFO, "pci: %u functions\n", found);
}

void pci_dump(void)
{
    static const char *const kinds[] = {
        "", "io", "mem", "mem64", "", "rom",
    };
    const struct pci_dev *dev;

    list_for_each_entry(dev, &pci_devices, link) {
        printk_raw(PCI_FMT " %04x:%04x class %06x%s%s%s\n",
                   PCI_ARG(dev->sbdf), dev->vendor, dev->device,
                   dev->class_code, dev->is_hidden ? " hidden" : "",
                   dev->msi_cap ? " msi" : "", dev->msix_cap ? " msix" : "");
        for (unsigned int i = 0; i < PCI_REGIONS; i++) {
            const struct pci_region *const r = &dev->region[i];

            if (r->size != 0) {
                printk_raw("    %s %#lx, %#lx bytes\n", kinds[r->kind],
                           (unsigned long)r->addr, (unsigned long)r->size);
            }
        }
    }
}
