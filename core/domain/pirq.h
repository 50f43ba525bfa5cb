/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of the machine's devices, bound to the domain that owns them.
 *
 * A line (GSI): the domain's vIOAPIC mirrors the machine's; when the guest
 * unmasks an entry the machine's line of the same number is bound to it with
 * the guest's trigger and polarity.  An edge is acknowledged at once and
 * passed on.  A level line is masked and acknowledged, passed on, and
 * unmasked when the guest sends its EOI: a stuck line costs one interrupt for
 * each EOI of the guest, and never hangs the hypervisor.
 *
 * A message (MSI, MSI-X): acknowledged at once and passed on with the
 * guest's own address and data.
 *
 * The machine's interrupt goes to the CPU where the target vCPU last ran;
 * it follows when one arrives on another CPU.
 *
 * Locking: a PIRQ lock per domain; calls down into drivers/irq under it.
 * Calls into the vIOAPIC and vLAPIC are made without it.
 */
#ifndef CORE_DOMAIN_PIRQ_H
#define CORE_DOMAIN_PIRQ_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct pirq_msi;
struct vcpu;

/* Allocate what @d needs to own device interrupts.  0, -ENOMEM. */
int __must_check pirq_domain_init(struct domain *d);

/* What the guest's redirection entry says. */
struct pirq_gsi_config {
    bool is_masked;
    bool is_level;
    bool is_active_low;
    uint8_t vector;       /* For dumps                                       */
    struct vcpu *target;  /* Where the guest wants it; NULL: anywhere        */
};

/*
 * The guest wrote redirection entry @gsi of its vIOAPIC.  Binds on the first
 * unmasking, then follows masking, trigger, polarity and target.  0; -EBUSY
 * if the line belongs to the hypervisor (its serial console) or another
 * domain, -ENOENT if the machine has no such line, -ENOSPC without a vector:
 * the guest then simply gets no interrupts on it.  No vdev lock is held.
 */
int __must_check pirq_gsi_update(struct domain *d, unsigned int gsi,
                                 const struct pirq_gsi_config *cfg);

/* The guest sent EOI for the level entry @gsi of its vIOAPIC. */
void pirq_guest_eoi(struct domain *d, unsigned int gsi);

/* The chip's side of one message. */
struct pirq_msi_ops {
    /*
     * Put the machine's own address and data into the device.  Called by
     * pirq_msi_bind(), and from an interrupt when the message moves to
     * another CPU; interrupt locks are held.
     */
    void (*write)(void *arg, uint64_t addr, uint32_t data);
    /* write() may change the vector while the device can send. */
    bool can_change_vector;
};

/* One message that a device can send, given by vpci. */
struct pirq_msi_source {
    const struct pirq_msi_ops *ops;
    void *arg;
    uint32_t sbdf;        /* The device: pci_sbdf_t                          */
};

/*
 * Bind @source to @d: allocates a machine vector, calls write() with the
 * machine's message now and whenever it moves.  @addr, @data: what the guest
 * programmed.  0, -ENOMEM, -ENOSPC (no vector, no remapping entry).
 */
int __must_check pirq_msi_bind(struct domain *d,
                               const struct pirq_msi_source *source,
                               uint64_t addr, uint32_t data,
                               struct pirq_msi **out);
/* The guest changed address or data. */
void pirq_msi_update(struct pirq_msi *msi, uint64_t addr, uint32_t data);
/* The device sends it no more (disabled or masked before the call). */
void pirq_msi_unbind(struct pirq_msi *msi);

/* Debug key: bound interrupts, counts, where they go. */
void pirq_dump(struct domain *d);

#endif /* CORE_DOMAIN_PIRQ_H */
