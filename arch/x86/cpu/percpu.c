/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot processor's data and stacks, which exist before anything can be
 * allocated.
 */
#include <arch/x86/cpu/percpu.h>

static struct arch_cpu arch_cpu0 = { .stacks = &cpu0_stacks };

struct cpu cpu0 = { .self = &cpu0, .arch = &arch_cpu0 };

struct cpu_stacks cpu0_stacks __section(".bss.page_aligned")
    __aligned(PAGE_SIZE);
