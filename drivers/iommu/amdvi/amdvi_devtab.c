/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device tables: one for each unit, with an entry for each requester id.
 *
 * All entries are valid all the time: a requester without V is not looked at
 * by the unit and reaches all memory.  Blocked is an entry that allows
 * neither reading nor writing; interrupts are blocked by the control value
 * "abort" until the first is set up.
 *
 * Locking: amdvi_lock for changes.
 * Manual: AMD I/O Virtualization Technology specification, "Device Table".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>

#define BLOCKED (DTE_V | DTE_TV | FIELD_PREP(DTE_MODE, AMDVI_LEVELS))

bool amdvi_source_of(pci_sbdf_t sbdf, struct amdvi_source *s)
{
    const uint16_t bdf = PCI_BDF(sbdf);

    for (unsigned int i = acpi_iommu.range_count; i-- > 0;) {
        const struct acpi_ivrs_range *const r = &acpi_iommu.range[i];

        if (acpi_iommu.unit[r->unit].segment == PCI_SEG(sbdf) &&
            bdf >= r->first && bdf <= r->last) {
            s->unit = &amdvi_units[r->unit];
            s->bdf = r->has_alias ? r->alias : bdf;
            s->dte_flags = r->dte_flags;
            return true;
        }
    }
    return false;
}

bool amdvi_source_of_ioapic(uint8_t id, struct amdvi_source *s)
{
    for (unsigned int i = 0; i < acpi_iommu.ioapic_count; i++) {
        const struct acpi_ivrs_ioapic *const io = &acpi_iommu.ioapic[i];

        if (io->id == id) {
            s->unit = &amdvi_units[io->unit];
            s->bdf = io->bdf;
            s->dte_flags = io->dte_flags;
            return true;
        }
    }
    return false;
}

/* Which interrupts that are no vectors firmware wants to come through. */
static uint64_t passed(uint8_t data)
{
    return (data & DATA_INIT_PASS ? DTE_INIT_PASS : 0) |
           (data & DATA_EINT_PASS ? DTE_EINT_PASS : 0) |
           (data & DATA_NMI_PASS ? DTE_NMI_PASS : 0) |
           (data & DATA_LINT0_PASS ? DTE_LINT0_PASS : 0) |
           (data & DATA_LINT1_PASS ? DTE_LINT1_PASS : 0);
}

void amdvi_devtab_init(struct amdvi_unit *u, bool has_ir)
{
    for (unsigned int bdf = 0; bdf <= u->last_bdf; bdf++) {
        uint64_t *const dte = amdvi_dte(u, (uint16_t)bdf);

        dte[0] = BLOCKED;
        dte[1] = 0;
        dte[2] = has_ir ? DTE_IV : 0;
        dte[3] = 0;
    }
    for (unsigned int i = 0; has_ir && i < acpi_iommu.ioapic_count; i++) {
        const struct acpi_ivrs_ioapic *const io = &acpi_iommu.ioapic[i];

        if (&amdvi_units[io->unit] == u && io->bdf <= u->last_bdf) {
            amdvi_dte(u, io->bdf)[2] |= passed(io->dte_flags);
        }
    }
}

static void invalidate(struct amdvi_unit *u, uint16_t bdf, uint16_t domain)
{
    amdvi_cmd_devtab(u, bdf);
    amdvi_cmd_pages(u, domain, 0,
                    UINT64_C(1) << (AMDVI_LEVELS * IOMMU_LEVEL_BITS));
    amdvi_cmd_finish(u);
}

static void attach_id(struct amdvi_unit *u, uint16_t bdf, uint8_t flags,
                      const struct iommu_ctx *ctx)
{
    uint64_t *const dte = amdvi_dte(u, bdf);

    /* While it is blocked, its domain does not matter. */
    atomic_set_release(&dte[1],
                       field_prep(DTE_DOMAIN, ctx->id) |
                       field_prep(DTE_SYS_MGT,
                                  field_get(DATA_SYS_MGT, flags)));
    atomic_set_release(&dte[0], BLOCKED | DTE_IR | DTE_IW |
                                    (mfn_to_paddr(ctx->root) & DTE_ROOT));
    invalidate(u, bdf, ctx->id);
}

int amdvi_attach(pci_sbdf_t sbdf, const struct iommu_ctx *ctx)
{
    struct amdvi_source s;

    if (!amdvi_source_of(sbdf, &s)) {
        return -ENODEV;
    }
    spin_lock(&amdvi_lock);
    attach_id(s.unit, PCI_BDF(sbdf), s.dte_flags, ctx);
    if (s.bdf != PCI_BDF(sbdf)) {
        attach_id(s.unit, s.bdf, s.dte_flags, ctx);
    }
    spin_unlock(&amdvi_lock);
    return 0;
}

/* An alias stays: other functions use it as well. */
void amdvi_detach(pci_sbdf_t sbdf)
{
    struct amdvi_source s;
    uint64_t *dte;

    if (!amdvi_source_of(sbdf, &s)) {
        return;
    }
    dte = amdvi_dte(s.unit, PCI_BDF(sbdf));
    spin_lock(&amdvi_lock);
    atomic_set_release(&dte[0], BLOCKED);
    invalidate(s.unit, PCI_BDF(sbdf),
               (uint16_t)field_get(DTE_DOMAIN, dte[1]));
    spin_unlock(&amdvi_lock);
}

static void dump_interrupts(const uint64_t *dte)
{
    const uint32_t *const table = amdvi_ir_table(dte);

    for (unsigned int i = 0; table != NULL && i < AMDVI_IRTES; i++) {
        if (table[i] & IRTE_REMAP) {
            printk_raw("    interrupt %u: vector %#x to APIC id %u\n", i,
                       (unsigned int)field_get(IRTE_VECTOR, table[i]),
                       (unsigned int)field_get(IRTE_DEST, table[i]));
        }
    }
}

void amdvi_devtab_dump(const struct amdvi_unit *u)
{
    for (unsigned int bdf = 0; bdf <= u->last_bdf; bdf++) {
        const uint64_t *const dte = amdvi_dte(u, (uint16_t)bdf);

        if (!(dte[0] & (DTE_IR | DTE_IW)) && !(dte[2] & DTE_INT_ROOT)) {
            continue;
        }
        printk_raw("  " PCI_FMT ": context %u, tables at %#lx%s\n",
                   PCI_ARG(PCI_SBDF(PCI_SEG(u->sbdf), 0, 0, 0) | bdf),
                   (unsigned int)field_get(DTE_DOMAIN, dte[1]),
                   (unsigned long)(dte[0] & DTE_ROOT),
                   dte[0] & (DTE_IR | DTE_IW) ? "" : ", blocked");
        dump_interrupts(dte);
    }
}
