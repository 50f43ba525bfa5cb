/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of CPUs.  Written during boot; the mask of those online is atomic.
 */
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/sync/quiescent.h>

struct cpu *cpu_table[CPU_MAX];
unsigned int cpu_count;
uint64_t cpu_online[BITMAP_LONGS(CPU_MAX)];

void cpu_register(struct cpu *c, unsigned int id, unsigned int node)
{
    BUG_ON(id >= CPU_MAX || (cpu_table[id] && cpu_table[id] != c));
    c->self = c;
    c->id = id;
    c->node = node;
    spin_init(&c->timers.lock, LOCK_TIMER);
    c->timers.programmed = NSEC_NEVER;
    spin_init(&c->call_lock, LOCK_SMP_CALL);
    cpu_table[id] = c;
    cpu_count = max(cpu_count, id + 1);
}

void cpu_set_online(void)
{
    quiescent_cpu_online();
    pr_debug("CPU %u is online\n", this_cpu_id());
}
