/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports and device memory dom0 may use: all but what the hypervisor
 * drives itself or emulates.  Device memory is mapped 1:1 when dom0 touches
 * it first (p2m_fault()), only low memory's holes and the firmware's tables
 * at once.
 * Boot, one CPU: no locks.
 */
#include <core/arch/arch_p2m.h>
#include <core/dom0/dom0_priv.h>
#include <core/domain/domain.h>
#include <core/domain/io_caps.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/mm/slab.h>
#include <drivers/acpi/acpi.h>
#include <drivers/irq/ioapic.h>

#define LOW_MEMORY_END MIB(1)
#define MSI_WINDOW 0xfee00000u
#define MSI_WINDOW_SIZE MIB(1)
#define VTD_REGS_SIZE KIB(16)
#define AMDVI_REGS_SIZE KIB(512)
/* Larger holes wait until dom0 touches them. */
#define MAP_AT_ONCE_MAX MIB(16)

/* Ports of what is emulated: 8259s, PIT, speaker, RTC, PCI, debug port. */
static const struct dom0_ports emulated[] = {
    { 0x20, 0x21 }, { 0x40, 0x43 }, { 0x61, 0x61 }, { 0x70, 0x71 },
    { 0xa0, 0xa1 }, { 0xe9, 0xe9 }, { 0xcf8, 0xcff },
};

static int permit_ports(struct rangeset *set, const struct dom0_boot *boot)
{
    int rc = rangeset_add(set, 0, UINT16_MAX);

    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(emulated); i++) {
        rc = rangeset_remove(set, emulated[i].first, emulated[i].last);
    }
    for (unsigned int i = 0; rc == 0 && i < boot->port_count; i++) {
        rc = rangeset_remove(set, boot->ports[i].first, boot->ports[i].last);
    }
    return rc;
}

/* Every frame that [@start, +@size) touches. */
static int forbid(struct rangeset *set, paddr_t start, uint64_t size)
{
    return rangeset_remove(set, start >> PAGE_SHIFT,
                           (start + size - 1) >> PAGE_SHIFT);
}

/* RAM: whole frames only, as the page allocator has it. */
static int forbid_ram(struct rangeset *set, const struct e820_map *host)
{
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < host->count; i++) {
        const struct e820_entry *const e = &host->entry[i];
        const paddr_t start = round_up(e->addr, PAGE_SIZE);
        const paddr_t end = round_down(e->addr + e->size, PAGE_SIZE);

        if (e->type == E820_RAM && start < end) {
            rc = forbid(set, start, end - start);
        }
    }
    /* Frame 0 is nobody's RAM: dom0 reads the BIOS data area there. */
    return rc ? rc : rangeset_add(set, 0, 0);
}

static int forbid_units(struct rangeset *set)
{
    int rc = forbid(set, MSI_WINDOW, MSI_WINDOW_SIZE);

    if (rc == 0 && acpi_madt.lapic_addr != 0) {
        rc = forbid(set, acpi_madt.lapic_addr, PAGE_SIZE);
    }
    for (unsigned int i = 0; rc == 0 && i < ioapic_count(); i++) {
        rc = forbid(set, ioapic_get(i)->addr, PAGE_SIZE);
    }
    if (rc == 0 && acpi_hpet.is_present) {
        rc = forbid(set, acpi_hpet.addr, PAGE_SIZE);
    }
    for (unsigned int i = 0; rc == 0 && i < acpi_mcfg.count; i++) {
        const struct acpi_ecam *const e = &acpi_mcfg.ecam[i];

        rc = forbid(set, e->addr + ((paddr_t)e->first_bus << 20),
                    (paddr_t)(e->last_bus - e->first_bus + 1) << 20);
    }
    for (unsigned int i = 0; rc == 0 && i < acpi_iommu.unit_count; i++) {
        const struct acpi_iommu_unit *const u = &acpi_iommu.unit[i];

        rc = forbid(set, u->addr,
                    u->has_bdf ? AMDVI_REGS_SIZE : VTD_REGS_SIZE);
    }
    return rc;
}

int dom0_io_permit(struct domain *d, const struct dom0_boot *boot)
{
    const uint64_t frames = UINT64_C(1) << (boot->phys_bits - PAGE_SHIFT);
    int rc;

    rc = io_caps_init(d);
    if (rc != 0) {
        return rc;
    }
    rc = permit_ports(d->port_ok, boot);
    if (rc == 0) {
        rc = rangeset_add(d->mmio_ok, 0, frames - 1);
    }
    if (rc == 0) {
        rc = forbid_ram(d->mmio_ok, boot->host);
    }
    if (rc == 0) {
        rc = forbid_units(d->mmio_ok);
    }
    for (unsigned int i = 0; rc == 0 && i < boot->hidden_count; i++) {
        rc = forbid(d->mmio_ok, boot->hidden_frames[i], 1);
    }
    return rc;
}

/* Map the permitted frames among first .. last. */
static int map_permitted(struct domain *d, uint64_t first, uint64_t last)
{
    struct range *r;

    rangeset_for_each(r, d->mmio_ok) {
        const uint64_t from = max(first, r->first);
        const uint64_t to = min(last, r->last);
        int rc;

        if (from > to) {
            continue;
        }
        rc = p2m_map_range(d, GFN(from), MFN(from), to - from + 1,
                           P2M_MMIO_DIRECT);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int dom0_io_map(struct domain *d, const struct dom0_boot *boot)
{
    int rc = map_permitted(d, 0, (LOW_MEMORY_END >> PAGE_SHIFT) - 1);

    for (unsigned int i = 0; rc == 0 && i < boot->host->count; i++) {
        const struct e820_entry *const e = &boot->host->entry[i];
        const uint64_t end = e->addr + e->size;

        if (e->type == E820_RAM || e->type == E820_UNUSABLE ||
            e->size > MAP_AT_ONCE_MAX || e->addr < LOW_MEMORY_END) {
            continue;
        }
        rc = map_permitted(d, e->addr >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
    }
    return rc;
}
