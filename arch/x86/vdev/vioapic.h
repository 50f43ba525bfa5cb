/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O APICs of the domain that drives the machine: one for each real one,
 * at its address, with its inputs.  82093AA data sheet; Intel chipset data
 * sheets, "I/O APIC".
 *
 * Locking: one VDEV lock for all of a domain's; calls into pirq.c are made
 * without it.
 */
#ifndef ARCH_X86_VDEV_VIOAPIC_H
#define ARCH_X86_VDEV_VIOAPIC_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;

/* Mirror the machine's.  0, -ENOMEM. */
int __must_check vioapic_init(struct domain *d);
void vioapic_free(struct domain *d);

/* A local APIC saw the end of level interrupt @vector. */
void vioapic_eoi(struct domain *d, uint8_t vector);

/* Debug key. */
void vioapic_dump(struct domain *d);

#endif /* ARCH_X86_VDEV_VIOAPIC_H */
