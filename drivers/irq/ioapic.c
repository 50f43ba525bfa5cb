/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's I/O APICs.
 *
 * Index and data register are a pair, so each chip has a lock; the low word
 * of every redirection entry is kept, so that masking is one write.
 *
 * With interrupt remapping an entry names one of the IOMMU's instead of a
 * destination, and its vector is not the one that the processor sees.  So the
 * end of interrupt that the local APIC broadcasts does not find it, and a
 * level line would stay in service: it is told directly.
 *
 * Locking: the chip's lock inside irq->lock.
 * Manual: 82093AA I/O Advanced Programmable Interrupt Controller data sheet,
 * "IOAPIC Registers".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>
#include <drivers/acpi/acpi_madt.h>
#include <drivers/iommu/iommu.h>
#include <drivers/irq/ioapic.h>

enum ioapic_mmio {
    IOAPIC_INDEX = 0x00,
    IOAPIC_DATA = 0x10,
    IOAPIC_EOI = 0x40, /* From IOAPIC_HAS_EOI on                             */
};

enum ioapic_reg { IOAPIC_ID = 0x00, IOAPIC_VERSION = 0x01, IOAPIC_RTE = 0x10 };

#define IOAPIC_MMIO_SIZE 0x44u
#define IOAPIC_HAS_EOI 0x20u
#define VERSION_VERSION GENMASK32(7, 0)
#define VERSION_MAX_ENTRY GENMASK32(23, 16)

#define RTE_VECTOR GENMASK32(7, 0)
#define RTE_ACTIVE_LOW BIT32(13)
#define RTE_LEVEL BIT32(15)
#define RTE_MASKED BIT32(16)
#define RTE_DEST GENMASK64(63, 56)

struct ioapic_pin {
    struct irq irq;                /* First: see pin_of()                    */
    struct ioapic *chip;
    struct iommu_ir ir;            /* [irq.lock] */
    uint32_t low;                  /* [irq.lock] as last written             */
    uint8_t nr;
};

struct ioapic {
    struct ioapic_info info;
    struct spinlock lock;          /* Index and data register                */
    uint8_t *regs;
    struct ioapic_pin *pin;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static unsigned int ioapic_nr;

static uint32_t reg_read(struct ioapic *io, unsigned int reg)
{
    uint32_t val;

    spin_lock(&io->lock);
    arch_mmio_write32(io->regs + IOAPIC_INDEX, reg);
    val = arch_mmio_read32(io->regs + IOAPIC_DATA);
    spin_unlock(&io->lock);
    return val;
}

static void reg_write(struct ioapic *io, unsigned int reg, uint32_t val)
{
    spin_lock(&io->lock);
    arch_mmio_write32(io->regs + IOAPIC_INDEX, reg);
    arch_mmio_write32(io->regs + IOAPIC_DATA, val);
    spin_unlock(&io->lock);
}

static struct ioapic_pin *pin_of(struct irq *irq)
{
    return container_of(irq, struct ioapic_pin, irq);
}

static void pin_write_low(struct ioapic_pin *pin, uint32_t low)
{
    pin->low = low;
    reg_write(pin->chip, IOAPIC_RTE + 2u * pin->nr, low);
}

static void ioapic_mask(struct irq *irq)
{
    struct ioapic_pin *const pin = pin_of(irq);

    pin_write_low(pin, pin->low | RTE_MASKED);
}

/* Not in service any more, whatever vector the processor saw. */
static void pin_eoi(struct ioapic_pin *pin)
{
    struct ioapic *const io = pin->chip;

    if (io->info.version >= IOAPIC_HAS_EOI) {
        arch_mmio_write32(io->regs + IOAPIC_EOI, pin->low & RTE_VECTOR);
    } else {
        /* An edge cannot be in service. */
        reg_write(io, IOAPIC_RTE + 2u * pin->nr, pin->low & ~RTE_LEVEL);
        reg_write(io, IOAPIC_RTE + 2u * pin->nr, pin->low);
    }
}

static void ioapic_unmask(struct irq *irq)
{
    struct ioapic_pin *const pin = pin_of(irq);

    if (irq->is_level && iommu_has_ir()) {
        pin_eoi(pin);
    }
    pin_write_low(pin, pin->low & ~RTE_MASKED);
}

/* The entry for @pin but for mask, trigger and polarity; 0: blocked. */
static uint64_t pin_rte(struct ioapic_pin *pin, uint32_t apic_id,
                        uint8_t vector)
{
    const struct iommu_ir_target target = {
        .apic_id = apic_id, .vector = vector, .is_level = pin->irq.is_level,
    };
    struct iommu_ir_message msg;
    int rc;

    if (!iommu_has_ir()) {
        return vector | field_prep(RTE_DEST, apic_id);
    }
    rc = iommu_ir_set(&pin->ir, &target, &msg);
    if (rc != 0) {
        printk(LOG_WARN, "ioapic: no remapping entry for GSI %u (error %d): "
               "it is blocked\n", pin->irq.number, rc);
        return 0;
    }
    return msg.rte;
}

/*
 * Masked while the two halves do not belong together.  Fixed delivery to a
 * physical destination.
 */
static void ioapic_route(struct irq *irq, uint32_t apic_id, uint8_t vector)
{
    struct ioapic_pin *const pin = pin_of(irq);
    const bool is_masked = irq->is_masked || irq->is_in_service;
    const uint64_t rte = pin_rte(pin, apic_id, vector);
    uint32_t low = lo32(rte);

    if (irq->is_level) {
        low |= RTE_LEVEL;
    }
    if (irq->is_active_low) {
        low |= RTE_ACTIVE_LOW;
    }
    pin_write_low(pin, pin->low | RTE_MASKED);
    reg_write(pin->chip, IOAPIC_RTE + 2u * pin->nr + 1u, hi32(rte));
    pin_write_low(pin, low | (is_masked ? RTE_MASKED : 0));
}

static const struct irq_chip ioapic_chip = {
    .name = "GSI",
    .mask = ioapic_mask,
    .unmask = ioapic_unmask,
    .route = ioapic_route,
    .can_change_vector = true,
};

static int chip_init(struct ioapic *io, const struct acpi_ioapic *a)
{
    uint32_t version;

    memset(io, 0, sizeof(*io));
    spin_init(&io->lock, LOCK_IRQ_CHIP);
    io->regs = arch_mm_ioremap(a->addr, IOAPIC_MMIO_SIZE);
    if (io->regs == NULL) {
        return -ENOMEM;
    }
    version = reg_read(io, IOAPIC_VERSION);
    if (version == 0xffffffffu || field_get(VERSION_VERSION, version) == 0) {
        return -ENODEV;
    }
    io->info.addr = a->addr;
    io->info.gsi_base = a->gsi_base;
    io->info.id = a->id;
    io->info.version = (uint8_t)field_get(VERSION_VERSION, version);
    io->info.pins = (unsigned int)field_get(VERSION_MAX_ENTRY, version) + 1u;
    io->pin = xzalloc_array(io->info.pins, sizeof(*io->pin));
    if (io->pin == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < io->info.pins; i++) {
        struct ioapic_pin *const pin = &io->pin[i];

        irq_setup(&pin->irq, &ioapic_chip, a->gsi_base + i);
        pin->chip = io;
        pin->nr = (uint8_t)i;
        pin->ir = (struct iommu_ir){
            .is_ioapic = true, .ioapic_id = a->id, .pin = (uint8_t)i,
            .index = IOMMU_IR_NONE,
        };
        /* PCI lines are level, active low; ISA lines are set below. */
        pin->irq.is_level = true;
        pin->irq.is_active_low = true;
        pin_write_low(pin, RTE_MASKED);
    }
    return 0;
}

static void set_isa_triggers(const struct acpi_madt *madt)
{
    for (unsigned int line = 0; line < ACPI_ISA_IRQS; line++) {
        uint16_t flags;
        struct irq *const irq =
            ioapic_irq(acpi_madt_isa_gsi(madt, line, &flags));

        if (irq != NULL) {
            irq->is_level =
                (flags & ACPI_TRIGGER_MASK) == ACPI_TRIGGER_LEVEL;
            irq->is_active_low =
                (flags & ACPI_POLARITY_MASK) == ACPI_POLARITY_LOW;
        }
    }
}

int ioapic_init(const struct acpi_madt *madt)
{
    ioapic_nr = 0;
    for (unsigned int i = 0; i < madt->ioapic_count; i++) {
        const struct acpi_ioapic *const a = &madt->ioapic[i];
        const int rc = chip_init(&ioapics[ioapic_nr], a);

        if (rc == -ENOMEM) {
            return rc;
        }
        if (rc != 0) {
            printk(LOG_WARN, "ioapic: number %u at %#lx does not answer, "
                   "skipped\n", a->id, (unsigned long)a->addr);
            continue;
        }
        ioapic_nr++;
    }
    if (ioapic_nr == 0) {
        return -ENODEV;
    }
    set_isa_triggers(madt);
    return 0;
}

unsigned int ioapic_count(void)
{
    return ioapic_nr;
}

const struct ioapic_info *ioapic_get(unsigned int index)
{
    return index < ioapic_nr ? &ioapics[index].info : NULL;
}

struct irq *ioapic_irq(unsigned int gsi)
{
    for (unsigned int i = 0; i < ioapic_nr; i++) {
        const struct ioapic *const io = &ioapics[i];

        if (gsi >= io->info.gsi_base &&
            gsi - io->info.gsi_base < io->info.pins) {
            return &io->pin[gsi - io->info.gsi_base].irq;
        }
    }
    return NULL;
}

unsigned int ioapic_gsi_end(void)
{
    unsigned int end = 0;

    for (unsigned int i = 0; i < ioapic_nr; i++) {
        end = max(end, ioapics[i].info.gsi_base + ioapics[i].info.pins);
    }
    return end;
}

void ioapic_dump(void)
{
    for (unsigned int i = 0; i < ioapic_nr; i++) {
        struct ioapic *const io = &ioapics[i];

        printk_raw("I/O APIC %u at %#lx, GSI %u to %u\n", io->info.id,
                   (unsigned long)io->info.addr, io->info.gsi_base,
                   io->info.gsi_base + io->info.pins - 1u);
        for (unsigned int n = 0; n < io->info.pins; n++) {
            const uint32_t low = reg_read(io, IOAPIC_RTE + 2u * n);

            if (!(low & RTE_MASKED)) {
                printk_raw("  pin %u: %#x, upper half %#x, %s, %s\n", n,
                           low, reg_read(io, IOAPIC_RTE + 2u * n + 1u),
                           low & RTE_LEVEL ? "level" : "edge",
                           low & RTE_ACTIVE_LOW ? "low" : "high");
            }
        }
    }
}
