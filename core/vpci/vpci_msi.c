/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSI capability.  The guest's address and data are kept here and say
 * where the interrupt is delivered; the device gets the hypervisor's own.
 * One vector only: the capability says so, and drivers ask for what there
 * is.  Mask and pending bits are the device's.
 *
 * Locking: the domain's VPCI lock.
 * Manual: PCI Local Bus 3.0, "MSI Capability Structure".
 */
#include <core/console/printk.h>
#include <core/domain/pirq.h>
#include <core/vpci/vpci_priv.h>

/* In an interrupt: only registers of the device are touched. */
static void hw_write(void *arg, uint64_t addr, uint32_t data)
{
    const struct vpci_dev *const dev = arg;

    msi_write(dev->pci, addr, data);
}

static const struct pirq_msi_ops msi_ops = {
    .write = hw_write,
    .can_change_vector = false,
};

static void enable(struct vpci_dev *dev)
{
    struct vpci_msi *const m = &dev->msi;
    const struct pirq_msi_source source = {
        .ops = &msi_ops, .arg = dev, .sbdf = dev->pci->sbdf,
    };

    if (pirq_msi_bind(dev->d, &source, m->addr, m->data, &m->pirq) != 0) {
        printk_guest(LOG_WARN, dev->d->id, PCI_FMT ": no vector for MSI\n",
                     PCI_ARG(dev->pci->sbdf));
        return;
    }
    m->is_enabled = true;
    msi_enable(dev->pci, true);
}

static void disable(struct vpci_dev *dev)
{
    struct vpci_msi *const m = &dev->msi;

    msi_enable(dev->pci, false);
    m->is_enabled = false;
    if (m->pirq != NULL) {
        pirq_msi_unbind(m->pirq);
        m->pirq = NULL;
    }
}

static uint32_t control_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    uint32_t val = pci_cfg_read(dev->pci->sbdf, reg->offset, 2);

    val &= ~(MSI_CONTROL_CAPABLE | MSI_CONTROL_COUNT | MSI_CONTROL_ENABLE);
    return dev->msi.is_enabled ? val | MSI_CONTROL_ENABLE : val;
}

static void control_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                          uint32_t val)
{
    const bool on = (val & MSI_CONTROL_ENABLE) != 0;

    if (on && !dev->msi.is_enabled) {
        enable(dev);
    } else if (!on && dev->msi.is_enabled) {
        disable(dev);
    }
}

static void changed(struct vpci_dev *dev)
{
    if (dev->msi.pirq != NULL) {
        pirq_msi_update(dev->msi.pirq, dev->msi.addr, dev->msi.data);
    }
}

static uint32_t address_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    return lo32(dev->msi.addr);
}

static void address_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                          uint32_t val)
{
    dev->msi.addr = make64(hi32(dev->msi.addr), val & ~3u);
    changed(dev);
}

static uint32_t high_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    return hi32(dev->msi.addr);
}

static void high_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                       uint32_t val)
{
    dev->msi.addr = make64(val, lo32(dev->msi.addr));
    changed(dev);
}

static uint32_t data_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    return dev->msi.data;
}

static void data_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                       uint32_t val)
{
    dev->msi.data = val & 0xffffu;
    changed(dev);
}

int vpci_msi_init(struct vpci_dev *dev)
{
    const unsigned int cap = dev->pci->msi_cap;
    uint32_t control;

    if (cap == 0) {
        return 0;
    }
    control = pci_cfg_read(dev->pci->sbdf, cap + MSI_CONTROL, 2);
    msi_enable(dev->pci, false);
    vpci_reg_add(dev, &(struct vpci_reg){
        .offset = (uint16_t)(cap + MSI_CONTROL), .size = 2,
        .read = control_read, .write = control_write,
    });
    vpci_reg_add(dev, &(struct vpci_reg){
        .offset = (uint16_t)(cap + MSI_ADDRESS), .size = 4,
        .read = address_read, .write = address_write,
    });
    if (control & MSI_CONTROL_64) {
        vpci_reg_add(dev, &(struct vpci_reg){
            .offset = (uint16_t)(cap + MSI_ADDRESS_HIGH), .size = 4,
            .read = high_read, .write = high_write,
        });
    }
    vpci_reg_add(dev, &(struct vpci_reg){
        .offset = (uint16_t)(cap + msi_data_reg(control)), .size = 2,
        .read = data_read, .write = data_write,
    });
    return 0;
}

void vpci_msi_free(struct vpci_dev *dev)
{
    if (dev->msi.is_enabled) {
        disable(dev);
    }
}
