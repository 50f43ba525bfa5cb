/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X: the capability, and the table in a BAR of the device, whose pages
 * are not mapped in the p2m.  The table that the guest reads and writes is
 * kept here; the device's own holds the hypervisor's messages.  Whatever
 * else lies in those pages (pending bits, other registers) goes through to
 * the device.
 *
 * An entry is bound when it is first unmasked while MSI-X is on, and stays
 * bound until MSI-X is turned off: masking is frequent, binding is not.
 *
 * Locking: the domain's VPCI lock; the list that vpci_msix_accept() walks
 * only grows.
 * Manual: PCI Local Bus 3.0, "MSI-X Capability and Table Structures".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/domain/pirq.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/vpci/vpci_priv.h>

static unsigned int entry_index(const struct vpci_msix_entry *e)
{
    return (unsigned int)(e - e->dev->msix->entry);
}

/* The machine's table, NULL while the BAR has no address. */
static uint8_t *hw_table(const struct vpci_msix *m)
{
    return m->regs != NULL ? m->regs + page_offset(m->table) : NULL;
}

/* In an interrupt or under the lock; an entry changes only while masked. */
static void hw_write(void *arg, uint64_t addr, uint32_t data)
{
    const struct vpci_msix_entry *const e = arg;
    uint8_t *const table = hw_table(e->dev->msix);
    const unsigned int i = entry_index(e);
    uint32_t control;

    if (table == NULL) {
        return;
    }
    control = arch_mmio_read32(table + i * MSIX_ENTRY_SIZE +
                               MSIX_ENTRY_CONTROL);
    msix_entry_mask(table, i, true);
    msix_entry_write(table, i, addr, data);
    if (!(control & MSIX_ENTRY_MASKED)) {
        msix_entry_mask(table, i, false);
    }
}

static const struct pirq_msi_ops msix_ops = {
    .write = hw_write,
    .can_change_vector = true,
};

static bool is_live(const struct vpci_msix_entry *e)
{
    const struct vpci_msix *const m = e->dev->msix;

    return m->is_enabled && !m->is_all_masked && !e->is_masked;
}

/* Bring the machine's entry and its binding to what the guest's says. */
static void entry_sync(struct vpci_msix_entry *e)
{
    uint8_t *const table = hw_table(e->dev->msix);
    const unsigned int i = entry_index(e);

    if (table == NULL) {
        return;
    }
    if (!is_live(e)) {
        msix_entry_mask(table, i, true);
        return;
    }
    if (e->pirq == NULL) {
        const struct pirq_msi_source source = {
            .ops = &msix_ops, .arg = e, .sbdf = e->dev->pci->sbdf,
        };

        if (pirq_msi_bind(e->dev->d, &source, e->addr, e->data,
                          &e->pirq) != 0) {
            printk_guest(LOG_WARN, e->dev->d->id, PCI_FMT ": no vector for "
                         "MSI-X entry %u\n", PCI_ARG(e->dev->pci->sbdf), i);
            return;
        }
    } else if (e->was_updated) {
        pirq_msi_update(e->pirq, e->addr, e->data);
    }
    e->was_updated = false;
    msix_entry_mask(table, i, false);
}

static void unbind_all(struct vpci_msix *m)
{
    uint8_t *const table = hw_table(m);

    for (unsigned int i = 0; i < m->count; i++) {
        struct vpci_msix_entry *const e = &m->entry[i];

        if (e->pirq == NULL) {
            continue;
        }
        if (table != NULL) {
            msix_entry_mask(table, i, true);
        }
        pirq_msi_unbind(e->pirq);
        e->pirq = NULL;
    }
}

static uint32_t control_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    const struct vpci_msix *const m = dev->msix;
    uint32_t val = (uint32_t)field_prep(MSIX_CONTROL_SIZE, m->count - 1u);

    if (m->is_enabled) {
        val |= MSIX_CONTROL_ENABLE;
    }
    if (m->is_all_masked) {
        val |= MSIX_CONTROL_MASK_ALL;
    }
    return val;
}

/*
 * The device's own "mask all" stays off once it is on: entries are masked
 * one by one, which a message that moves can rely on.
 */
static void control_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                          uint32_t val)
{
    struct vpci_msix *const m = dev->msix;
    const bool was_enabled = m->is_enabled;

    m->is_enabled = (val & MSIX_CONTROL_ENABLE) != 0;
    m->is_all_masked = (val & MSIX_CONTROL_MASK_ALL) != 0;
    if (m->is_enabled && !was_enabled) {
        /* Accessible, but silent until the entries are what they should. */
        msix_enable(dev->pci, true, true);
        for (unsigned int i = 0; i < m->count && m->regs != NULL; i++) {
            msix_entry_mask(hw_table(m), i, true);
        }
    }
    if (!m->is_enabled) {
        msix_enable(dev->pci, false, false);
        unbind_all(m);
        return;
    }
    for (unsigned int i = 0; i < m->count; i++) {
        entry_sync(&m->entry[i]);
    }
    msix_enable(dev->pci, true, false);
}

/* Frame by frame: nearly always there is one, and it is unmapped already. */
static int unmap_run(struct domain *d, uint64_t first, uint64_t frames)
{
    int rc = 0;

    for (uint64_t i = 0; i < frames && rc == 0; i++) {
        if (p2m_lookup(d, GFN(first + i)).type != P2M_NONE) {
            rc = p2m_unmap(d, GFN(first + i), 0);
        }
    }
    return rc;
}

void vpci_msix_relocate(struct vpci_dev *dev)
{
    struct vpci_msix *const m = dev->msix;
    paddr_t table;
    uint64_t bytes;

    if (m == NULL) {
        return;
    }
    table = msix_table_addr(dev->pci);
    bytes = (uint64_t)m->count * MSIX_ENTRY_SIZE;
    if (table == 0) {
        return;
    }
    if (m->mapped != table) {
        m->regs = arch_mm_ioremap(table & PAGE_MASK,
                                  round_up(page_offset(table) + bytes,
                                           PAGE_SIZE));
        m->mapped = m->regs != NULL ? table : 0;
    }
    if (m->regs == NULL) {
        printk(LOG_WARN, "vpci: cannot map the MSI-X table of " PCI_FMT "\n",
               PCI_ARG(dev->pci->sbdf));
    }
    m->first = table >> PAGE_SHIFT;
    m->last = (table + bytes - 1) >> PAGE_SHIFT;
    atomic_set_release(&m->table, table);
    if (vpci_for_each_run(dev, m->first, m->last - m->first + 1,
                          unmap_run) != 0) {
        printk(LOG_WARN, "vpci: the MSI-X table of " PCI_FMT " stays "
               "visible\n", PCI_ARG(dev->pci->sbdf));
    }
}

int vpci_msix_init(struct vpci_dev *dev)
{
    const unsigned int cap = dev->pci->msix_cap;
    struct vpci_msix *m;
    unsigned int count;

    if (cap == 0) {
        return 0;
    }
    msix_enable(dev->pci, false, false);
    count = msix_entries(dev->pci);
    m = dev->msix;
    if (m == NULL || m->count != count) {
        m = xzalloc(sizeof(*m) + count * sizeof(m->entry[0]));
        if (m == NULL) {
            return -ENOMEM;
        }
        m->dev = dev;
        m->count = count;
        dev->msix = m;
        list_add_tail(&m->link, &dev->d->vpci->msix);
    }
    m->is_all_masked = false;
    for (unsigned int i = 0; i < count; i++) {
        m->entry[i] = (struct vpci_msix_entry){ .dev = dev,
                                                .is_masked = true };
    }
    vpci_reg_add(dev, &(struct vpci_reg){
        .offset = (uint16_t)(cap + MSIX_CONTROL), .size = 2,
        .read = control_read, .write = control_write,
    });
    return 0;
}

void vpci_msix_free(struct vpci_dev *dev)
{
    struct vpci_msix *const m = dev->msix;

    if (m == NULL) {
        return;
    }
    if (m->is_enabled) {
        msix_enable(dev->pci, false, false);
        m->is_enabled = false;
    }
    unbind_all(m);
    /* Linked for good; without a table it accepts no address. */
    atomic_set_release(&m->table, (paddr_t)0);
    m->regs = NULL;
    m->mapped = 0;
}

static struct vpci_msix *msix_of(const struct domain *d, gpa_t gpa)
{
    const uint64_t frame = gpa >> PAGE_SHIFT;
    struct vpci_msix *m;

    list_for_each_entry(m, &d->vpci->msix, link) {
        if (atomic_read_acquire(&m->table) != 0 && frame >= m->first &&
            frame <= m->last) {
            return m;
        }
    }
    return NULL;
}

bool vpci_msix_accept(const struct domain *d, gpa_t gpa)
{
    return d->vpci != NULL && msix_of(d, gpa) != NULL;
}

/* The 32-bit register at byte @off of an entry as the guest sees it. */
static uint32_t entry_read(const struct vpci_msix_entry *e, unsigned int off)
{
    switch (off) {
    case MSIX_ENTRY_ADDRESS: return lo32(e->addr);
    case MSIX_ENTRY_ADDRESS_HIGH: return hi32(e->addr);
    case MSIX_ENTRY_DATA: return e->data;
    default: return e->is_masked ? MSIX_ENTRY_MASKED : 0;
    }
}

static void entry_write(struct vpci_msix_entry *e, unsigned int off,
                        uint32_t val)
{
    switch (off) {
    case MSIX_ENTRY_ADDRESS:
        e->addr = make64(hi32(e->addr), val & ~3u);
        break;
    case MSIX_ENTRY_ADDRESS_HIGH:
        e->addr = make64(val, lo32(e->addr));
        break;
    case MSIX_ENTRY_DATA:
        e->data = val;
        break;
    default:
        e->is_masked = (val & MSIX_ENTRY_MASKED) != 0;
        entry_sync(e);
        return;
    }
    e->was_updated = true;
    if (e->pirq != NULL && is_live(e)) {
        entry_sync(e);
    }
}

/* Entry and offset of an access inside the table, NULL: beside it. */
static struct vpci_msix_entry *table_entry(struct vpci_msix *m, gpa_t gpa,
                                           unsigned int *off)
{
    const uint64_t bytes = (uint64_t)m->count * MSIX_ENTRY_SIZE;

    if (gpa < m->table || gpa >= m->table + bytes) {
        return NULL;
    }
    *off = (unsigned int)((gpa - m->table) % MSIX_ENTRY_SIZE);
    return &m->entry[index_nospec((gpa - m->table) / MSIX_ENTRY_SIZE,
                                  m->count)];
}

/* Neighbours of the table: straight to the device. */
static uint64_t beside_read(const struct vpci_msix *m, gpa_t gpa,
                            unsigned int size)
{
    const uint8_t *const p = m->regs + (gpa - (m->table & PAGE_MASK));

    switch (size) {
    case 1: return arch_mmio_read8(p);
    case 2: return arch_mmio_read16(p);
    case 4: return arch_mmio_read32(p);
    default: return arch_mmio_read64(p);
    }
}

static void beside_write(const struct vpci_msix *m, gpa_t gpa,
                         unsigned int size, uint64_t val)
{
    uint8_t *const p = m->regs + (gpa - (m->table & PAGE_MASK));

    switch (size) {
    case 1: arch_mmio_write8(p, (uint8_t)val); break;
    case 2: arch_mmio_write16(p, (uint16_t)val); break;
    case 4: arch_mmio_write32(p, (uint32_t)val); break;
    default: arch_mmio_write64(p, val); break;
    }
}

uint64_t vpci_msix_mmio_read(struct domain *d, gpa_t gpa, unsigned int size)
{
    struct vpci_msix_entry *e;
    uint64_t val = ~UINT64_C(0);
    struct vpci_msix *m;
    unsigned int off;

    spin_lock(&d->vpci->lock);
    m = msix_of(d, gpa);
    if (m == NULL || m->regs == NULL || !m->dev->is_memory_on ||
        (gpa & (size - 1u)) != 0) {
        spin_unlock(&d->vpci->lock);
        return val;
    }
    e = table_entry(m, gpa, &off);
    if (e == NULL) {
        val = beside_read(m, gpa, size);
    } else if (size >= 4) {
        val = entry_read(e, off);
        if (size == 8) {
            val |= (uint64_t)entry_read(e, off + 4u) << 32;
        }
    }
    spin_unlock(&d->vpci->lock);
    return val;
}

void vpci_msix_mmio_write(struct domain *d, gpa_t gpa, unsigned int size,
                          uint64_t val)
{
    struct vpci_msix_entry *e;
    struct vpci_msix *m;
    unsigned int off;

    spin_lock(&d->vpci->lock);
    m = msix_of(d, gpa);
    if (m == NULL || m->regs == NULL || !m->dev->is_memory_on ||
        (gpa & (size - 1u)) != 0) {
        spin_unlock(&d->vpci->lock);
        return;
    }
    e = table_entry(m, gpa, &off);
    if (e == NULL) {
        beside_write(m, gpa, size, val);
    } else if (size >= 4) {
        entry_write(e, off, (uint32_t)val);
        if (size == 8) {
            entry_write(e, off + 4u, (uint32_t)(val >> 32));
        }
    }
    spin_unlock(&d->vpci->lock);
}
