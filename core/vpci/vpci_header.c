/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header: COMMAND's memory decoding, base address registers, ROM.
 *
 * The registers themselves are the device's, sizing included.  What is kept
 * here is where each region is mapped in the p2m.  When decoding is turned
 * on, regions are mapped where their registers say.  Turning it off keeps
 * the mapping until the region moves: guests turn decoding off and on again
 * around each sizing, and the domain may touch all device memory anyway
 * (p2m_fault()), so that unmapping would cost much and protect nothing.
 *
 * Locking: the domain's VPCI lock.
 * Manual: PCI Local Bus 3.0, "Configuration Space", "Base Addresses".
 */
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/vpci/vpci_priv.h>

static bool is_memory(const struct pci_region *r)
{
    return r->kind == PCI_REGION_MEM32 || r->kind == PCI_REGION_MEM64;
}

int vpci_for_each_run(const struct vpci_dev *dev, uint64_t first,
                      uint64_t frames,
                      int (*fn)(struct domain *d, uint64_t first,
                                uint64_t frames))
{
    const uint64_t last = first + frames - 1;
    struct range *r;

    rangeset_for_each(r, dev->d->mmio_ok) {
        const uint64_t from = max(first, r->first);
        const uint64_t to = min(last, r->last);
        int rc;

        if (from > to) {
            continue;
        }
        rc = fn(dev->d, from, to - from + 1);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int map_run(struct domain *d, uint64_t first, uint64_t frames)
{
    return p2m_map_range(d, GFN(first), MFN(first), frames, P2M_MMIO_DIRECT);
}

static int unmap_run(struct domain *d, uint64_t first, uint64_t frames)
{
    return p2m_unmap_range(d, GFN(first), frames);
}

static void unmap_region(struct vpci_dev *dev, unsigned int i)
{
    struct vpci_mapping *const m = &dev->map[i];

    if (m->frames == 0) {
        return;
    }
    if (vpci_for_each_run(dev, m->first, m->frames, unmap_run) != 0) {
        printk_guest(LOG_WARN, dev->d->id, PCI_FMT ": cannot unmap region "
                     "%u\n", PCI_ARG(dev->pci->sbdf), i);
    }
    m->frames = 0;
}

/* Make the mapping of region @i what its register says. */
static void map_region(struct vpci_dev *dev, unsigned int i)
{
    const struct pci_region *const r = &dev->pci->region[i];
    struct vpci_mapping *const m = &dev->map[i];
    const uint64_t first = r->addr >> PAGE_SHIFT;
    const uint64_t frames =
        ((r->addr + r->size - 1) >> PAGE_SHIFT) - first + 1;

    if (m->frames == frames && m->first == first) {
        return;
    }
    unmap_region(dev, i);
    if (r->addr == 0) {
        return;
    }
    if (vpci_for_each_run(dev, first, frames, map_run) != 0) {
        printk_guest(LOG_WARN, dev->d->id, PCI_FMT ": cannot map region %u "
                     "at %#lx\n", PCI_ARG(dev->pci->sbdf), i,
                     (unsigned long)r->addr);
        return;
    }
    m->first = first;
    m->frames = frames;
}

/* Read where a region is now; decoding is off or about to be turned on. */
static void reread_region(struct vpci_dev *dev, unsigned int i)
{
    struct pci_region *const r = &dev->pci->region[i];
    const unsigned int reg = pci_bar_reg(dev->pci, i);
    const uint32_t low = pci_cfg_read(dev->pci->sbdf, reg, 4);
    uint32_t high = 0;

    if (r->kind == PCI_REGION_MEM64) {
        high = pci_cfg_read(dev->pci->sbdf, reg + 4, 4);
    }
    /* Cut to the size: a register may hold a sizing pattern. */
    r->addr = make64(high, low & (i == PCI_ROM_INDEX ? PCI_ROM_MASK
                                                     : PCI_BAR_MEM_MASK)) &
              ~(r->size - 1);
}

static void map_all(struct vpci_dev *dev)
{
    for (unsigned int i = 0; i < dev->pci->bar_count; i++) {
        if (is_memory(&dev->pci->region[i])) {
            reread_region(dev, i);
            map_region(dev, i);
        }
    }
    if (dev->is_rom_on) {
        reread_region(dev, PCI_ROM_INDEX);
        map_region(dev, PCI_ROM_INDEX);
    }
    vpci_msix_relocate(dev);
}

static uint32_t command_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    return pci_cfg_read(dev->pci->sbdf, PCI_COMMAND, 2);
}

/* Map before the device answers, so that nothing else is seen there. */
static void command_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                          uint32_t val)
{
    const bool on = (val & PCI_COMMAND_MEMORY) != 0;

    if (on && !dev->is_memory_on) {
        map_all(dev);
    }
    dev->is_memory_on = on;
    pci_cfg_write(dev->pci->sbdf, PCI_COMMAND, 2, val);
}

static uint32_t bar_read(struct vpci_dev *dev, const struct vpci_reg *reg)
{
    return pci_cfg_read(dev->pci->sbdf, reg->offset, 4);
}

/* While decoding is on a register stays: the mapping would be wrong. */
static void bar_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                      uint32_t val)
{
    if (dev->is_memory_on) {
        if (val != bar_read(dev, reg)) {
            printk_guest(LOG_DEBUG, dev->d->id, PCI_FMT ": write of BAR %u "
                         "while it is in use is ignored\n",
                         PCI_ARG(dev->pci->sbdf), reg->index);
        }
        return;
    }
    pci_cfg_write(dev->pci->sbdf, reg->offset, 4, val);
}

/* The ROM has an enable bit of its own beside COMMAND's. */
static void rom_write(struct vpci_dev *dev, const struct vpci_reg *reg,
                      uint32_t val)
{
    const bool on = (val & PCI_ROM_ENABLE) != 0;

    if (dev->is_memory_on && dev->is_rom_on && on) {
        return;
    }
    pci_cfg_write(dev->pci->sbdf, reg->offset, 4, val & ~PCI_ROM_ENABLE);
    if (on) {
        reread_region(dev, PCI_ROM_INDEX);
        if (dev->is_memory_on) {
            map_region(dev, PCI_ROM_INDEX);
        }
        pci_cfg_write(dev->pci->sbdf, reg->offset, 4, val);
    }
    dev->is_rom_on = on;
}

static void add_bars(struct vpci_dev *dev)
{
    for (unsigned int i = 0; i < dev->pci->bar_count; i++) {
        const enum pci_region_kind kind = dev->pci->region[i].kind;

        if (kind == PCI_REGION_MEM32 || kind == PCI_REGION_MEM64 ||
            kind == PCI_REGION_MEM64_HIGH) {
            vpci_reg_add(dev, &(struct vpci_reg){
                .offset = (uint16_t)pci_bar_reg(dev->pci, i),
                .size = 4, .index = (uint8_t)i,
                .read = bar_read, .write = bar_write,
            });
        }
    }
    if (dev->pci->region[PCI_ROM_INDEX].kind == PCI_REGION_ROM) {
        const unsigned int reg = pci_bar_reg(dev->pci, PCI_ROM_INDEX);

        vpci_reg_add(dev, &(struct vpci_reg){
            .offset = (uint16_t)reg, .size = 4, .index = PCI_ROM_INDEX,
            .read = bar_read, .write = rom_write,
        });
        dev->is_rom_on =
            (pci_cfg_read(dev->pci->sbdf, reg, 4) & PCI_ROM_ENABLE) != 0;
    }
}

int vpci_header_init(struct vpci_dev *dev)
{
    const uint32_t command = command_read(dev, NULL);

    vpci_reg_add(dev, &(struct vpci_reg){
        .offset = PCI_COMMAND, .size = 2,
        .read = command_read, .write = command_write,
    });
    add_bars(dev);
    dev->is_memory_on = (command & PCI_COMMAND_MEMORY) != 0;
    if (dev->is_memory_on) {
        map_all(dev);
    }
    return 0;
}

void vpci_header_free(struct vpci_dev *dev)
{
    for (unsigned int i = 0; i < PCI_REGIONS; i++) {
        unmap_region(dev, i);
    }
}
