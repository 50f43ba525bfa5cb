/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space accesses of the hardware domain: found device, table
 * of mediated registers, the rest straight to the machine.
 *
 * An access may cover part of a mediated register or several of them: bytes
 * are put together and taken apart here, so that a handler always sees its
 * whole register.
 *
 * Locking: see vpci.h.  The address latch is a single word: two vCPUs that
 * race for it lose as they would on the machine.
 * Manual: PCI Local Bus 3.0, "Configuration Mechanism #1".
 */
#include <core/arch/arch_io.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/vpci/vpci_priv.h>
#include <drivers/acpi/acpi_mcfg.h>

#define PORT_ADDRESS 0xcf8u
#define PORT_RESET 0xcf9u
#define PORT_DATA 0xcfcu
#define CF8_ENABLE BIT32(31)
#define CF8_BDF GENMASK32(23, 8)
#define CF8_REG GENMASK32(7, 2)
/* AMD: bits of the register beyond 256 bytes. */
#define CF8_REG_HIGH GENMASK32(27, 24)
#define ECAM_BUS_SHIFT 20u

static uint32_t ones(unsigned int size)
{
    return (uint32_t)GENMASK64(8u * size - 1u, 0);
}

void vpci_reg_add(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    BUG_ON(dev->reg_count == VPCI_MAX_REGS);
    dev->reg[dev->reg_count++] = *reg;
}

/*
 * Put the device under the domain's control.  A struct vpci_dev stays for
 * ever, since other CPUs may look at it; one that comes back is used again.
 */
static int attach(struct domain *d, struct pci_dev *pci)
{
    struct vpci_dev *dev = pci->vpci;
    int rc;

    if (dev == NULL) {
        dev = xzalloc_type(struct vpci_dev);
    }
    if (dev == NULL) {
        return -ENOMEM;
    }
    if (dev->is_attached) {
        return 0;
    }
    dev->d = d;
    dev->pci = pci;
    dev->reg_count = 0;
    rc = vpci_msi_init(dev);
    if (rc == 0) {
        rc = vpci_msix_init(dev);
    }
    if (rc == 0) {
        rc = vpci_header_init(dev);
    }
    if (rc != 0) {
        /* What is linked stays so: without its header it does nothing. */
        printk(LOG_WARN, "vpci: no memory for " PCI_FMT "\n",
               PCI_ARG(pci->sbdf));
        return rc;
    }
    dev->is_attached = true;
    atomic_set_release(&pci->vpci, dev);
    return 0;
}

static void detach(struct pci_dev *pci)
{
    struct vpci_dev *const dev = pci->vpci;

    if (dev == NULL || !dev->is_attached) {
        return;
    }
    vpci_msi_free(dev);
    vpci_msix_free(dev);
    vpci_header_free(dev);
    dev->is_attached = false;
}

int vpci_domain_init(struct domain *d)
{
    struct vpci *vpci = d->vpci;
    struct pci_dev *pci;
    int rc = 0;

    if (vpci == NULL) {
        vpci = xzalloc_type(struct vpci);
        if (vpci == NULL) {
            return -ENOMEM;
        }
        spin_init(&vpci->lock, LOCK_VPCI);
        list_init(&vpci->msix);
        d->vpci = vpci;
    }
    spin_lock(&vpci->lock);
    list_for_each_entry(pci, &pci_devices, link) {
        if (rc == 0 && !pci->is_hidden) {
            detach(pci);
            rc = attach(d, pci);
        }
    }
    spin_unlock(&vpci->lock);
    return rc;
}

int vpci_device_add(struct domain *d, pci_sbdf_t sbdf)
{
    struct pci_dev *pci;
    int rc = 0;

    if (d->vpci == NULL) {
        return -ENODEV;
    }
    spin_lock(&d->vpci->lock);
    pci = pci_add(sbdf);
    if (pci == NULL) {
        rc = -ENODEV;
    } else if (!pci->is_hidden) {
        rc = attach(d, pci);
    }
    spin_unlock(&d->vpci->lock);
    return rc;
}

int vpci_device_remove(struct domain *d, pci_sbdf_t sbdf)
{
    struct pci_dev *const pci = pci_find(sbdf);

    if (d->vpci == NULL || pci == NULL) {
        return -ENODEV;
    }
    spin_lock(&d->vpci->lock);
    detach(pci);
    pci_remove(sbdf);
    spin_unlock(&d->vpci->lock);
    return 0;
}

/* Bytes that [a, +an) and [b, +bn) share, as offsets in both. */
struct overlap {
    unsigned int in_access;
    unsigned int in_reg;
    unsigned int bytes;
};

static struct overlap overlap_of(unsigned int at, unsigned int size,
                                 const struct vpci_reg *reg)
{
    const unsigned int first = max_t(unsigned int, at, reg->offset);
    const unsigned int end = min_t(unsigned int, at + size,
                                   reg->offset + reg->size);

    if (first >= end) {
        return (struct overlap){ .bytes = 0 };
    }
    return (struct overlap){
        .in_access = first - at,
        .in_reg = first - reg->offset,
        .bytes = end - first,
    };
}

/* @to with @bytes of @from put in. */
static uint32_t merge(uint32_t to, unsigned int to_off, uint32_t from,
                      unsigned int from_off, unsigned int bytes)
{
    const uint32_t mask = ones(bytes);

    return (to & ~(mask << (8u * to_off))) |
           ((from >> (8u * from_off)) & mask) << (8u * to_off);
}

static uint32_t dev_read(struct vpci_dev *dev, unsigned int at,
                         unsigned int size)
{
    uint32_t val = pci_cfg_read(dev->pci->sbdf, at, size);

    for (unsigned int i = 0; i < dev->reg_count; i++) {
        const struct vpci_reg *const reg = &dev->reg[i];
        const struct overlap o = overlap_of(at, size, reg);

        if (o.bytes != 0) {
            val = merge(val, o.in_access, reg->read(dev, reg), o.in_reg,
                        o.bytes);
        }
    }
    return val;
}

/* @covered: bits of bytes that a handler has taken. */
static void write_through(struct vpci_dev *dev, unsigned int at,
                          unsigned int size, uint32_t val,
                          unsigned int covered)
{
    if (covered == 0) {
        pci_cfg_write(dev->pci->sbdf, at, size, val);
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        if (!(covered & (1u << i))) {
            pci_cfg_write(dev->pci->sbdf, at + i, 1, val >> (8u * i));
        }
    }
}

static void dev_write(struct vpci_dev *dev, unsigned int at,
                      unsigned int size, uint32_t val)
{
    unsigned int covered = 0;

    for (unsigned int i = 0; i < dev->reg_count; i++) {
        const struct vpci_reg *const reg = &dev->reg[i];
        const struct overlap o = overlap_of(at, size, reg);
        uint32_t whole = 0;

        if (o.bytes == 0) {
            continue;
        }
        if (o.bytes != reg->size) {
            whole = reg->read(dev, reg);
        }
        whole = merge(whole, o.in_reg, val, o.in_access, o.bytes);
        reg->write(dev, reg, whole);
        covered |= ((1u << o.bytes) - 1u) << o.in_access;
    }
    write_through(dev, at, size, val, covered);
}

/* The device, or NULL: then *@is_raw tells if the machine may be asked. */
static struct vpci_dev *find_dev(pci_sbdf_t sbdf, bool *is_raw)
{
    struct pci_dev *const pci = pci_find(sbdf);

    *is_raw = pci == NULL;
    return pci != NULL ? atomic_read_acquire(&pci->vpci) : NULL;
}

uint32_t vpci_read(struct domain *d, pci_sbdf_t sbdf, unsigned int reg,
                   unsigned int size)
{
    struct vpci_dev *dev;
    uint32_t val;
    bool is_raw;

    if (d->vpci == NULL) {
        return ones(size);
    }
    dev = find_dev(sbdf, &is_raw);
    if (dev == NULL) {
        return is_raw ? pci_cfg_read(sbdf, reg, size) : ones(size);
    }
    spin_lock(&d->vpci->lock);
    val = dev_read(dev, reg, size);
    spin_unlock(&d->vpci->lock);
    return val & ones(size);
}

void vpci_write(struct domain *d, pci_sbdf_t sbdf, unsigned int reg,
                unsigned int size, uint32_t val)
{
    struct vpci_dev *dev;
    bool is_raw;

    if (d->vpci == NULL) {
        return;
    }
    dev = find_dev(sbdf, &is_raw);
    if (dev == NULL && is_raw && vpci_device_add(d, sbdf) == 0) {
        /* A new one that the kernel looks at before it reports it. */
        dev = find_dev(sbdf, &is_raw);
    }
    if (dev == NULL) {
        return;
    }
    spin_lock(&d->vpci->lock);
    dev_write(dev, reg, size, val);
    spin_unlock(&d->vpci->lock);
}

/* Address of a data port access; false if it is none. */
static bool decode_cf8(uint32_t cf8, uint16_t port, pci_sbdf_t *sbdf,
                       unsigned int *reg)
{
    if (!(cf8 & CF8_ENABLE)) {
        return false;
    }
    *sbdf = (pci_sbdf_t)field_get(CF8_BDF, cf8);
    *reg = (cf8 & CF8_REG) | (port & 3u) |
           (unsigned int)field_get(CF8_REG_HIGH, cf8) << 8;
    return true;
}

uint32_t vpci_port_read(struct domain *d, uint16_t port, unsigned int size)
{
    const uint32_t cf8 = atomic_read_relaxed(&d->vpci->cf8);
    pci_sbdf_t sbdf;
    unsigned int reg;

    if (port == PORT_ADDRESS && size == 4) {
        return cf8;
    }
    if (port == PORT_RESET && size == 1) {
        return arch_io_in8(port);
    }
    if (port < PORT_DATA || (port & 3u) + size > 4u ||
        (port & (size - 1u)) != 0 || !decode_cf8(cf8, port, &sbdf, &reg)) {
        return ones(size);
    }
    return vpci_read(d, sbdf, reg, size);
}

void vpci_port_write(struct domain *d, uint16_t port, unsigned int size,
                     uint32_t val)
{
    pci_sbdf_t sbdf;
    unsigned int reg;

    if (port == PORT_ADDRESS && size == 4) {
        atomic_set_relaxed(&d->vpci->cf8, val);
        return;
    }
    if (port == PORT_RESET && size == 1) {
        /* The hardware domain resets the machine as it would without us. */
        arch_io_out8(port, (uint8_t)val);
        return;
    }
    if (port < PORT_DATA || (port & 3u) + size > 4u ||
        (port & (size - 1u)) != 0 ||
        !decode_cf8(atomic_read_relaxed(&d->vpci->cf8), port, &sbdf, &reg)) {
        return;
    }
    vpci_write(d, sbdf, reg, size, val);
}

/* The window that holds @gpa, or NULL. */
static const struct acpi_ecam *ecam_of(gpa_t gpa)
{
    for (unsigned int i = 0; i < acpi_mcfg.count; i++) {
        const struct acpi_ecam *const e = &acpi_mcfg.ecam[i];
        const paddr_t first = e->addr +
                              ((paddr_t)e->first_bus << ECAM_BUS_SHIFT);
        const paddr_t end = e->addr +
                            ((paddr_t)(e->last_bus + 1u) << ECAM_BUS_SHIFT);

        if (gpa >= first && gpa < end) {
            return e;
        }
    }
    return NULL;
}

bool vpci_ecam_accept(const struct domain *d, gpa_t gpa)
{
    return d->vpci != NULL && ecam_of(gpa) != NULL;
}

static pci_sbdf_t ecam_sbdf(const struct acpi_ecam *e, gpa_t gpa)
{
    return (pci_sbdf_t)((uint32_t)e->segment << 16 |
                        (uint32_t)((gpa - e->addr) >> 12));
}

uint64_t vpci_ecam_read(struct domain *d, gpa_t gpa, unsigned int size)
{
    const struct acpi_ecam *const e = ecam_of(gpa);
    const unsigned int reg = (unsigned int)page_offset(gpa);
    uint64_t val;

    if (e == NULL || (reg & (size - 1u)) != 0) {
        return ~UINT64_C(0);
    }
    val = vpci_read(d, ecam_sbdf(e, gpa), reg, min(size, 4u));
    if (size == 8) {
        val |= (uint64_t)vpci_read(d, ecam_sbdf(e, gpa), reg + 4, 4) << 32;
    }
    return val;
}

void vpci_ecam_write(struct domain *d, gpa_t gpa, unsigned int size,
                     uint64_t val)
{
    const struct acpi_ecam *const e = ecam_of(gpa);
    const unsigned int reg = (unsigned int)page_offset(gpa);

    if (e == NULL || (reg & (size - 1u)) != 0) {
        return;
    }
    vpci_write(d, ecam_sbdf(e, gpa), reg, min(size, 4u), (uint32_t)val);
    if (size == 8) {
        vpci_write(d, ecam_sbdf(e, gpa), reg + 4, 4, (uint32_t)(val >> 32));
    }
}

static void dump_dev(const struct vpci_dev *dev)
{
    printk_raw("  " PCI_FMT ": memory %s%s%s\n", PCI_ARG(dev->pci->sbdf),
               dev->is_memory_on ? "on" : "off",
               dev->msi.is_enabled ? ", MSI" : "",
               dev->msix != NULL && dev->msix->is_enabled ? ", MSI-X" : "");
    for (unsigned int i = 0; i < PCI_REGIONS; i++) {
        if (dev->map[i].frames != 0) {
            printk_raw("    region %u at frame %#lx, %lu frames\n", i,
                       (unsigned long)dev->map[i].first,
                       (unsigned long)dev->map[i].frames);
        }
    }
}

void vpci_dump(struct domain *d)
{
    const struct pci_dev *pci;

    if (d->vpci == NULL) {
        return;
    }
    printk_raw("PCI devices of d%u:\n", d->id);
    spin_lock(&d->vpci->lock);
    list_for_each_entry(pci, &pci_devices, link) {
        if (pci->vpci != NULL && !pci->is_gone) {
            dump_dev(pci->vpci);
        }
    }
    spin_unlock(&d->vpci->lock);
}
