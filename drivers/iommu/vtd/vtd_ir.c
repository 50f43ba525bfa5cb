/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt remapping: a table for each unit.  An entry says where an
 * interrupt goes and who may raise it; the device is given its number.  Moving
 * an interrupt is one store into the entry, so neither device nor I/O APIC is
 * touched; only a level's vector has to stand in the I/O APIC as well, which
 * compares it with an EOI's.
 *
 * Locking: unit->lock.
 * Manual: VT-d specification, "Interrupt Remapping".
 */
#include <core/console/printk.h>
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <drivers/iommu/vtd/vtd_priv.h>
#include <drivers/pci/pci.h>

#define INDEX15 BIT(15)

static_assert(VTD_IR_ENTRIES * sizeof(struct vtd_entry) ==
              PAGE_SIZE << VTD_IR_ORDER, "interrupt table");

int INIT_TEXT vtd_ir_init(struct vtd_unit *u)
{
    const unsigned int size_field = bit_highest(VTD_IR_ENTRIES) - 1u;
    int rc;

    u->irt_used = xzalloc(VTD_IR_ENTRIES / 8u);
    u->irt = xpage_alloc(VTD_IR_ORDER);
    if (u->irt_used == NULL || u->irt == NULL) {
        return -ENOMEM;
    }
    arch_mm_clear_pages(u->irt, 1u << VTD_IR_ORDER);
    vtd_clean(u, u->irt, PAGE_SIZE << VTD_IR_ORDER);
    vtd_write64(u, VTD_IRTA, arch_va_to_paddr(u->irt) |
                field_prep(VTD_IRTA_S, size_field) |
                (u->has_eim ? VTD_IRTA_EIME : 0));
    rc = vtd_command(u, VTD_G_IRTP, true, "interrupt table");
    if (rc == 0) {
        spin_lock(&u->lock);
        rc = vtd_qi_forget_ir(u, -1);
        spin_unlock(&u->lock);
    }
    /* Interrupts of the old form are blocked: CFI stays off. */
    if (rc == 0) {
        rc = vtd_command(u, VTD_G_CFI, false, "old interrupts off");
    }
    return rc ? rc : vtd_command(u, VTD_G_IRE, true, "interrupt remapping on");
}

static struct vtd_unit *unit_of(const struct iommu_ir *ir, uint16_t *sid)
{
    *sid = PCI_BDF(ir->sbdf);
    return ir->is_ioapic ? vtd_scope_ioapic(ir->ioapic_id, sid)
                         : vtd_scope_find(ir->sbdf);
}

/* The bridge whose secondary bus @sbdf is on; NULL on a root bus. */
static const struct pci_dev *bridge_to(pci_sbdf_t sbdf)
{
    const struct pci_dev *dev;

    list_for_each_entry(dev, &pci_devices, link) {
        if (dev->header == PCI_HEADER_BRIDGE &&
            PCI_SEG(dev->sbdf) == PCI_SEG(sbdf) &&
            pci_cfg_read(dev->sbdf, PCI_BRIDGE_BUSES + 1, 1) ==
                PCI_BUS(sbdf)) {
            return dev;
        }
    }
    return NULL;
}

/*
 * Upper word of the entry: who may raise it.  What is behind a bridge to
 * conventional PCI speaks with an id of the bridge: some function of the
 * secondary bus if it bridges from PCI Express, else the bridge itself.
 */
static uint64_t requester_of(const struct iommu_ir *ir, uint16_t sid)
{
    const struct pci_dev *dev = ir->is_ioapic ? NULL : pci_find(ir->sbdf);

    while (dev != NULL && dev->pcie_cap == 0) {
        const struct pci_dev *const bridge = bridge_to(dev->sbdf);
        const unsigned int bus = PCI_BUS(dev->sbdf);

        if (bridge != NULL && bridge->pcie_cap != 0) {
            return FIELD_PREP(VTD_IRTE_HIGH_SVT, VTD_SVT_BUS) |
                   field_prep(VTD_IRTE_HIGH_SID, bus << 8 | bus);
        }
        sid = PCI_BDF(dev->sbdf);
        dev = bridge;
    }
    return FIELD_PREP(VTD_IRTE_HIGH_SVT, VTD_SVT_SID) |
           field_prep(VTD_IRTE_HIGH_SID, sid);
}

static void entry_set(struct vtd_unit *u, uint32_t index, uint64_t high,
                      const struct iommu_ir_target *t) REQUIRES(u->lock)
{
    struct vtd_entry *const e = &u->irt[index];
    const uint64_t low =
        VTD_IRTE_LOW_P | (t->is_level ? VTD_IRTE_LOW_LEVEL : 0) |
        field_prep(VTD_IRTE_LOW_VECTOR, t->vector) |
        field_prep(u->has_eim ? VTD_IRTE_LOW_DST : VTD_IRTE_LOW_DST_8,
                   t->apic_id);

    /* The upper word never changes while the entry is present. */
    if (!(e->low & VTD_IRTE_LOW_P)) {
        WRITE_ONCE(e->high, high);
    }
    barrier();
    WRITE_ONCE(e->low, low);
    vtd_clean(u, e, sizeof(*e));
    vtd_qi_must(u, vtd_qi_forget_ir(u, (int32_t)index));
}

static void message_make(struct iommu_ir_message *msg, uint32_t index,
                         uint8_t vector)
{
    const bool is_upper = (index & INDEX15) != 0;

    msg->addr = VTD_MSI_ADDR_BASE | VTD_MSI_ADDR_REMAP | VTD_MSI_ADDR_SHV |
                field_prep(VTD_MSI_ADDR_INDEX, index) |
                (is_upper ? VTD_MSI_ADDR_INDEX15 : 0);
    msg->data = 0;
    msg->rte = VTD_RTE_REMAP | field_prep(VTD_RTE_INDEX, index) |
               (is_upper ? VTD_RTE_INDEX15 : 0) |
               field_prep(VTD_RTE_VECTOR, vector);
}

int vtd_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target,
               struct iommu_ir_message *msg)
{
    uint16_t sid;
    struct vtd_unit *const u = unit_of(ir, &sid);
    unsigned int index = (unsigned int)ir->index;
    uint64_t high = 0;

    if (u == NULL || u->irt == NULL) {
        return -ENODEV;
    }
    if (target->apic_id > UINT8_MAX && !u->has_eim) {
        return -ERANGE;
    }
    if (ir->index == IOMMU_IR_NONE) {
        high = requester_of(ir, sid);
    }
    spin_lock(&u->lock);
    if (ir->index == IOMMU_IR_NONE) {
        index = bitmap_next_clear(u->irt_used, VTD_IR_ENTRIES, 0);
        if (index == VTD_IR_ENTRIES) {
            spin_unlock(&u->lock);
            return -ENOSPC;
        }
        bitmap_set(u->irt_used, index);
        ir->index = (int32_t)index;
    }
    entry_set(u, index, high, target);
    spin_unlock(&u->lock);
    message_make(msg, index, target->vector);
    return 0;
}

void vtd_ir_clear(struct iommu_ir *ir)
{
    uint16_t sid;
    struct vtd_unit *const u = unit_of(ir, &sid);
    const int32_t index = ir->index;

    if (u == NULL || index == IOMMU_IR_NONE) {
        return;
    }
    spin_lock(&u->lock);
    WRITE_ONCE(u->irt[index].low, 0);
    vtd_clean(u, &u->irt[index], sizeof(u->irt[index]));
    vtd_qi_must(u, vtd_qi_forget_ir(u, index));
    bitmap_clear(u->irt_used, (unsigned int)index);
    spin_unlock(&u->lock);
    ir->index = IOMMU_IR_NONE;
}

void vtd_ir_dump(struct vtd_unit *u)
{
    unsigned int i;

    if (u->irt == NULL) {
        return;
    }
    bitmap_for_each_set(i, u->irt_used, VTD_IR_ENTRIES) {
        const struct vtd_entry *const e = &u->irt[i];
        const unsigned int sid =
            (unsigned int)field_get(VTD_IRTE_HIGH_SID, e->high);

        printk_raw("  interrupt %u of " PCI_FMT ": vector %#x to APIC id %u, "
                   "%s\n", i, PCI_ARG(PCI_SBDF(u->segment, 0, 0, 0) | sid),
                   (unsigned int)field_get(VTD_IRTE_LOW_VECTOR, e->low),
                   (unsigned int)field_get(u->has_eim ? VTD_IRTE_LOW_DST
                                                      : VTD_IRTE_LOW_DST_8,
                                           e->low),
                   e->low & VTD_IRTE_LOW_LEVEL ? "level" : "edge");
    }
}
