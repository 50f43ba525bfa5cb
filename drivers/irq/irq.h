/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device interrupts of the machine: a vector on a CPU for each, a handler,
 * masking and acknowledging by the controller's rules.
 *
 * A struct irq lives in its controller's or user's own struct.  A vector
 * belongs to one (CPU, irq); after a move the old one stays valid until the
 * first interrupt arrives at the new place, so that none is lost.
 *
 * Locking: irq->lock (class IRQ) guards the struct and its controller
 * entry; a lock of the same class, taken alone, guards the vector tables
 * while they change.  The handler is called without any lock.
 */
#ifndef DRIVERS_IRQ_IRQ_H
#define DRIVERS_IRQ_IRQ_H

#include <core/arch/arch_irq.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/sync/spinlock.h>

struct irq;

/* A controller.  Called with irq->lock held; mask and unmask may be NULL. */
struct irq_chip {
    const char *name;
    void (*mask)(struct irq *irq);
    void (*unmask)(struct irq *irq);
    /* Send to local APIC @apic_id as @vector from now on. */
    void (*route)(struct irq *irq, uint32_t apic_id, uint8_t vector);
    /* Whether route() with another CPU and vector is safe at any time. */
    bool can_change_vector;
};

enum irq_result {
    IRQ_DONE,   /* Handled: a level line is unmasked again                   */
    IRQ_PENDING /* A level line stays masked until irq_level_done()          */
};

typedef enum irq_result irq_handler_fn(void *arg);

struct irq {
    struct spinlock lock;
    const struct irq_chip *chip; /* [c] */
    irq_handler_fn *handler;     /* [c] between request and release          */
    void *arg;
    const char *name;
    uint32_t number;             /* [c] GSI, or a count for messages         */
    bool is_requested;           /* [lock] has a vector and a handler        */
    bool is_level;               /* [lock] */
    bool is_active_low;          /* [lock] */
    bool is_masked;              /* [lock] by its user                       */
    bool is_in_service;          /* [lock] level, not yet irq_level_done()   */
    bool is_moving;              /* [lock] none came yet at the new place    */
    unsigned int cpu;            /* [lock] */
    uint8_t vector;              /* [lock] */
    uint8_t old_vector;          /* [lock] 0: none                           */
    unsigned int old_cpu;        /* [lock] */
    uint64_t count;              /* [lock] interrupts taken                  */
};

/* Boot: after arch can take interrupts.  Masks the 8259 pair. */
void irq_init(void);
/* Before device interrupts may be sent to @cpu.  0, -ENOMEM. */
int __must_check irq_cpu_init(unsigned int cpu);

/* Make @irq usable by irq_request(); masked, unowned. */
void irq_setup(struct irq *irq, const struct irq_chip *chip, uint32_t number);

/*
 * Take @irq for @handler and route it to @cpu, still masked; trigger and
 * polarity may be set after.  0, -EBUSY if it has an owner, -ENOSPC if no CPU
 * has a vector left.
 */
int __must_check irq_request(struct irq *irq, const char *name,
                             irq_handler_fn *handler, void *arg,
                             unsigned int cpu);
/* Mask, give the vector back, forget the handler. */
void irq_release(struct irq *irq);

void irq_mask(struct irq *irq);
void irq_unmask(struct irq *irq);

/* Change trigger and polarity of a masked or unrequested irq. */
void irq_set_trigger(struct irq *irq, bool is_level, bool is_active_low);

/* Move to @cpu; stays where it is if that is not possible. */
void irq_set_cpu(struct irq *irq, unsigned int cpu);

/* The level interrupt that the handler left pending is dealt with. */
void irq_level_done(struct irq *irq);

/* Called by the arch for device vectors, interrupts off. */
void irq_dispatch(uint8_t vector);

/* Debug key: every vector in use. */
void irq_dump(void);

#endif /* DRIVERS_IRQ_IRQ_H */
