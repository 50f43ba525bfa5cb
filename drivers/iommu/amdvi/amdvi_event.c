/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log: what units stopped, and what they complain about.
 *
 * QEMU's unit (7.2 at least) never writes to it.  It only sets a bit of its
 * PCI status when it stops an access, so that bit of emulated units is looked
 * at from time to time: better a report without the device's name than none.
 *
 * Locking: the log's head belongs to whoever drains (one CPU at a time);
 * amdvi_lock for the control register.
 * Manual: AMD I/O Virtualization Technology specification, "Event Logging".
 */
#include <core/console/printk.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/lib/errno.h>
#include <core/sync/atomic.h>
#include <core/sync/barrier.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>
#include <drivers/pci/msi.h>

#define POLL_PERIOD (250u * NSEC_PER_MSEC)
#define PCI_STATUS_TARGET_ABORT BIT32(11)
/* How often to look again at an entry that is still being written. */
#define ENTRY_RETRIES 1000u

static enum irq_result interrupt(void *arg)
{
    iommu_fault_interrupt();
    return IRQ_DONE;
}

static void route(struct irq *irq, uint32_t apic_id, uint8_t vector)
{
    const struct amdvi_unit *const u =
        container_of(irq, struct amdvi_unit, irq);

    msi_write(u->dev, msi_address(apic_id), msi_data(vector));
}

static const struct irq_chip chip = {
    .name = "AMD-Vi",
    .route = route,
};

void amdvi_event_irq_init(struct amdvi_unit *u, unsigned int number)
{
    u->dev = pci_find(u->sbdf);
    if (u->dev != NULL && u->dev->msi_cap != 0) {
        irq_setup(&u->irq, &chip, number);
        if (irq_request(&u->irq, "faults", interrupt, u, 0) == 0) {
            msi_enable(u->dev, true);
            irq_unmask(&u->irq);
            return;
        }
    }
    u->dev = NULL;
    printk(LOG_WARN, "AMD-Vi: the unit " PCI_FMT " cannot interrupt: accesses "
           "that it stops are not reported\n", PCI_ARG(u->sbdf));
}

static struct timer poll_timer;

static void poll(void *data)
{
    for (unsigned int i = 0; i < amdvi_unit_count; i++) {
        const pci_sbdf_t sbdf = amdvi_units[i].sbdf;

        if (pci_cfg_read(sbdf, PCI_STATUS, 2) & PCI_STATUS_TARGET_ABORT) {
            /* The bit is cleared by writing it. */
            pci_cfg_write(sbdf, PCI_STATUS, 2, PCI_STATUS_TARGET_ABORT);
            printk_guest(LOG_WARN, 0, "iommu: the unit " PCI_FMT " stopped "
                         "an access and does not say which\n",
                         PCI_ARG(sbdf));
        }
    }
    timer_set(&poll_timer, time_now() + POLL_PERIOD);
}

void amdvi_event_poll_init(void)
{
    timer_init(&poll_timer, 0, poll, NULL);
    timer_set(&poll_timer, time_now() + POLL_PERIOD);
}

static const char *reason(unsigned int code, uint64_t first)
{
    switch (code) {
    case EVENT_ILLEGAL_DTE: return "illegal entry in the device table";
    case EVENT_PAGE_FAULT:
        return first & EVENT_PR && !(first & EVENT_I)
                   ? "not allowed" : "nothing there for the device";
    case EVENT_DTE_ERROR: return "device table not readable";
    case EVENT_TABLE_ERROR: return "page table not readable";
    case EVENT_IOTLB_TIMEOUT: return "the device does not answer";
    case EVENT_INVALID_REQUEST: return "invalid request";
    default: return "unknown event";
    }
}

/*
 * QEMU's unit sets I for memory accesses too, and puts their direction where
 * GN and NX belong, which we can never see set otherwise: we give devices no
 * guest page tables.
 */
static void report(const struct amdvi_unit *u, uint64_t first,
                   uint64_t second)
{
    const bool is_qemu = (first & (EVENT_GN | EVENT_NX)) != 0;
    const unsigned int code = (unsigned int)field_get(EVENT_CODE, first);
    struct iommu_fault f = {
        .sbdf = PCI_SBDF(PCI_SEG(u->sbdf), 0, 0, 0) |
                (pci_sbdf_t)field_get(EVENT_DEVICE, first),
        .addr = second,
    };

    if (code == EVENT_ILLEGAL_COMMAND || code == EVENT_COMMAND_ERROR) {
        printk(LOG_ERR, "AMD-Vi: the unit " PCI_FMT " refuses the command at "
               "%#lx\n", PCI_ARG(u->sbdf), (unsigned long)second);
        return;
    }
    f.is_write = (first & (is_qemu ? EVENT_NX : EVENT_RW)) != 0;
    f.is_interrupt = (first & EVENT_I) && !is_qemu;
    f.reason = reason(code, is_qemu ? first & ~EVENT_I : first);
    iommu_fault(&f);
}

/* One event; a unit may move its tail before the entry is there. */
static void handle(struct amdvi_unit *u, uint64_t head)
{
    uint64_t *const e = (uint64_t *)(void *)(u->events + head);
    uint64_t first = atomic_read_acquire(&e[0]);

    for (unsigned int i = 0; i < ENTRY_RETRIES &&
                             field_get(EVENT_CODE, first) == 0; i++) {
        cpu_relax();
        first = atomic_read_acquire(&e[0]);
    }
    report(u, first, atomic_read_relaxed(&e[1]));
    atomic_set_relaxed(&e[0], UINT64_C(0));
}

/* The log was full: the unit has stopped writing it. */
static void restart(struct amdvi_unit *u)
{
    printk_guest(LOG_WARN, 0, "iommu: the unit " PCI_FMT " lost events\n",
                 PCI_ARG(u->sbdf));
    spin_lock(&amdvi_lock);
    amdvi_write(u, AMDVI_CONTROL, u->control & ~CONTROL_EVENT_LOG);
    while (amdvi_read(u, AMDVI_STATUS) & STATUS_EVENT_RUN) {
        cpu_relax();
    }
    amdvi_write(u, AMDVI_STATUS, STATUS_EVENT_OVERFLOW);
    amdvi_write(u, AMDVI_EVENT_HEAD, 0);
    amdvi_write(u, AMDVI_EVENT_TAIL, 0);
    amdvi_write(u, AMDVI_CONTROL, u->control);
    spin_unlock(&amdvi_lock);
}

static void set_silent(struct amdvi_unit *u, bool is_silent)
{
    spin_lock(&amdvi_lock);
    u->control = is_silent ? u->control & ~CONTROL_EVENT_INT
                           : u->control | CONTROL_EVENT_INT;
    amdvi_write(u, AMDVI_STATUS, STATUS_EVENT_INT);
    amdvi_write(u, AMDVI_CONTROL, u->control);
    spin_unlock(&amdvi_lock);
}

static unsigned int drain(struct amdvi_unit *u, unsigned int limit)
{
    uint64_t head = amdvi_read(u, AMDVI_EVENT_HEAD) % AMDVI_RING_SIZE;
    unsigned int count = 0;

    while (count < limit &&
           head != amdvi_read(u, AMDVI_EVENT_TAIL) % AMDVI_RING_SIZE) {
        handle(u, head);
        head = (head + EVENT_SIZE) % AMDVI_RING_SIZE;
        amdvi_write(u, AMDVI_EVENT_HEAD, head);
        count++;
    }
    return count;
}

unsigned int amdvi_fault_drain(bool rearm)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < amdvi_unit_count; i++) {
        struct amdvi_unit *const u = &amdvi_units[i];
        const uint64_t status = amdvi_read(u, AMDVI_STATUS);

        set_silent(u, !rearm);
        count += drain(u, IOMMU_FAULT_BATCH - count);
        if (status & STATUS_EVENT_OVERFLOW) {
            restart(u);
        }
    }
    return count;
}
