/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot processor's struct cpu and stacks, and the table of all CPUs.
 */
#include <arch/x86/cpu/percpu.h>

struct cpu cpu0 = {
    .self = &cpu0,
    .current = NULL,
};

struct cpu *cpu_table[MAX_CPUS] = { &cpu0 };
unsigned int cpu_count = 1;

struct cpu_stacks cpu0_stacks
    __attribute__((section(".bss.page_aligned"), aligned(PAGE_SIZE)));
