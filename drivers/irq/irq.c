/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vectors and dispatch of device interrupts.
 *
 * Each CPU has a page of pointers from vector to struct irq.  The dispatch
 * path reads it without a lock: entries are written by one store, and a
 * struct irq is only freed by its owner after irq_release() and a quiescent
 * state.
 *
 * Locking: see irq.h.
 * Manual: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)",
 * interrupt acceptance and EOI.
 */
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <drivers/irq/i8259.h>
#include <drivers/irq/irq.h>

/* Spurious vectors named in the log before it gets quiet. */
#define SPURIOUS_REPORTS 16u
/* APIC ids that fit into an interrupt message. */
#define MESSAGE_MAX_APIC_ID 0xfeu

struct irq_vectors {
    struct irq *irq[ARCH_IRQ_VECTORS];
    unsigned int next;              /* Where the next search begins          */
};

static struct irq_vectors *vectors[CPU_MAX];
static struct spinlock vectors_lock = SPINLOCK_INIT(IRQ_VECTORS);
static uint32_t spurious_count;

static struct irq *vector_get(unsigned int cpu, uint8_t vector)
{
    struct irq_vectors *const t = vectors[cpu];

    if (t == NULL || vector < ARCH_IRQ_FIRST || vector > ARCH_IRQ_LAST) {
        return NULL;
    }
    return atomic_read_acquire(&t->irq[vector - ARCH_IRQ_FIRST]);
}

static void vector_set(unsigned int cpu, uint8_t vector, struct irq *irq)
{
    atomic_set_release(&vectors[cpu]->irq[vector - ARCH_IRQ_FIRST], irq);
}

/* Take @want (0: any) on @cpu for @irq; the vector, 0 if there is none. */
static uint8_t vector_take(unsigned int cpu, uint8_t want, struct irq *irq)
    REQUIRES(vectors_lock)
{
    struct irq_vectors *const t = vectors[cpu];

    if (t == NULL || arch_cpu_apic_id(cpu) > MESSAGE_MAX_APIC_ID) {
        return 0;
    }
    if (want != 0) {
        if (t->irq[want - ARCH_IRQ_FIRST] != NULL) {
            return 0;
        }
        vector_set(cpu, want, irq);
        return want;
    }
    for (unsigned int i = 0; i < ARCH_IRQ_VECTORS; i++) {
        const unsigned int n = (t->next + i) % ARCH_IRQ_VECTORS;

        if (t->irq[n] == NULL) {
            /* Spread over the 16 priority classes. */
            t->next = (n + 16u) % ARCH_IRQ_VECTORS;
            if (t->next < 16u) {
                t->next = (t->next + 1u) % 16u;
            }
            vector_set(cpu, (uint8_t)(n + ARCH_IRQ_FIRST), irq);
            return (uint8_t)(n + ARCH_IRQ_FIRST);
        }
    }
    return 0;
}

void irq_setup(struct irq *irq, const struct irq_chip *chip, uint32_t number)
{
    memset(irq, 0, sizeof(*irq));
    spin_init(&irq->lock, LOCK_IRQ);
    irq->chip = chip;
    irq->number = number;
    irq->is_masked = true;
}

/* A vector on @cpu, else on any CPU.  True if there was one. */
static bool place(struct irq *irq, unsigned int cpu)
{
    uint8_t vector;

    spin_lock(&vectors_lock);
    vector = cpu < CPU_MAX ? vector_take(cpu, 0, irq) : 0;
    for (unsigned int c = 0; vector == 0 && c < CPU_MAX; c++) {
        vector = vector_take(c, 0, irq);
        cpu = c;
    }
    spin_unlock(&vectors_lock);
    irq->cpu = cpu;
    irq->vector = vector;
    return vector != 0;
}

static void unplace(unsigned int cpu, uint8_t vector)
{
    spin_lock(&vectors_lock);
    vector_set(cpu, vector, NULL);
    spin_unlock(&vectors_lock);
}

int irq_request(struct irq *irq, const char *name, irq_handler_fn *handler,
                void *arg, unsigned int cpu)
{
    int rc = 0;

    spin_lock(&irq->lock);
    if (irq->is_requested) {
        rc = -EBUSY;
    } else if (!place(irq, cpu)) {
        rc = -ENOSPC;
    } else {
        irq->handler = handler;
        irq->arg = arg;
        irq->name = name;
        irq->is_requested = true;
        irq->is_masked = true;
        irq->is_in_service = false;
        irq->old_vector = 0;
        irq->is_moving = false;
        irq->chip->route(irq, arch_cpu_apic_id(irq->cpu), irq->vector);
    }
    spin_unlock(&irq->lock);
    return rc;
}

static void chip_mask(struct irq *irq)
{
    if (irq->chip->mask != NULL) {
        irq->chip->mask(irq);
    }
}

static void chip_unmask(struct irq *irq)
{
    if (irq->chip->unmask != NULL) {
        irq->chip->unmask(irq);
    }
}

static void free_old_vector(struct irq *irq)
{
    if (irq->old_vector != 0) {
        unplace(irq->old_cpu, irq->old_vector);
        irq->old_vector = 0;
    }
}

void irq_release(struct irq *irq)
{
    spin_lock(&irq->lock);
    if (irq->is_requested) {
        irq->is_masked = true;
        chip_mask(irq);
        free_old_vector(irq);
        unplace(irq->cpu, irq->vector);
        irq->is_requested = false;
        irq->is_in_service = false;
        irq->vector = 0;
        irq->handler = NULL;
    }
    spin_unlock(&irq->lock);
}

void irq_mask(struct irq *irq)
{
    spin_lock(&irq->lock);
    if (!irq->is_masked) {
        irq->is_masked = true;
        chip_mask(irq);
    }
    spin_unlock(&irq->lock);
}

void irq_unmask(struct irq *irq)
{
    spin_lock(&irq->lock);
    if (irq->is_masked && irq->is_requested) {
        irq->is_masked = false;
        if (!irq->is_in_service) {
            chip_unmask(irq);
        }
    }
    spin_unlock(&irq->lock);
}

void irq_set_trigger(struct irq *irq, bool is_level, bool is_active_low)
{
    spin_lock(&irq->lock);
    irq->is_level = is_level;
    irq->is_active_low = is_active_low;
    if (irq->is_requested) {
        irq->chip->route(irq, arch_cpu_apic_id(irq->cpu), irq->vector);
    }
    spin_unlock(&irq->lock);
}

/*
 * Move @irq, whose lock is held.  One move at a time, and the old vector is
 * kept until the next: the old CPU may still hold an interrupt that came
 * before the first at the new place.
 */
static void move(struct irq *irq, unsigned int cpu)
{
    const uint8_t want = irq->chip->can_change_vector ? 0 : irq->vector;
    uint8_t vector;

    if (irq->is_moving || vectors[cpu] == NULL) {
        return;
    }
    free_old_vector(irq);
    spin_lock(&vectors_lock);
    vector = vector_take(cpu, irq->vector, irq);
    if (vector == 0 && want == 0) {
        vector = vector_take(cpu, 0, irq);
    }
    spin_unlock(&vectors_lock);
    if (vector == 0) {
        return;
    }
    irq->old_cpu = irq->cpu;
    irq->old_vector = irq->vector;
    irq->cpu = cpu;
    irq->vector = vector;
    irq->is_moving = true;
    irq->chip->route(irq, arch_cpu_apic_id(cpu), vector);
}

void irq_set_cpu(struct irq *irq, unsigned int cpu)
{
    spin_lock(&irq->lock);
    if (irq->is_requested && irq->cpu != cpu && cpu < CPU_MAX) {
        move(irq, cpu);
    }
    spin_unlock(&irq->lock);
}

void irq_level_done(struct irq *irq)
{
    spin_lock(&irq->lock);
    if (irq->is_in_service) {
        irq->is_in_service = false;
        if (!irq->is_masked) {
            chip_unmask(irq);
        }
    }
    spin_unlock(&irq->lock);
}

static void report_spurious(uint8_t vector)
{
    if (atomic_inc(&spurious_count) <= SPURIOUS_REPORTS) {
        printk(LOG_WARN, "irq: nobody owns vector %#x on CPU %u\n", vector,
               this_cpu_id());
    }
}

/*
 * A level line is masked before the EOI, so that the controller does not
 * send it again at once; it is unmasked when it was dealt with.
 */
void irq_dispatch(uint8_t vector)
{
    const unsigned int cpu = this_cpu_id();
    struct irq *const irq = vector_get(cpu, vector);
    irq_handler_fn *handler;
    void *arg;

    if (irq == NULL) {
        arch_irq_eoi();
        report_spurious(vector);
        return;
    }
    spin_lock(&irq->lock);
    handler = irq->handler;
    arg = irq->arg;
    irq->count++;
    if (irq->is_level) {
        irq->is_in_service = true;
        chip_mask(irq);
    }
    if (irq->cpu == cpu && irq->vector == vector) {
        irq->is_moving = false;
    }
    arch_irq_eoi();
    spin_unlock(&irq->lock);
    if (handler != NULL && handler(arg) == IRQ_DONE) {
        irq_level_done(irq);
    }
}

int irq_cpu_init(unsigned int cpu)
{
    if (vectors[cpu] == NULL) {
        vectors[cpu] = xzalloc_type(struct irq_vectors);
    }
    return vectors[cpu] != NULL ? 0 : -ENOMEM;
}

void irq_init(void)
{
    i8259_mask_all();
    arch_irq_set_dispatch(irq_dispatch);
}

void irq_dump(void)
{
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        if (vectors[cpu] == NULL) {
            continue;
        }
        for (unsigned int i = 0; i < ARCH_IRQ_VECTORS; i++) {
            const struct irq *const irq = vectors[cpu]->irq[i];

            if (irq == NULL) {
                continue;
            }
            printk_raw("CPU%u vector %#x: %s %u %s, %s%s%s%lu taken\n", cpu,
                       i + ARCH_IRQ_FIRST, irq->chip->name, irq->number,
                       irq->name ? irq->name : "?",
                       irq->is_level ? "level, " : "edge, ",
                       irq->is_masked ? "masked, " : "",
                       irq->is_in_service ? "in service, " : "",
                       (unsigned long)irq->count);
        }
    }
    printk_raw("spurious: %u\n", spurious_count);
}
