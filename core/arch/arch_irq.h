/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts between the machine, drivers/irq and the domains.
 *
 * Machine side, implemented by arch/x86/cpu: vectors ARCH_IRQ_FIRST to
 * ARCH_IRQ_LAST belong to devices; their common IDT entry calls the function
 * given to arch_irq_set_dispatch(), interrupts off, and does no EOI itself.
 *
 * Domain side, implemented by arch/x86/vdev (vIOAPIC, vLAPIC).  The vIOAPIC
 * tells core/domain/pirq.h what the guest does with its entries.
 */
#ifndef CORE_ARCH_ARCH_IRQ_H
#define CORE_ARCH_ARCH_IRQ_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;

/* 0x20-0x2f are where the masked 8259 pair would send a spurious one. */
#define ARCH_IRQ_FIRST 0x30u
#define ARCH_IRQ_LAST 0xdfu
#define ARCH_IRQ_VECTORS (ARCH_IRQ_LAST - ARCH_IRQ_FIRST + 1u)

typedef void arch_irq_fn(uint8_t vector);

/* Boot, before the first device interrupt can come. */
void arch_irq_set_dispatch(arch_irq_fn *fn);

/* End of interrupt to this CPU's local APIC. */
void arch_irq_eoi(void);

/* Local APIC id of a CPU that is or was online: what devices address. */
uint32_t arch_cpu_apic_id(unsigned int cpu);

/*
 * An interrupt came on machine line @gsi that @d has bound: deliver it once
 * through @d's I/O APIC entry of the same number.  If that entry is masked
 * it is kept until the guest unmasks it.  For a level entry the guest's EOI
 * leads to pirq_guest_eoi().  Any CPU; no vdev lock is held.
 */
void arch_domain_assert_gsi(struct domain *d, unsigned int gsi);

/* Deliver a message-signalled interrupt in the form the guest wrote it. */
void arch_domain_deliver_msi(struct domain *d, uint64_t addr, uint32_t data);

/*
 * The vCPU that a message would go to, for placing the machine's interrupt;
 * NULL if none or several.  A hint: nothing is delivered.
 */
struct vcpu *arch_domain_msi_target(struct domain *d, uint64_t addr,
                                    uint32_t data);

#endif /* CORE_ARCH_ARCH_IRQ_H */
