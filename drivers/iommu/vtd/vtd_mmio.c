/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to the registers of a unit.  What was written to memory before is
 * seen by the unit when it is told by a register: stores stay in order.  A
 * file of its own, so that host tests can put a model of a unit here.
 */
#include <core/arch/arch_io.h>
#include <drivers/iommu/vtd/vtd_priv.h>

uint32_t vtd_read32(const struct vtd_unit *u, unsigned int reg)
{
    const uint32_t val = arch_mmio_read32(u->regs + reg);

    barrier();
    return val;
}

uint64_t vtd_read64(const struct vtd_unit *u, unsigned int reg)
{
    const uint64_t val = arch_mmio_read64(u->regs + reg);

    barrier();
    return val;
}

void vtd_write32(const struct vtd_unit *u, unsigned int reg, uint32_t val)
{
    barrier();
    arch_mmio_write32(u->regs + reg, val);
}

void vtd_write64(const struct vtd_unit *u, unsigned int reg, uint64_t val)
{
    barrier();
    arch_mmio_write64(u->regs + reg, val);
}
