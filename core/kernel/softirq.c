/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Soft interrupts: what runs at the loop head.  Lock-free: each mask is
 * atomic; a bit is cleared before its function runs, so that raising it
 * meanwhile makes it run again.
 */
#include <core/kernel/bug.h>
#include <core/kernel/softirq.h>
#include <core/lib/bits.h>
#include <core/sync/lock_check.h>
#include <core/sync/quiescent.h>
#include <core/trace/counter.h>

static void (*handlers[SOFTIRQS])(void);

void softirq_register(enum softirq_nr nr, void (*fn)(void))
{
    BUG_ON(nr >= SOFTIRQ_SCHEDULE || (handlers[nr] && handlers[nr] != fn));
    handlers[nr] = fn;
}

void softirq_raise(unsigned int cpu, enum softirq_nr nr)
{
    const uint32_t bit = 1u << nr;
    const uint32_t old = atomic_fetch_or(&cpu_of(cpu)->softirq_pending, bit);

    /*
     * Any bit that was there already has had its kick, and the mask is read
     * after the CPU left its guest: no need for a second.
     */
    if (old == 0 && cpu != this_cpu_id()) {
        counter_inc(IPI_SENT);
        arch_cpu_kick(cpu);
    }
}

bool softirq_run_all(void)
{
    struct cpu *const c = this_cpu();
    const uint32_t schedule = 1u << SOFTIRQ_SCHEDULE;
    bool must_schedule = false;
    uint32_t pending;

    lock_check_none_held();
    quiescent_pass();
    while ((pending = atomic_read_relaxed(&c->softirq_pending)) != 0) {
        /* Lowest first, and look again: an earlier one may have come. */
        const uint32_t bit = pending & -pending;

        atomic_fetch_and(&c->softirq_pending, ~bit);
        if (bit == schedule) {
            must_schedule = true;
            continue;
        }
        counter_inc(SOFTIRQ);
        if (handlers[bit_lowest(bit)]) {
            handlers[bit_lowest(bit)]();
        }
        lock_check_none_held();
    }
    return must_schedule;
}
