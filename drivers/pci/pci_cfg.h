/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI addresses, register numbers, and access to the machine's configuration
 * space: by ports 0xCF8/0xCFC, and by ECAM for what these cannot reach.
 * Manual: PCI Local Bus 3.0, "Configuration Space"; PCI Express Base, "PCI
 * Express Enhanced Configuration Access Mechanism (ECAM)".
 */
#ifndef DRIVERS_PCI_PCI_CFG_H
#define DRIVERS_PCI_PCI_CFG_H

#include <core/lib/bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct acpi_mcfg;

/* Segment 31:16, bus 15:8, device 7:3, function 2:0. */
typedef uint32_t pci_sbdf_t;

#define PCI_SBDF(seg, bus, dev, fn)                                       \
    ((pci_sbdf_t)(((uint32_t)(seg) << 16) | ((uint32_t)(bus) << 8) |      \
                  ((uint32_t)(dev) << 3) | (uint32_t)(fn)))
#define PCI_SEG(sbdf) ((uint16_t)((sbdf) >> 16))
#define PCI_BUS(sbdf) ((uint8_t)((sbdf) >> 8))
#define PCI_DEV(sbdf) (((sbdf) >> 3) & 0x1fu)
#define PCI_FN(sbdf) ((sbdf) & 0x7u)
#define PCI_BDF(sbdf) ((uint16_t)(sbdf))

/* For printk: "0000:00:1f.2". */
#define PCI_FMT "%04x:%02x:%02x.%x"
#define PCI_ARG(sbdf) \
    PCI_SEG(sbdf), PCI_BUS(sbdf), PCI_DEV(sbdf), PCI_FN(sbdf)

#define PCI_CFG_SIZE 256u
#define PCI_ECAM_SIZE 4096u

enum pci_reg {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09,         /* 3 bytes: interface, subclass, class         */
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_BRIDGE_BUSES = 0x18,  /* Primary, secondary, subordinate             */
    PCI_ROM = 0x30,
    PCI_CAP_PTR = 0x34,
    PCI_BRIDGE_ROM = 0x38,
    PCI_INT_LINE = 0x3c,
    PCI_INT_PIN = 0x3d,
    PCI_EXT_CAP = 0x100,
};

#define PCI_COMMAND_IO BIT32(0)
#define PCI_COMMAND_MEMORY BIT32(1)
#define PCI_COMMAND_MASTER BIT32(2)
#define PCI_COMMAND_INTX_OFF BIT32(10)
#define PCI_STATUS_CAPS BIT32(4)
#define PCI_HEADER_KIND GENMASK32(6, 0)
#define PCI_HEADER_MULTI BIT32(7)
#define PCI_BAR_IO BIT32(0)
#define PCI_BAR_TYPE GENMASK32(2, 1)
#define PCI_BAR_TYPE_64 2u
#define PCI_BAR_PREFETCH BIT32(3)
#define PCI_BAR_MEM_MASK (~0xfu)
#define PCI_BAR_IO_MASK (~0x3u)
#define PCI_ROM_ENABLE BIT32(0)
#define PCI_ROM_MASK (~0x7ffu)

enum pci_header_kind {
    PCI_HEADER_NORMAL = 0,
    PCI_HEADER_BRIDGE = 1,
    PCI_HEADER_CARDBUS = 2,
};

/* Boot: remember the ECAM windows; a bus is mapped when first used. */
void pci_cfg_init(const struct acpi_mcfg *mcfg);

/*
 * @size is 1, 2 or 4, @reg aligned to it and below PCI_ECAM_SIZE.  What
 * cannot be reached reads all ones and drops writes.  Any context.
 */
uint32_t pci_cfg_read(pci_sbdf_t sbdf, unsigned int reg, unsigned int size);
void pci_cfg_write(pci_sbdf_t sbdf, unsigned int reg, unsigned int size,
                   uint32_t val);

#endif /* DRIVERS_PCI_PCI_CFG_H */
