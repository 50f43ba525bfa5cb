/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables of a CPU.
 */
#ifndef ARCH_X86_CPU_GDT_H
#define ARCH_X86_CPU_GDT_H

#include <arch/x86/cpu/percpu.h>

/* Fill in GDT and TSS of @c, whose arch->stacks is set. */
void gdt_init(struct cpu *c);

/* Load GDT, TSS and segment registers of this CPU.  GS and FS bases stay. */
void gdt_load_cpu(void);

#endif /* ARCH_X86_CPU_GDT_H */
