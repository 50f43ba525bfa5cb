/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual I/O APICs; see vioapic.h.
 *
 * An input is asserted by pirq.c when the machine's own fires, once for each
 * interrupt.  Remote IRR is set from the delivery of a level interrupt to the
 * guest's EOI, which lets pirq.c take the next.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/vdev/vioapic.h>
#include <core/arch/arch_irq.h>
#include <core/console/printk.h>
#include <core/domain/pirq.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <drivers/irq/ioapic.h>

#define VIOAPIC_MAX 8u
#define IOAPIC_BYTES 0x1000u

#define IOREGSEL 0x00u
#define IOWIN 0x10u
#define IOEOI 0x40u
#define REG_ID 0x00u
#define REG_VERSION 0x01u
#define REG_ARB 0x02u
#define REG_RTE 0x10u

#define VERSION_HAS_EOI 0x20u

#define RTE_VECTOR GENMASK64(7, 0)
#define RTE_MODE GENMASK64(10, 8)
#define RTE_LOGICAL BIT(11)
#define RTE_STATUS BIT(12)
#define RTE_LOW BIT(13)
#define RTE_REMOTE_IRR BIT(14)
#define RTE_LEVEL BIT(15)
#define RTE_MASKED BIT(16)
#define RTE_DEST GENMASK64(63, 56)
#define RTE_READ_ONLY (RTE_STATUS | RTE_REMOTE_IRR)

struct vioapic_pin {
    uint64_t rte;
    bool pending; /* Asserted while it could not be delivered */
};

struct vioapic_chip {
    paddr_t addr;
    uint32_t gsi_base;
    unsigned int pins;
    uint8_t id;
    uint8_t version;
    uint8_t index;
    struct vioapic_pin *pin;
};

struct vioapic {
    struct spinlock lock;
    unsigned int count;
    struct vioapic_chip chip[VIOAPIC_MAX];
};

static struct vioapic_pin *pin_of_gsi(struct vioapic *io, uint32_t gsi)
{
    for (unsigned int i = 0; i < io->count; i++) {
        struct vioapic_chip *const c = &io->chip[i];

        if (gsi - c->gsi_base < c->pins) {
            return &c->pin[gsi - c->gsi_base];
        }
    }
    return NULL;
}

static struct vioapic_chip *chip_at(struct vioapic *io, gpa_t gpa)
{
    for (unsigned int i = 0; i < io->count; i++) {
        if (gpa - io->chip[i].addr < IOAPIC_BYTES) {
            return &io->chip[i];
        }
    }
    return NULL;
}

/* With the lock held: pass a pending input on, if the entry lets it. */
static void deliver(struct domain *d, struct vioapic_pin *pin)
{
    const uint64_t rte = pin->rte;
    uint64_t addr;

    if (!pin->pending || (rte & RTE_MASKED) || (rte & RTE_REMOTE_IRR)) {
        return;
    }
    pin->pending = false;
    if (rte & RTE_LEVEL) {
        pin->rte |= RTE_REMOTE_IRR;
    }
    /* In the form of the message a real one would send. */
    addr = 0xfee00000u | field_get(RTE_DEST, rte) << 12 |
           (rte & RTE_LOGICAL ? BIT(2) : 0);
    arch_domain_deliver_msi(d, addr,
                            (uint32_t)(rte & (RTE_VECTOR | RTE_MODE |
                                              RTE_LEVEL)));
}

void arch_domain_assert_gsi(struct domain *d, unsigned int gsi)
{
    struct vioapic *const io = d->arch->vioapic;
    struct vioapic_pin *const pin = io ? pin_of_gsi(io, gsi) : NULL;

    if (!pin) {
        return;
    }
    spin_lock(&io->lock);
    pin->pending = true;
    deliver(d, pin);
    spin_unlock(&io->lock);
}

/* The level input @pin has been served: true if pirq.c must hear of it. */
static bool end_of_level(struct vioapic_pin *pin, uint8_t vector)
{
    if ((pin->rte & RTE_LEVEL) && (pin->rte & RTE_REMOTE_IRR) &&
        field_get(RTE_VECTOR, pin->rte) == vector) {
        pin->rte &= ~RTE_REMOTE_IRR;
        return true;
    }
    return false;
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
    struct vioapic *const io = d->arch->vioapic;

    for (unsigned int i = 0; i < io->count; i++) {
        struct vioapic_chip *const c = &io->chip[i];

        for (unsigned int n = 0; n < c->pins; n++) {
            bool ended;

            spin_lock(&io->lock);
            ended = end_of_level(&c->pin[n], vector);
            if (ended) {
                deliver(d, &c->pin[n]);
            }
            spin_unlock(&io->lock);
            if (ended) {
                pirq_guest_eoi(d, c->gsi_base + n);
            }
        }
    }
}

/* Tell pirq.c what the entry says now; no lock held. */
static void tell_pirq(struct domain *d, uint32_t gsi, uint64_t rte)
{
    const uint64_t addr = 0xfee00000u | field_get(RTE_DEST, rte) << 12 |
                          (rte & RTE_LOGICAL ? BIT(2) : 0);
    const struct pirq_gsi_config cfg = {
        .is_masked = rte & RTE_MASKED,
        .is_level = rte & RTE_LEVEL,
        .is_active_low = rte & RTE_LOW,
        .vector = (uint8_t)field_get(RTE_VECTOR, rte),
        .target = arch_domain_msi_target(d, addr, (uint32_t)rte),
    };
    const int rc = pirq_gsi_update(d, gsi, &cfg);

    if (rc && !cfg.is_masked) {
        printk(LOG_INFO, "d%u: line %u cannot be given to it: %d\n", d->id, gsi, rc);
    }
}

static void write_rte(struct domain *d, struct vioapic *io,
                      struct vioapic_chip *c, unsigned int half, uint32_t val)
{
    struct vioapic_pin *const pin = &c->pin[half / 2];
    const uint64_t mask = half % 2 ? GENMASK64(63, 32) : GENMASK64(31, 0);
    const uint64_t new = half % 2 ? (uint64_t)val << 32 : val;
    uint64_t old;
    uint64_t rte;

    spin_lock(&io->lock);
    old = pin->rte;
    rte = (old & ~mask) | (new & mask);
    rte = (rte & ~RTE_READ_ONLY) | (old & RTE_READ_ONLY);
    if (!(rte & RTE_LEVEL)) {
        rte &= ~RTE_REMOTE_IRR;
    }
    pin->rte = rte;
    spin_unlock(&io->lock);
    if (rte == old) {
        return;
    }
    tell_pirq(d, c->gsi_base + half / 2, rte);
    spin_lock(&io->lock);
    deliver(d, pin);
    spin_unlock(&io->lock);
}

static uint32_t read_window(struct vioapic *io, const struct vioapic_chip *c)
{
    /* Once: another vCPU may be writing the selector. */
    const unsigned int index = READ_ONCE(c->index);
    const unsigned int half = index - REG_RTE;

    switch (index) {
    case REG_ID: return (uint32_t)c->id << 24;
    case REG_VERSION: return c->version | (c->pins - 1) << 16;
    case REG_ARB: return (uint32_t)c->id << 24;
    default: break;
    }
    if (index < REG_RTE || half / 2 >= c->pins) {
        return UINT32_MAX;
    }
    return (uint32_t)(READ_ONCE(c->pin[half / 2].rte) >> (half % 2 * 32));
}

/* @val is for the register at @index, which was read once. */
static void write_window(struct domain *d, struct vioapic *io,
                         struct vioapic_chip *c, unsigned int index,
                         uint32_t val)
{
    if (index == REG_ID) {
        c->id = (uint8_t)(val >> 24 & 0xf);
    } else if (index >= REG_RTE && (index - REG_RTE) / 2 < c->pins) {
        write_rte(d, io, c, index - REG_RTE, val);
    }
}

static uint64_t mmio_read(struct vcpu *v, gpa_t gpa, unsigned int size)
{
    struct vioapic *const io = v->domain->arch->vioapic;
    const struct vioapic_chip *const c = chip_at(io, gpa);

    /* The tail of an access that begins at the chip's last bytes. */
    if (!c) {
        return UINT64_MAX;
    }
    switch (gpa & 0xff) {
    case IOREGSEL: return c->index;
    case IOWIN: return read_window(io, c);
    default: return UINT64_MAX;
    }
}

static void mmio_write(struct vcpu *v, gpa_t gpa, unsigned int size,
                       uint64_t val)
{
    struct vioapic *const io = v->domain->arch->vioapic;
    struct vioapic_chip *const c = chip_at(io, gpa);

    if (!c) {
        return;
    }
    switch (gpa & 0xff) {
    case IOREGSEL:
        WRITE_ONCE(c->index, (uint8_t)val);
        break;
    case IOWIN:
        write_window(v->domain, io, c, READ_ONCE(c->index), (uint32_t)val);
        break;
    case IOEOI:
        if (c->version >= VERSION_HAS_EOI) {
            vioapic_eoi(v->domain, (uint8_t)val);
        }
        break;
    default:
        break;
    }
}

static const struct mmio_ops vioapic_mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
};

static int chip_init(struct domain *d, struct vioapic_chip *c,
                     const struct ioapic_info *real)
{
    c->addr = real->addr;
    c->gsi_base = real->gsi_base;
    c->pins = real->pins;
    c->id = real->id;
    c->version = real->version;
    c->pin = xzalloc_array(real->pins, sizeof(*c->pin));
    if (!c->pin) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < c->pins; i++) {
        c->pin[i].rte = RTE_MASKED;
    }
    hvm_io_add_mmio(d, c->addr, c->addr + IOAPIC_BYTES - 1,
                    &vioapic_mmio_ops);
    return 0;
}

int vioapic_init(struct domain *d)
{
    struct vioapic *const io = xzalloc_type(struct vioapic);

    if (!io) {
        return -ENOMEM;
    }
    d->arch->vioapic = io;
    spin_init(&io->lock, LOCK_VDEV);
    while (io->count < min(ioapic_count(), VIOAPIC_MAX)) {
        if (chip_init(d, &io->chip[io->count], ioapic_get(io->count))) {
            vioapic_free(d);
            return -ENOMEM;
        }
        io->count++;
    }
    return 0;
}

void vioapic_free(struct domain *d)
{
    struct vioapic *const io = d->arch->vioapic;

    if (!io) {
        return;
    }
    for (unsigned int i = 0; i < io->count; i++) {
        xfree(io->chip[i].pin);
    }
    xfree(io);
    d->arch->vioapic = NULL;
}

void vioapic_dump(struct domain *d)
{
    const struct vioapic *const io = d->arch->vioapic;

    for (unsigned int i = 0; io && i < io->count; i++) {
        const struct vioapic_chip *const c = &io->chip[i];

        for (unsigned int n = 0; n < c->pins; n++) {
            if (!(c->pin[n].rte & RTE_MASKED)) {
                printk(LOG_INFO, "  gsi %u rte %016lx%s\n", c->gsi_base + n,
                       c->pin[n].rte, c->pin[n].pending ? " pending" : "");
            }
        }
    }
}
