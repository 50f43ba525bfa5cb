/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables of dom0: a new root pointer, a new XSDT and a new MADT that
 * describes dom0's vCPUs and the machine's I/O APICs.  All other tables that
 * dom0 may see stay where the firmware put them; those that describe what
 * the hypervisor drives itself (IOMMUs, NUMA, HPET, the real CPUs) are left
 * out.
 * Boot, one CPU: no locks.
 * Manual: ACPI 6.4, "Root System Description Pointer (RSDP)", "Extended
 * System Description Table (XSDT)", "Multiple APIC Description Table".
 */
#include <core/arch/arch_mm.h>
#include <core/dom0/dom0_priv.h>
#include <core/lib/string.h>
#include <drivers/acpi/acpi.h>
#include <drivers/irq/ioapic.h>

#define RSDP_REVISION 2u
#define XSDT_REVISION 1u
#define MADT_REVISION 4u
#define TABLE_ALIGN 16u
/* APIC id of a vCPU: vlapic_id() and CPUID say the same. */
#define VCPU_APIC_ID(vcpu) ((vcpu) * 2u)

/* Tables that dom0 keeps. */
static const char allowed[][ACPI_SIG_LEN] = {
    { 'F', 'A', 'C', 'P' }, { 'S', 'S', 'D', 'T' }, { 'P', 'S', 'D', 'T' },
    { 'S', 'B', 'S', 'T' }, { 'M', 'C', 'F', 'G' }, { 'S', 'L', 'I', 'C' },
    { 'M', 'S', 'D', 'M' }, { 'W', 'D', 'A', 'T' }, { 'F', 'P', 'D', 'T' },
    { 'S', '3', 'P', 'T' }, { 'T', 'P', 'M', '2' }, { 'B', 'G', 'R', 'T' },
    { 'E', 'C', 'D', 'T' },
};

static bool is_allowed(const struct acpi_header *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
        if (memcmp(h->signature, allowed[i], ACPI_SIG_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static size_t madt_size(unsigned int vcpus)
{
    return sizeof(struct acpi_madt_table) +
           ioapic_count() * sizeof(struct acpi_madt_ioapic) +
           acpi_madt.override_count * sizeof(struct acpi_madt_override) +
           vcpus * sizeof(struct acpi_madt_x2apic);
}

static size_t xsdt_max_size(void)
{
    return sizeof(struct acpi_header) +
           (acpi_table_count() + 1u) * sizeof(uint64_t);
}

size_t dom0_acpi_size(unsigned int vcpus)
{
    return round_up(sizeof(struct acpi_rsdp), TABLE_ALIGN) +
           round_up(xsdt_max_size(), TABLE_ALIGN) + madt_size(vcpus);
}

/* A header like that of the firmware's table @like, NULL: made up. */
static void header_init(struct acpi_header *h, const struct acpi_header *like,
                        const char *signature, uint8_t revision)
{
    memset(h, 0, sizeof(*h));
    if (like != NULL) {
        memcpy(h, like, sizeof(*h));
    } else {
        memcpy(h->oem_id, "HOSPES", sizeof(h->oem_id));
        memcpy(h->oem_table_id, "HOSPES  ", sizeof(h->oem_table_id));
    }
    memcpy(h->signature, signature, ACPI_SIG_LEN);
    h->revision = revision;
}

static void header_finish(struct acpi_header *h, size_t length)
{
    h->length = (uint32_t)length;
    h->checksum = 0;
    h->checksum = (uint8_t)-acpi_checksum(h, length);
}

static uint8_t *madt_add_ioapics(uint8_t *p)
{
    for (unsigned int i = 0; i < ioapic_count(); i++) {
        const struct ioapic_info *const info = ioapic_get(i);
        struct acpi_madt_ioapic io = {
            .type = ACPI_MADT_IOAPIC,
            .length = sizeof(io),
            .id = info->id,
            .address = (uint32_t)info->addr,
            .gsi_base = info->gsi_base,
        };

        memcpy(p, &io, sizeof(io));
        p += sizeof(io);
    }
    return p;
}

static uint8_t *madt_add_overrides(uint8_t *p)
{
    for (unsigned int i = 0; i < acpi_madt.override_count; i++) {
        struct acpi_madt_override o = {
            .type = ACPI_MADT_OVERRIDE,
            .length = sizeof(o),
            .irq = acpi_madt.override[i].irq,
            .gsi = acpi_madt.override[i].gsi,
            .flags = acpi_madt.override[i].flags,
        };

        memcpy(p, &o, sizeof(o));
        p += sizeof(o);
    }
    return p;
}

static uint8_t *madt_add_vcpus(uint8_t *p, unsigned int vcpus)
{
    for (unsigned int i = 0; i < vcpus; i++) {
        struct acpi_madt_x2apic x = {
            .type = ACPI_MADT_X2APIC,
            .length = sizeof(x),
            .apic_id = VCPU_APIC_ID(i),
            .flags = ACPI_MADT_ENABLED,
            .uid = i,
        };

        memcpy(p, &x, sizeof(x));
        p += sizeof(x);
    }
    return p;
}

static void madt_build(uint8_t *at, unsigned int vcpus)
{
    struct acpi_madt_table *const t = (struct acpi_madt_table *)at;
    uint8_t *p = at + sizeof(*t);

    header_init(&t->header, acpi_table_find("APIC", 0), "APIC",
                MADT_REVISION);
    t->lapic_address = (uint32_t)acpi_madt.lapic_addr;
    t->flags = 0;
    p = madt_add_ioapics(p);
    p = madt_add_overrides(p);
    p = madt_add_vcpus(p, vcpus);
    header_finish(&t->header, (size_t)(p - at));
}

static void xsdt_build(uint8_t *at, paddr_t madt)
{
    struct acpi_header *const h = (struct acpi_header *)at;
    uint8_t *p = at + sizeof(*h);

    header_init(h, acpi_table_find("FACP", 0), "XSDT", XSDT_REVISION);
    memcpy(p, &madt, sizeof(uint64_t));
    p += sizeof(uint64_t);
    for (unsigned int i = 0; i < acpi_table_count(); i++) {
        const struct acpi_table *const t = acpi_table_get(i);

        if (is_allowed(t->header)) {
            memcpy(p, &t->addr, sizeof(uint64_t));
            p += sizeof(uint64_t);
        }
    }
    header_finish(h, (size_t)(p - at));
}

paddr_t dom0_acpi_build(paddr_t pa, unsigned int vcpus)
{
    uint8_t *const base = arch_paddr_to_va(pa);
    const size_t xsdt = round_up(sizeof(struct acpi_rsdp), TABLE_ALIGN);
    const size_t madt = xsdt + round_up(xsdt_max_size(), TABLE_ALIGN);
    struct acpi_rsdp *const r = (struct acpi_rsdp *)base;

    memset(base, 0, dom0_acpi_size(vcpus));
    madt_build(base + madt, vcpus);
    xsdt_build(base + xsdt, pa + madt);
    memcpy(r->signature, "RSD PTR ", sizeof(r->signature));
    memcpy(r->oem_id, "HOSPES", sizeof(r->oem_id));
    r->revision = RSDP_REVISION;
    r->length = sizeof(*r);
    r->xsdt_address = pa + xsdt;
    r->checksum = (uint8_t)-acpi_checksum(r, ACPI_RSDP_V1_LEN);
    r->ext_checksum = (uint8_t)-acpi_checksum(r, sizeof(*r));
    return pa;
}
