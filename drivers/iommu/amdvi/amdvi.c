/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD-Vi: finds, starts and stops the units, and the table of operations.
 * Boot, one CPU.
 * Manual: AMD I/O Virtualization Technology specification, "IOMMU
 * Initialization".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>

/* Devices whose entries are invalidated at a time: half a ring. */
#define FLUSH_BATCH 64u

struct amdvi_unit amdvi_units[ACPI_MAX_IOMMUS];
unsigned int amdvi_unit_count;
struct spinlock amdvi_lock = SPINLOCK_INIT(IOMMU);

static uint64_t ring_base(const void *ring)
{
    return arch_va_to_paddr(ring) |
           field_prep(RING_LENGTH, AMDVI_RING_LOG2);
}

/* The highest requester id that the firmware lists for unit @index. */
static uint16_t last_bdf(unsigned int index)
{
    uint16_t last = 0;

    for (unsigned int i = 0; i < acpi_iommu.range_count; i++) {
        const struct acpi_ivrs_range *const r = &acpi_iommu.range[i];

        if (r->unit == index) {
            last = max(last, r->last);
            last = r->has_alias ? max(last, r->alias) : last;
        }
    }
    for (unsigned int i = 0; i < acpi_iommu.ioapic_count; i++) {
        if (acpi_iommu.ioapic[i].unit == index) {
            last = max(last, acpi_iommu.ioapic[i].bdf);
        }
    }
    return last;
}

static unsigned int order_of(uint64_t bytes)
{
    return bit_fls((bytes - 1) >> PAGE_SHIFT);
}

static int unit_alloc(struct amdvi_unit *u, unsigned int index)
{
    const struct acpi_iommu_unit *const a = &acpi_iommu.unit[index];

    u->sbdf = PCI_SBDF(a->segment, 0, 0, 0) | a->bdf;
    u->last_bdf = last_bdf(index);
    u->regs = arch_mm_ioremap(a->addr, AMDVI_REGS_SIZE);
    /* Whole pages of entries. */
    u->last_bdf |= PAGE_SIZE / DTE_SIZE - 1u;
    u->devtab = xpage_alloc(order_of(((uint64_t)u->last_bdf + 1) * DTE_SIZE));
    u->cmd = xpage_alloc(0);
    u->events = xpage_alloc(0);
    u->done = xpage_alloc(0);
    if (u->regs == NULL || u->devtab == NULL || u->cmd == NULL ||
        u->events == NULL || u->done == NULL) {
        return -ENOMEM;
    }
    memset(u->cmd, 0, AMDVI_RING_SIZE);
    memset(u->events, 0, AMDVI_RING_SIZE);
    *u->done = 0;
    return 0;
}

static void unit_free(struct amdvi_unit *u)
{
    if (u->regs != NULL) {
        amdvi_write(u, AMDVI_CONTROL, 0);
    }
    if (u->devtab != NULL) {
        xpage_free(u->devtab,
                   order_of(((uint64_t)u->last_bdf + 1) * DTE_SIZE));
    }
    if (u->cmd != NULL) {
        xpage_free(u->cmd, 0);
    }
    if (u->events != NULL) {
        xpage_free(u->events, 0);
    }
    if (u->done != NULL) {
        xpage_free(u->done, 0);
    }
    memset(u, 0, sizeof(*u));
}

static uint64_t control_of(uint8_t flags)
{
    return CONTROL_ENABLE | CONTROL_CMD | CONTROL_EVENT_LOG |
           CONTROL_COHERENT |
           (flags & IVHD_HT_TUNNEL ? CONTROL_HT_TUNNEL : 0) |
           (flags & IVHD_PASS_PW ? CONTROL_PASS_PW : 0) |
           (flags & IVHD_RES_PASS_PW ? CONTROL_RES_PASS_PW : 0) |
           (flags & IVHD_ISOC ? CONTROL_ISOC : 0);
}

/* Whatever firmware left in the unit's caches.  False: no answer. */
static bool invalidate_all(struct amdvi_unit *u)
{
    if (amdvi_read(u, AMDVI_EFR) & EFR_INVALIDATE_ALL) {
        amdvi_cmd_all(u);
        amdvi_cmd_start(u);
        return amdvi_cmd_is_done(u);
    }
    for (unsigned int bdf = 0; bdf <= u->last_bdf; bdf++) {
        amdvi_cmd_devtab(u, (uint16_t)bdf);
        amdvi_cmd_interrupts(u, (uint16_t)bdf);
        if (bdf % FLUSH_BATCH == FLUSH_BATCH - 1) {
            amdvi_cmd_start(u);
            if (!amdvi_cmd_is_done(u)) {
                return false;
            }
        }
    }
    return true;
}

static bool unit_start(struct amdvi_unit *u, unsigned int index, bool has_ir)
{
    bool is_well;

    amdvi_write(u, AMDVI_CONTROL, 0);
    amdvi_devtab_init(u, has_ir);
    amdvi_write(u, AMDVI_DEVTAB,
                arch_va_to_paddr(u->devtab) |
                field_prep(DEVTAB_SIZE, u->last_bdf * DTE_SIZE / PAGE_SIZE));
    amdvi_write(u, AMDVI_CMD, ring_base(u->cmd));
    amdvi_write(u, AMDVI_CMD_HEAD, 0);
    amdvi_write(u, AMDVI_CMD_TAIL, 0);
    amdvi_write(u, AMDVI_EVENT, ring_base(u->events));
    amdvi_write(u, AMDVI_EVENT_HEAD, 0);
    amdvi_write(u, AMDVI_EVENT_TAIL, 0);
    /* Nothing goes past the tables. */
    amdvi_write(u, AMDVI_EXCL_BASE, 0);
    amdvi_write(u, AMDVI_EXCL_LIMIT, 0);
    amdvi_write(u, AMDVI_STATUS, STATUS_EVENT_OVERFLOW | STATUS_EVENT_INT);
    u->control = control_of(acpi_iommu.unit[index].ivhd_flags);
    amdvi_write(u, AMDVI_CONTROL, u->control);
    spin_lock(&amdvi_lock);
    is_well = invalidate_all(u);
    spin_unlock(&amdvi_lock);
    return is_well;
}

/* Can every I/O APIC's interrupts be told from others? */
static bool can_remap_interrupts(void)
{
    struct amdvi_source s;

    for (unsigned int i = 0; i < acpi_madt.ioapic_count; i++) {
        if (!amdvi_source_of_ioapic(acpi_madt.ioapic[i].id, &s)) {
            printk(LOG_WARN, "AMD-Vi: firmware does not say where I/O APIC %u "
                   "is: interrupts are not remapped; look for an update of "
                   "the firmware\n", acpi_madt.ioapic[i].id);
            return false;
        }
    }
    return true;
}

/* Only emulated units do; hardware caches what is there. */
static bool caches_absent(const struct amdvi_unit *u)
{
    const uint16_t cap = acpi_iommu.unit[u - amdvi_units].capability;

    return pci_cfg_read(u->sbdf, cap, 4) & CAP_NP_CACHE;
}

static int amdvi_init(struct iommu_props *props, bool want_ir)
{
    const bool has_ir = want_ir && can_remap_interrupts();
    const unsigned int count = acpi_iommu.unit_count;

    *props = (struct iommu_props){
        .format = &amdvi_format, .levels = AMDVI_LEVELS, .max_order = 18,
        .has_ir = has_ir,
    };
    for (unsigned int i = 0; i < count; i++) {
        struct amdvi_unit *const u = &amdvi_units[i];
        const int rc = unit_alloc(u, i);

        if (rc != 0 || !unit_start(u, i, has_ir)) {
            printk(LOG_WARN, "AMD-Vi: the unit " PCI_FMT " at %#lx %s; look "
                   "for an update of the firmware\n", PCI_ARG(u->sbdf),
                   (unsigned long)acpi_iommu.unit[i].addr,
                   rc != 0 ? "gets no memory" : "does not answer");
            for (unsigned int n = 0; n <= i; n++) {
                unit_free(&amdvi_units[n]);
            }
            return -ENODEV;
        }
        props->caches_absent |= caches_absent(u);
    }
    amdvi_unit_count = count;
    for (unsigned int i = 0; i < count; i++) {
        amdvi_event_irq_init(&amdvi_units[i], i);
    }
    (void)amdvi_fault_drain(true);
    if (props->caches_absent) {
        amdvi_event_poll_init();
    }
    return 0;
}

/* All units work at the same time. */
static void amdvi_flush(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr)
{
    spin_lock(&amdvi_lock);
    for (unsigned int i = 0; i < amdvi_unit_count; i++) {
        amdvi_cmd_pages(&amdvi_units[i], ctx->id, dfn_x(first), nr);
        amdvi_cmd_start(&amdvi_units[i]);
    }
    for (unsigned int i = 0; i < amdvi_unit_count; i++) {
        amdvi_cmd_wait(&amdvi_units[i]);
    }
    spin_unlock(&amdvi_lock);
}

static void amdvi_dump(void)
{
    for (unsigned int i = 0; i < amdvi_unit_count; i++) {
        const struct amdvi_unit *const u = &amdvi_units[i];

        printk_raw("unit " PCI_FMT " at %#lx: control %#lx, status %#lx, "
                   "features %#lx\n", PCI_ARG(u->sbdf),
                   (unsigned long)acpi_iommu.unit[i].addr,
                   (unsigned long)amdvi_read(u, AMDVI_CONTROL),
                   (unsigned long)amdvi_read(u, AMDVI_STATUS),
                   (unsigned long)amdvi_read(u, AMDVI_EFR));
        amdvi_devtab_dump(u);
    }
}

const struct iommu_ops iommu_ops_amdvi = {
    .name = "AMD-Vi",
    .init = amdvi_init,
    .attach = amdvi_attach,
    .detach = amdvi_detach,
    .flush = amdvi_flush,
    .ir_set = amdvi_ir_set,
    .ir_clear = amdvi_ir_clear,
    .fault_drain = amdvi_fault_drain,
    .dump = amdvi_dump,
};
