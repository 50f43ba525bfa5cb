/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's IOMMUs: choice of the driver, the hardware domain's context,
 * which requester ids devices have, and what is said about faults.
 *
 * A device that faults without end must not keep a CPU busy.  One call of
 * the driver's fault_drain() handles a bounded number of events; when it
 * comes back full, units stay silent until a timer drains again.
 *
 * Locking: written at boot by one CPU, constant after.  drain_lock lets one
 * CPU drain at a time.
 */
#include <drivers/iommu/iommu.h>

#include <core/abi/xen.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/pci/pci.h>

/* The domain that owns the machine's devices. */
#define HARDWARE_DOMID 0u
#define DRAIN_PAUSE (100u * NSEC_PER_MSEC)
/* The hardware domain's; 0 is for devices that are blocked. */
#define HARDWARE_CTX_ID 1u
/* PCI Express capabilities register: what a function is. */
#define PCIE_FLAGS 2u
#define PCIE_FLAGS_TYPE GENMASK32(7, 4)
#define PCIE_TYPE_TO_PCI 7u

const struct iommu_ops *iommu_ops;
struct iommu_props iommu_props;
bool iommu_verbose;

static struct iommu_ctx hardware_ctx;
static struct spinlock drain_lock = SPINLOCK_INIT(IOMMU_DRAIN);
static struct timer drain_timer;
static uint64_t fault_count;

struct iommu_options {
    bool is_on;
    bool want_ir;
};

static void option(struct iommu_options *o, const char *word, size_t len)
{
    static const struct {
        const char *word;
        bool is_on;
        bool want_ir;
        bool is_verbose;
    } words[] = {
        { "on", true, true, false },
        { "off", false, false, false },
        { "verbose", true, true, true },
        { "no-intremap", true, false, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strlen(words[i].word) == len &&
            memcmp(words[i].word, word, len) == 0) {
            o->is_on &= words[i].is_on;
            o->want_ir &= words[i].want_ir;
            iommu_verbose |= words[i].is_verbose;
            return;
        }
    }
    param_bad("iommu", word);
}

static struct iommu_options options_read(const char *text)
{
    struct iommu_options o = { .is_on = true, .want_ir = true };

    while (*text != '\0') {
        const char *const comma = strchr(text, ',');
        const size_t len = comma ? (size_t)(comma - text) : strlen(text);

        option(&o, text, len);
        text += comma ? len + 1 : len;
    }
    return o;
}

/*
 * What firmware does by DMA itself goes on.  Only where there is no RAM of
 * ours: firmware that lists such a region is mistaken.
 */
static int map_reserved(struct iommu_ctx *ctx)
{
    int rc = 0;

    for (unsigned int i = 0; i < acpi_iommu.reserved_count; i++) {
        const struct acpi_iommu_reserved *const r = &acpi_iommu.reserved[i];

        for (uint64_t f = r->start >> PAGE_SHIFT;
             rc == 0 && f < bytes_to_pages(r->end); f++) {
            if (page_is_ram(MFN(f))) {
                printk(LOG_WARN, "iommu: firmware reserves RAM at %#lx for "
                       "its devices: not done; look for an update of the "
                       "firmware\n", (unsigned long)(f << PAGE_SHIFT));
                break;
            }
            rc = iommu_map(ctx, DFN(f), MFN(f), 0, IOMMU_READ | IOMMU_WRITE);
        }
    }
    return rc;
}

static void attach(pci_sbdf_t sbdf)
{
    const int rc = iommu_ops->attach(sbdf, &hardware_ctx);

    if (rc != 0) {
        printk(LOG_WARN, "iommu: " PCI_FMT " %s\n", PCI_ARG(sbdf),
               rc == -ENODEV ? "is behind no unit: it reaches all memory"
                             : "stays blocked: no memory");
    }
}

/*
 * A bridge from PCI Express to PCI puts function 0 of its secondary bus into
 * requests of what is behind it.
 */
static bool alias_of(const struct pci_dev *dev, pci_sbdf_t *alias)
{
    const pci_sbdf_t sbdf = dev->sbdf;

    if (dev->header != PCI_HEADER_BRIDGE || dev->pcie_cap == 0 ||
        field_get(PCIE_FLAGS_TYPE,
                  pci_cfg_read(sbdf, dev->pcie_cap + PCIE_FLAGS, 2)) !=
            PCIE_TYPE_TO_PCI) {
        return false;
    }
    *alias = PCI_SBDF(PCI_SEG(sbdf),
                      pci_cfg_read(sbdf, PCI_BRIDGE_BUSES + 1, 1), 0, 0);
    return true;
}

void iommu_device_add(pci_sbdf_t sbdf)
{
    const struct pci_dev *const dev = iommu_ops ? pci_find(sbdf) : NULL;
    pci_sbdf_t alias;

    if (dev == NULL || dev->is_hidden) {
        return;
    }
    attach(sbdf);
    if (alias_of(dev, &alias)) {
        attach(alias);
    }
}

void iommu_device_remove(pci_sbdf_t sbdf)
{
    if (iommu_ops != NULL) {
        iommu_ops->detach(sbdf);
    }
}

static void drain(void *data)
{
    spin_lock(&drain_lock);
    if (iommu_ops->fault_drain(false) < IOMMU_FAULT_BATCH) {
        (void)iommu_ops->fault_drain(true);
    } else {
        timer_set(&drain_timer, time_now() + DRAIN_PAUSE);
    }
    spin_unlock(&drain_lock);
}

void iommu_fault_interrupt(void)
{
    drain(NULL);
}

void iommu_fault(const struct iommu_fault *f)
{
    fault_count++;
    printk_guest(LOG_WARN, HARDWARE_DOMID,
                 "iommu: " PCI_FMT ": %s %#lx stopped: %s\n",
                 PCI_ARG(f->sbdf),
                 f->is_interrupt ? "interrupt" :
                 f->is_write ? "write to" : "read from",
                 (unsigned long)f->addr, f->reason);
}

static const struct iommu_ops *ops_for(const struct acpi_iommu *units)
{
    static const struct iommu_ops *const by_kind[] = {
        [ACPI_IOMMU_NONE] = NULL,
        [ACPI_IOMMU_DMAR] = &iommu_ops_vtd,
        [ACPI_IOMMU_IVRS] = &iommu_ops_amdvi,
    };

    return by_kind[units->kind];
}

static void say_without(const char *why)
{
    printk(LOG_WARN, "iommu: %s: the devices of the control domain reach all "
           "memory, and see a page that was granted to it at another "
           "address: its back ends must copy\n", why);
}

void iommu_dump(void)
{
    if (iommu_ops == NULL) {
        printk_raw("no IOMMU in use\n");
        return;
    }
    printk_raw("%s: %lu pages of tables, %lu faults\n", iommu_ops->name,
               hardware_ctx.table_pages, (unsigned long)fault_count);
    iommu_ops->dump();
}

static void start(const struct iommu_ops *ops, bool want_ir)
{
    struct pci_dev *dev;

    if (ops->init(&iommu_props, want_ir) != 0) {
        say_without("unusable");
        memset(&iommu_props, 0, sizeof(iommu_props));
        return;
    }
    iommu_ops = ops;
    if (iommu_ctx_init(&hardware_ctx, HARDWARE_CTX_ID) != 0 ||
        map_reserved(&hardware_ctx) != 0) {
        panic("no memory for the IOMMU's tables\n");
    }
    timer_init(&drain_timer, 0, drain, NULL);
    list_for_each_entry(dev, &pci_devices, link) {
        iommu_device_add(dev->sbdf);
    }
    printk(LOG_INFO, "iommu: %s, %u unit%s, pages up to %s, interrupts %s\n",
           ops->name, acpi_iommu.unit_count,
           acpi_iommu.unit_count == 1 ? "" : "s",
           iommu_props.max_order == 18 ? "1 GiB" :
           iommu_props.max_order == 9 ? "2 MiB" : "4 KiB",
           iommu_props.has_ir ? "remapped" : "not remapped");
    if (iommu_verbose) {
        iommu_dump();
    }
}

void iommu_init(void)
{
    const struct iommu_options o = options_read(param.iommu);
    const struct iommu_ops *const ops = ops_for(&acpi_iommu);

    if (ops == NULL) {
        say_without(acpi_iommu.unit_count == 0 ? "none" : "no driver");
    } else if (acpi_iommu.is_broken) {
        say_without("the firmware's table is broken");
    } else if (!o.is_on) {
        say_without("off by option");
    } else {
        start(ops, o.want_ir);
    }
}

struct iommu_ctx *iommu_hardware_ctx(void)
{
    return iommu_ops != NULL ? &hardware_ctx : NULL;
}

int iommu_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target,
                 struct iommu_ir_message *msg)
{
    return iommu_props.has_ir ? iommu_ops->ir_set(ir, target, msg) : -ENODEV;
}

void iommu_ir_clear(struct iommu_ir *ir)
{
    if (iommu_props.has_ir && ir->index != IOMMU_IR_NONE) {
        iommu_ops->ir_clear(ir);
        ir->index = IOMMU_IR_NONE;
    }
}
