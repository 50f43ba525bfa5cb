/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt remapping: a table for each requester id, made when its first
 * interrupt is set up, so that a device can raise no other interrupts than
 * its own.  The index of an entry is what the message carries in the place
 * of vector and delivery mode; the redirection entry of an I/O APIC likewise,
 * which is why its end of interrupt has to name the index (ioapic.c).
 *
 * Locking: amdvi_lock.
 * Manual: AMD I/O Virtualization Technology specification, "Interrupt
 * Remapping Tables".
 */
#include <core/abi/xen.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>
#include <drivers/pci/msi.h>

/* Below are no legal vectors: an I/O APIC may refuse to send them. */
#define FIRST_INDEX 16u
#define IRTES_LOG2 9u
static_assert(AMDVI_IRTES == 1u << IRTES_LOG2, "length of interrupt tables");

uint32_t *amdvi_ir_table(const uint64_t *dte)
{
    const paddr_t root = dte[2] & DTE_INT_ROOT;

    return root != 0 ? arch_paddr_to_va(root) : NULL;
}

static bool source(const struct iommu_ir *ir, struct amdvi_source *s)
{
    return ir->is_ioapic ? amdvi_source_of_ioapic(ir->ioapic_id, s)
                         : amdvi_source_of(ir->sbdf, s);
}

/* A table for @s, NULL without memory. */
static uint32_t *table_create(const struct amdvi_source *s)
{
    uint64_t *const dte = amdvi_dte(s->unit, s->bdf);
    struct page *const pg = page_alloc(0, DOMID_XEN, PAGE_ZERO,
                                       PAGE_ANY_NODE);

    if (pg == NULL) {
        return NULL;
    }
    atomic_set_release(&dte[2],
                       dte[2] | mfn_to_paddr(page_mfn(pg)) |
                       field_prep(DTE_INT_LENGTH, IRTES_LOG2) |
                       field_prep(DTE_INT_CTL, DTE_INT_CTL_REMAP));
    amdvi_cmd_devtab(s->unit, s->bdf);
    return page_va(pg);
}

/* A free entry; IOMMU_IR_NONE: none. */
static int32_t find_free(const uint32_t *table)
{
    for (unsigned int i = FIRST_INDEX; i < AMDVI_IRTES; i++) {
        if (!(table[i] & IRTE_REMAP)) {
            return (int32_t)i;
        }
    }
    return IOMMU_IR_NONE;
}

static int set_locked(struct iommu_ir *ir, const struct amdvi_source *s,
                      const struct iommu_ir_target *target)
{
    uint32_t *table = amdvi_ir_table(amdvi_dte(s->unit, s->bdf));

    if (table == NULL) {
        table = table_create(s);
    }
    if (table == NULL) {
        return -ENOMEM;
    }
    if (ir->index == IOMMU_IR_NONE) {
        ir->index = find_free(table);
    }
    if (ir->index == IOMMU_IR_NONE) {
        return -ENOSPC;
    }
    atomic_set_release(&table[ir->index],
                       IRTE_REMAP |
                       (uint32_t)field_prep(IRTE_DEST, target->apic_id) |
                       (uint32_t)field_prep(IRTE_VECTOR, target->vector));
    amdvi_cmd_interrupts(s->unit, s->bdf);
    amdvi_cmd_finish(s->unit);
    return 0;
}

int amdvi_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target,
                 struct iommu_ir_message *msg)
{
    struct amdvi_source s;
    int rc;

    if (!source(ir, &s)) {
        return -ENODEV;
    }
    spin_lock(&amdvi_lock);
    rc = set_locked(ir, &s, target);
    spin_unlock(&amdvi_lock);
    if (rc == 0) {
        msg->addr = msi_address(0);
        msg->data = (uint32_t)ir->index;
        msg->rte = (uint32_t)ir->index;
    }
    return rc;
}

void amdvi_ir_clear(struct iommu_ir *ir)
{
    struct amdvi_source s;
    uint32_t *table;

    if (!source(ir, &s)) {
        return;
    }
    spin_lock(&amdvi_lock);
    table = amdvi_ir_table(amdvi_dte(s.unit, s.bdf));
    if (table != NULL) {
        atomic_set_release(&table[ir->index], 0u);
        amdvi_cmd_interrupts(s.unit, s.bdf);
        amdvi_cmd_finish(s.unit);
    }
    spin_unlock(&amdvi_lock);
}
