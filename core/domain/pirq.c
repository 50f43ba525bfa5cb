/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device interrupts of the machine, bound to the domain that owns devices.
 * Protocol and locking: see pirq.h.
 *
 * The handlers run in an interrupt, at the loop head of some CPU, with no
 * lock held.  They read what the guest programmed under the domain's lock
 * and deliver without it.
 */
#include <core/arch/arch_irq.h>
#include <core/console/printk.h>
#include <core/domain/domain.h>
#include <core/domain/pirq.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/list.h>
#include <core/mm/slab.h>
#include <core/sync/quiescent.h>
#include <drivers/iommu/iommu.h>
#include <drivers/irq/ioapic.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/msi.h>

/* One line; the array has an entry for every GSI of the machine. */
struct pirq_gsi {
    struct domain *d;      /* [c] */
    struct irq *irq;       /* [c] the machine's, NULL: no such line          */
    struct vcpu *target;   /* [lock] */
    bool is_bound;         /* [lock] */
};

/* One message of a device. */
struct pirq_msi {
    struct irq irq;
    struct domain *d;              /* [c] */
    struct pirq_msi_source source; /* [c] */
    struct irq_chip chip;          /* [c] */
    struct iommu_ir ir;            /* [irq.lock] */
    uint64_t addr;                 /* [lock] as the guest programmed it      */
    uint32_t data;                 /* [lock] */
    struct list_head link;         /* [lock] */
    struct quiescent_head defer;
};

struct pirq_domain {
    struct spinlock lock;
    unsigned int gsi_count;        /* [c] */
    struct list_head msis;         /* [lock] */
    uint32_t next_number;          /* [lock] for names in dumps              */
    struct pirq_gsi gsi[];         /* [c] gsi_count entries                  */
};

int pirq_domain_init(struct domain *d)
{
    const unsigned int count = ioapic_gsi_end();
    struct pirq_domain *const p =
        xzalloc(sizeof(*p) + count * sizeof(p->gsi[0]));

    if (p == NULL) {
        return -ENOMEM;
    }
    spin_init(&p->lock, LOCK_PIRQ);
    list_init(&p->msis);
    p->gsi_count = count;
    for (unsigned int i = 0; i < count; i++) {
        p->gsi[i].d = d;
        p->gsi[i].irq = ioapic_irq(i);
    }
    d->pirq = p;
    return 0;
}

static struct pirq_gsi *gsi_of(const struct domain *d, unsigned int gsi)
{
    struct pirq_domain *const p = d->pirq;

    if (p == NULL || gsi >= p->gsi_count) {
        return NULL;
    }
    return &p->gsi[index_nospec(gsi, p->gsi_count)];
}

/* Where an interrupt for @v had best arrive. */
static unsigned int cpu_for(const struct vcpu *v)
{
    return v != NULL ? READ_ONCE(v->sched.cpu) : this_cpu_id();
}

static enum irq_result gsi_interrupt(void *arg)
{
    struct pirq_gsi *const g = arg;
    struct pirq_domain *const p = g->d->pirq;
    struct vcpu *target;
    bool is_bound;

    spin_lock(&p->lock);
    target = g->target;
    is_bound = g->is_bound;
    spin_unlock(&p->lock);
    if (!is_bound) {
        return IRQ_DONE;
    }
    if (cpu_for(target) != this_cpu_id()) {
        irq_set_cpu(g->irq, cpu_for(target));
    }
    arch_domain_assert_gsi(g->d, g->irq->number);
    return g->irq->is_level ? IRQ_PENDING : IRQ_DONE;
}

/* First unmasking: take the machine's line. */
static int gsi_bind(struct pirq_gsi *g, const struct pirq_gsi_config *cfg)
    REQUIRES(g->d->pirq->lock)
{
    const int rc = irq_request(g->irq, "guest", gsi_interrupt, g,
                               cpu_for(cfg->target));

    /* It is still masked; and only now known to be nobody else's. */
    if (rc == 0) {
        irq_set_trigger(g->irq, cfg->is_level, cfg->is_active_low);
        g->is_bound = true;
    }
    return rc;
}

static void gsi_follow(struct pirq_gsi *g, const struct pirq_gsi_config *cfg)
{
    struct irq *const irq = g->irq;

    if (irq->is_level != cfg->is_level ||
        irq->is_active_low != cfg->is_active_low) {
        irq_mask(irq);
        irq_set_trigger(irq, cfg->is_level, cfg->is_active_low);
        /* The guest will send no EOI for what came in the old mode. */
        irq_level_done(irq);
    }
    if (cfg->is_masked) {
        irq_mask(irq);
    } else {
        irq_unmask(irq);
    }
}

int pirq_gsi_update(struct domain *d, unsigned int gsi,
                    const struct pirq_gsi_config *cfg)
{
    struct pirq_gsi *const g = gsi_of(d, gsi);
    int rc = 0;

    if (g == NULL || g->irq == NULL) {
        return -ENOENT;
    }
    spin_lock(&g->d->pirq->lock);
    g->target = cfg->target;
    if (!g->is_bound && !cfg->is_masked) {
        rc = gsi_bind(g, cfg);
    }
    if (g->is_bound) {
        gsi_follow(g, cfg);
    }
    spin_unlock(&g->d->pirq->lock);
    if (rc != 0) {
        printk_guest(LOG_WARN, d->id, "GSI %u cannot be bound (error %d)\n",
                     gsi, rc);
    }
    return rc;
}

void pirq_guest_eoi(struct domain *d, unsigned int gsi)
{
    struct pirq_gsi *const g = gsi_of(d, gsi);

    if (g != NULL && READ_ONCE(g->is_bound)) {
        irq_level_done(g->irq);
    }
}

static enum irq_result msi_interrupt(void *arg)
{
    struct pirq_msi *const m = arg;
    struct pirq_domain *const p = m->d->pirq;
    const struct vcpu *target;
    uint64_t addr;
    uint32_t data;

    spin_lock(&p->lock);
    addr = m->addr;
    data = m->data;
    spin_unlock(&p->lock);
    target = arch_domain_msi_target(m->d, addr, data);
    if (target != NULL && cpu_for(target) != this_cpu_id()) {
        irq_set_cpu(&m->irq, cpu_for(target));
    }
    arch_domain_deliver_msi(m->d, addr, data);
    return IRQ_DONE;
}

/*
 * A remapping entry is changed in place, the message that names it stays.
 * Without one nothing is written, and the device is not enabled.
 */
static void msi_route(struct irq *irq, uint32_t apic_id, uint8_t vector)
{
    struct pirq_msi *const m = container_of(irq, struct pirq_msi, irq);
    const struct iommu_ir_target target = {
        .apic_id = apic_id, .vector = vector,
    };
    struct iommu_ir_message msg = {
        .addr = msi_address(apic_id), .data = msi_data(vector),
    };

    const bool is_known = m->ir.index != IOMMU_IR_NONE;

    if (iommu_has_ir() &&
        (iommu_ir_set(&m->ir, &target, &msg) != 0 || is_known)) {
        return;
    }
    m->source.ops->write(m->source.arg, msg.addr, msg.data);
}

static int msi_request(struct pirq_msi *m)
{
    const struct vcpu *const target =
        arch_domain_msi_target(m->d, m->addr, m->data);
    int rc = irq_request(&m->irq, "guest", msi_interrupt, m,
                         cpu_for(target));

    if (rc == 0 && iommu_has_ir() && m->ir.index == IOMMU_IR_NONE) {
        irq_release(&m->irq);
        rc = -ENOSPC;
    }
    return rc;
}

int pirq_msi_bind(struct domain *d, const struct pirq_msi_source *source,
                  uint64_t addr, uint32_t data, struct pirq_msi **out)
{
    struct pirq_domain *const p = d->pirq;
    struct pirq_msi *const m = xzalloc_type(struct pirq_msi);
    int rc;

    if (m == NULL) {
        return -ENOMEM;
    }
    m->d = d;
    m->source = *source;
    m->ir = (struct iommu_ir){ .sbdf = source->sbdf, .index = IOMMU_IR_NONE };
    m->addr = addr;
    m->data = data;
    m->chip = (struct irq_chip){
        .name = "MSI",
        .route = msi_route,
        /* Remapped, a move does not touch the device. */
        .can_change_vector = source->ops->can_change_vector || iommu_has_ir(),
    };
    spin_lock(&p->lock);
    irq_setup(&m->irq, &m->chip, p->next_number++);
    list_add_tail(&m->link, &p->msis);
    spin_unlock(&p->lock);
    rc = msi_request(m);
    if (rc != 0) {
        spin_lock(&p->lock);
        list_del(&m->link);
        spin_unlock(&p->lock);
        xfree(m);
        return rc;
    }
    irq_unmask(&m->irq);
    *out = m;
    return 0;
}

void pirq_msi_update(struct pirq_msi *msi, uint64_t addr, uint32_t data)
{
    struct pirq_domain *const p = msi->d->pirq;

    spin_lock(&p->lock);
    msi->addr = addr;
    msi->data = data;
    spin_unlock(&p->lock);
}

static void msi_free(struct quiescent_head *head)
{
    xfree(container_of(head, struct pirq_msi, defer));
}

void pirq_msi_unbind(struct pirq_msi *msi)
{
    struct pirq_domain *const p = msi->d->pirq;

    irq_release(&msi->irq);
    iommu_ir_clear(&msi->ir);
    spin_lock(&p->lock);
    list_del(&msi->link);
    spin_unlock(&p->lock);
    /* A handler may still run on another CPU. */
    quiescent_defer(&msi->defer, msi_free);
}

static void dump_irq(const struct irq *irq)
{
    printk_raw("  %s %u: CPU%u vector %#x, %s%s%s, %lu taken\n",
               irq->chip->name, irq->number, irq->cpu, irq->vector,
               irq->is_level ? "level" : "edge",
               irq->is_masked ? ", masked" : "",
               irq->is_in_service ? ", waits for EOI" : "",
               (unsigned long)irq->count);
}

void pirq_dump(struct domain *d)
{
    struct pirq_domain *const p = d->pirq;
    const struct pirq_msi *m;

    if (p == NULL) {
        return;
    }
    printk_raw("device interrupts of d%u:\n", d->id);
    spin_lock(&p->lock);
    for (unsigned int i = 0; i < p->gsi_count; i++) {
        if (p->gsi[i].is_bound) {
            dump_irq(p->gsi[i].irq);
        }
    }
    list_for_each_entry(m, &p->msis, link) {
        dump_irq(&m->irq);
    }
    spin_unlock(&p->lock);
}
