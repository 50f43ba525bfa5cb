/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts from one CPU to another: the kick (contract in
 * core/arch/arch_cpu.h) and requests by NMI.
 */
#ifndef ARCH_X86_CPU_IPI_H
#define ARCH_X86_CPU_IPI_H

#include <core/lib/const.h>

/* Bits of arch_cpu.nmi_request. */
#define NMI_REQUEST_STOP BIT(0)
#define NMI_REQUEST_DUMP BIT(1)

#endif /* ARCH_X86_CPU_IPI_H */
