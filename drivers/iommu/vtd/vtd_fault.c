/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a unit has refused: its fault records, and the interrupt by which it
 * says that there are some.  That interrupt is a message of the unit itself,
 * which no unit remaps.
 *
 * Locking: iommu_ops.fault_drain() runs on one CPU at a time.
 * Manual: VT-d specification, "Non-Recoverable Fault Reporting", "Fault
 * Conditions".
 */
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/util.h>
#include <drivers/iommu/vtd/vtd_priv.h>

/* Reasons by the manual's numbers. */
static const char *const reasons[] = {
    [0x01] = "nothing of this bus is attached",
    [0x02] = "device is not attached",
    [0x03] = "context entry is invalid",
    [0x04] = "address is too wide",
    [0x05] = "no mapping for writing",
    [0x06] = "no mapping for reading",
    [0x07] = "page table cannot be read",
    [0x08] = "root table cannot be read",
    [0x09] = "context table cannot be read",
    [0x0a] = "reserved bits in the root entry",
    [0x0b] = "reserved bits in the context entry",
    [0x0c] = "reserved bits in a page table",
    [0x0d] = "request with a translated address",
    [0x20] = "reserved bits in the interrupt",
    [0x21] = "number beyond the interrupt table",
    [0x22] = "interrupt is not set up",
    [0x23] = "interrupt table cannot be read",
    [0x24] = "reserved bits in the interrupt's entry",
    [0x25] = "interrupt names no entry",
    [0x26] = "interrupt of another device",
    [0x27] = "posted interrupt cannot be written",
};

static const char *reason_name(unsigned int reason)
{
    const char *const name =
        reason < ARRAY_SIZE(reasons) ? reasons[reason] : NULL;

    return name != NULL ? name : "unknown reason";
}

static unsigned int record_count(const struct vtd_unit *u)
{
    return (unsigned int)field_get(VTD_CAP_NFR, u->cap) + 1u;
}

static unsigned int record_reg(const struct vtd_unit *u, unsigned int index)
{
    return ((unsigned int)field_get(VTD_CAP_FRO, u->cap) + index) *
           VTD_FRCD_SIZE;
}

static void report(const struct vtd_unit *u, uint64_t low, uint64_t high)
{
    const unsigned int reason =
        (unsigned int)field_get(VTD_FRCD_HIGH_FR, high);
    struct iommu_fault f = {
        .sbdf = PCI_SBDF(u->segment, 0, 0, 0) |
                (pci_sbdf_t)field_get(VTD_FRCD_HIGH_SID, high),
        .addr = low & VTD_FRCD_LOW_FI,
        .is_write = !(high & VTD_FRCD_HIGH_READ),
        .is_interrupt = reason >= VTD_FR_INTERRUPT_FIRST &&
                        reason <= VTD_FR_INTERRUPT_LAST,
        .reason = reason_name(reason),
    };

    if (f.is_interrupt) {
        f.addr = VTD_MSI_ADDR_BASE | VTD_MSI_ADDR_REMAP |
                 field_prep(VTD_MSI_ADDR_INDEX,
                            field_get(VTD_FRCD_LOW_INDEX, low));
    }
    iommu_fault(&f);
}

/* Take records once around, @max at most; report them if @is_wanted. */
static unsigned int records_pass(const struct vtd_unit *u, uint32_t fsts,
                                 unsigned int max, bool is_wanted)
{
    const unsigned int first = (unsigned int)field_get(VTD_FSTS_FRI, fsts);
    unsigned int taken = 0;

    for (unsigned int i = 0; i < record_count(u) && taken < max; i++) {
        const unsigned int reg = record_reg(u, (first + i) % record_count(u));
        const uint64_t high = vtd_read64(u, reg + 8u);

        if (high & VTD_FRCD_HIGH_F) {
            if (is_wanted) {
                report(u, vtd_read64(u, reg), high);
            }
            vtd_write32(u, reg + VTD_FRCD_WORD3, VTD_FRCD_WORD3_F);
            taken++;
        }
    }
    /* Only now: the unit records again from here on. */
    if (fsts & VTD_FSTS_PFO) {
        vtd_write32(u, VTD_FSTS, VTD_FSTS_PFO);
    }
    return taken;
}

/* A record that is filled while others are makes no new interrupt. */
static unsigned int records_take(const struct vtd_unit *u, unsigned int max,
                                 bool is_wanted)
{
    unsigned int taken = 0;
    unsigned int more;
    uint32_t fsts;

    do {
        fsts = vtd_read32(u, VTD_FSTS);
        more = records_pass(u, fsts, max - taken, is_wanted);
        taken += more;
    } while (more != 0 && taken < max);
    return taken;
}

unsigned int vtd_fault_drain(bool rearm)
{
    unsigned int taken = 0;

    for_each_vtd_unit(u) {
        taken += records_take(u, IOMMU_FAULT_BATCH - taken, true);
    }
    for_each_vtd_unit(u) {
        vtd_write32(u, VTD_FECTL, rearm ? 0 : VTD_FECTL_IM);
    }
    return taken;
}

static struct vtd_unit *irq_unit(struct irq *irq)
{
    return container_of(irq, struct vtd_unit, fault_irq);
}

static void fault_mask(struct irq *irq)
{
    vtd_write32(irq_unit(irq), VTD_FECTL, VTD_FECTL_IM);
}

static void fault_unmask(struct irq *irq)
{
    vtd_write32(irq_unit(irq), VTD_FECTL, 0);
}

/* A move leaves the vector alone, so it is one write. */
static void fault_route(struct irq *irq, uint32_t apic_id, uint8_t vector)
{
    const struct vtd_unit *const u = irq_unit(irq);

    vtd_write32(u, VTD_FEDATA, vector);
    vtd_write32(u, VTD_FEUADDR, apic_id & VTD_FEUADDR_DEST);
    vtd_write32(u, VTD_FEADDR, VTD_MSI_ADDR_BASE |
                (uint32_t)field_prep(VTD_FEADDR_DEST, apic_id));
}

static const struct irq_chip fault_chip = {
    .name = "VT-d",
    .mask = fault_mask,
    .unmask = fault_unmask,
    .route = fault_route,
    .can_change_vector = false,
};

static enum irq_result fault_interrupt(void *arg)
{
    iommu_fault_interrupt();
    return IRQ_DONE;
}

void INIT_TEXT vtd_fault_init(struct vtd_unit *u)
{
    /* What firmware left behind. */
    (void)records_take(u, IOMMU_FAULT_BATCH, false);
    irq_setup(&u->fault_irq, &fault_chip, u->nr);
    if (irq_request(&u->fault_irq, "faults", fault_interrupt, u,
                    this_cpu_id()) != 0) {
        printk(LOG_WARN, "VT-d unit at %#lx: no vector, its faults are not "
               "reported\n", (unsigned long)u->addr);
        return;
    }
    irq_unmask(&u->fault_irq);
}
