/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's part of a CPU's data, and its stacks.
 */
#ifndef ARCH_X86_CPU_PERCPU_H
#define ARCH_X86_CPU_PERCPU_H

#include <arch/x86/hw/segment.h>
#include <arch/x86/mm/layout.h>
#include <core/arch/percpu.h>

/*
 * Each stack grows down into a page which is never mapped.
 */
struct cpu_stacks {
    struct {
        uint8_t guard[PAGE_SIZE];
        uint8_t stack[IST_STACK_SIZE];
    } ist[IST_COUNT];
    uint8_t guard[PAGE_SIZE];
    uint8_t main[CPU_STACK_SIZE];
};

extern struct cpu cpu0;
extern struct cpu_stacks cpu0_stacks;

#endif /* ARCH_X86_CPU_PERCPU_H */
