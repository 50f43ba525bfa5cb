/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which unit serves which function: the device scopes of the DMAR table, with
 * their paths of bridges followed once at boot.  A function that is asked for
 * at the wrong unit, because buses were numbered anew later, stays blocked.
 * Constant after boot, no locks.
 * Manual: VT-d specification, "Device Scope Structure".
 */
#include <drivers/iommu/vtd/vtd_priv.h>
#include <drivers/pci/pci.h>

struct vtd_scope {
    uint8_t unit;            /* As in the table                              */
    uint8_t kind;            /* enum acpi_scope_kind; 0: leads nowhere       */
    uint8_t id;
    uint16_t bdf;
    uint8_t first_bus;       /* Of a bridge                                  */
    uint8_t last_bus;
};

static RO_AFTER_INIT struct vtd_scope scopes[ACPI_MAX_SCOPES];
static RO_AFTER_INIT unsigned int scope_count;

static uint32_t INIT_TEXT bridge_bus(pci_sbdf_t sbdf, unsigned int which)
{
    return pci_cfg_read(sbdf, PCI_BRIDGE_BUSES + which, 1);
}

static bool INIT_TEXT is_bridge(pci_sbdf_t sbdf)
{
    return (pci_cfg_read(sbdf, PCI_HEADER_TYPE, 1) & PCI_HEADER_KIND) ==
           PCI_HEADER_BRIDGE;
}

static void INIT_TEXT resolve(struct vtd_scope *s, const struct acpi_scope *a)
{
    const uint16_t seg = acpi_iommu.unit[a->unit].segment;
    pci_sbdf_t sbdf = PCI_SBDF(seg, a->bus, 0, 0) | a->path[0];

    for (unsigned int i = 1; i < a->depth; i++) {
        if (!is_bridge(sbdf)) {
            return;
        }
        sbdf = PCI_SBDF(seg, bridge_bus(sbdf, 1), 0, 0) | a->path[i];
    }
    if (a->kind == ACPI_SCOPE_BRIDGE) {
        if (!is_bridge(sbdf)) {
            return;
        }
        s->first_bus = (uint8_t)bridge_bus(sbdf, 1);
        s->last_bus = (uint8_t)bridge_bus(sbdf, 2);
    }
    s->kind = a->kind;
    s->id = a->id;
    s->unit = a->unit;
    s->bdf = PCI_BDF(sbdf);
}

void INIT_TEXT vtd_scope_init(void)
{
    scope_count = acpi_iommu.scope_count;
    for (unsigned int i = 0; i < scope_count; i++) {
        scopes[i].kind = 0;
        resolve(&scopes[i], &acpi_iommu.scope[i]);
    }
}

static struct vtd_unit *unit_nr(unsigned int nr)
{
    for_each_vtd_unit(u) {
        if (u->nr == nr) {
            return u;
        }
    }
    return NULL;
}

static bool has_function(const struct vtd_scope *s, pci_sbdf_t sbdf)
{
    if (s->kind != ACPI_SCOPE_DEVICE && s->kind != ACPI_SCOPE_BRIDGE) {
        return false;
    }
    return s->bdf == PCI_BDF(sbdf) ||
           (s->kind == ACPI_SCOPE_BRIDGE && PCI_BUS(sbdf) >= s->first_bus &&
            PCI_BUS(sbdf) <= s->last_bus);
}

struct vtd_unit *vtd_scope_find(pci_sbdf_t sbdf)
{
    for (unsigned int i = 0; i < scope_count; i++) {
        struct vtd_unit *const u = unit_nr(scopes[i].unit);

        if (u != NULL && u->segment == PCI_SEG(sbdf) &&
            has_function(&scopes[i], sbdf)) {
            return u;
        }
    }
    for_each_vtd_unit(u) {
        if (u->covers_all && u->segment == PCI_SEG(sbdf)) {
            return u;
        }
    }
    return NULL;
}

struct vtd_unit *vtd_scope_ioapic(uint8_t id, uint16_t *sid)
{
    for (unsigned int i = 0; i < scope_count; i++) {
        if (scopes[i].kind == ACPI_SCOPE_IOAPIC && scopes[i].id == id) {
            *sid = scopes[i].bdf;
            return unit_nr(scopes[i].unit);
        }
    }
    return NULL;
}
