/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to configuration space.  The first 256 bytes of segment 0 go
 * through the ports, which every machine has; everything else through ECAM,
 * mapped bus by bus (1 MiB) on first use so that unused buses cost nothing.
 * Locking: lock PCI for the port pair and for mapping.
 * Manual: PCI Local Bus 3.0, "Configuration Mechanism #1"; PCI Express Base,
 * "PCI Express Enhanced Configuration Access Mechanism (ECAM)".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/lib/util.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/sync/spinlock.h>
#include <drivers/acpi/acpi_mcfg.h>
#include <drivers/pci/pci_cfg.h>

#define CFG_ADDRESS 0xcf8u
#define CFG_DATA 0xcfcu
#define CFG_ENABLE BIT32(31)
#define ECAM_BUS_SIZE MIB(1)
#define ECAM_BUSES 256u

/* Of one window: the mapping of each bus, NULL: not yet. */
struct ecam_map {
    uint8_t *bus[ECAM_BUSES];
};

static struct acpi_mcfg windows;
static struct ecam_map *maps[ACPI_MAX_ECAM];
static struct spinlock cfg_lock = SPINLOCK_INIT(PCI);

void pci_cfg_init(const struct acpi_mcfg *mcfg)
{
    windows = *mcfg;
    for (unsigned int i = 0; i < windows.count; i++) {
        maps[i] = xzalloc_type(struct ecam_map);
    }
}

static uint8_t *ecam_bus(unsigned int window, unsigned int bus)
{
    struct ecam_map *const m = maps[window];
    uint8_t *va;

    if (m == NULL) {
        return NULL;
    }
    va = atomic_read_acquire(&m->bus[bus]);
    if (va != NULL) {
        return va;
    }
    /* Two CPUs may both map it: the address space of one is lost. */
    va = arch_mm_ioremap(windows.ecam[window].addr + bus * ECAM_BUS_SIZE,
                         ECAM_BUS_SIZE);
    atomic_set_release(&m->bus[bus], va);
    return va;
}

static uint8_t *ecam_addr(pci_sbdf_t sbdf, unsigned int reg)
{
    for (unsigned int i = 0; i < windows.count; i++) {
        const struct acpi_ecam *const w = &windows.ecam[i];

        if (w->segment == PCI_SEG(sbdf) && PCI_BUS(sbdf) >= w->first_bus &&
            PCI_BUS(sbdf) <= w->last_bus) {
            uint8_t *const va = ecam_bus(i, PCI_BUS(sbdf));

            return va != NULL
                ? va + ((sbdf & 0xffu) << 12 | (reg & 0xfffu)) : NULL;
        }
    }
    return NULL;
}

static uint32_t port_read(pci_sbdf_t sbdf, unsigned int reg,
                          unsigned int size)
{
    const uint16_t data = (uint16_t)(CFG_DATA + (reg & 3u));
    uint32_t val;

    spin_lock(&cfg_lock);
    arch_io_out32(CFG_ADDRESS, CFG_ENABLE | PCI_BDF(sbdf) << 8 |
                  (reg & 0xfcu));
    switch (size) {
    case 1: val = arch_io_in8(data); break;
    case 2: val = arch_io_in16(data); break;
    default: val = arch_io_in32(data); break;
    }
    spin_unlock(&cfg_lock);
    return val;
}

static void port_write(pci_sbdf_t sbdf, unsigned int reg, unsigned int size,
                       uint32_t val)
{
    const uint16_t data = (uint16_t)(CFG_DATA + (reg & 3u));

    spin_lock(&cfg_lock);
    arch_io_out32(CFG_ADDRESS, CFG_ENABLE | (uint32_t)PCI_BDF(sbdf) << 8 |
                  (reg & 0xfcu));
    switch (size) {
    case 1: arch_io_out8(data, (uint8_t)val); break;
    case 2: arch_io_out16(data, (uint16_t)val); break;
    default: arch_io_out32(data, val); break;
    }
    spin_unlock(&cfg_lock);
}

static bool by_port(pci_sbdf_t sbdf, unsigned int reg)
{
    return PCI_SEG(sbdf) == 0 && reg < PCI_CFG_SIZE;
}

uint32_t pci_cfg_read(pci_sbdf_t sbdf, unsigned int reg, unsigned int size)
{
    const uint8_t *addr;

    if (by_port(sbdf, reg)) {
        return port_read(sbdf, reg, size);
    }
    addr = ecam_addr(sbdf, reg);
    if (addr == NULL) {
        return (uint32_t)GENMASK64(8 * size - 1, 0);
    }
    switch (size) {
    case 1: return arch_mmio_read8(addr);
    case 2: return arch_mmio_read16(addr);
    default: return arch_mmio_read32(addr);
    }
}

void pci_cfg_write(pci_sbdf_t sbdf, unsigned int reg, unsigned int size,
                   uint32_t val)
{
    uint8_t *addr;

    if (by_port(sbdf, reg)) {
        port_write(sbdf, reg, size, val);
        return;
    }
    addr = ecam_addr(sbdf, reg);
    if (addr == NULL) {
        return;
    }
    switch (size) {
    case 1: arch_mmio_write8(addr, (uint8_t)val); break;
    case 2: arch_mmio_write16(addr, (uint16_t)val); break;
    default: arch_mmio_write32(addr, val); break;
    }
}
