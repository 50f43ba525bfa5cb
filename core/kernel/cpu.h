/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU data: one struct for each CPU, reached by this_cpu().  The arch
 * allocates it, and keeps its own part behind @arch.
 *
 * Interrupts are off wherever the hypervisor runs and nothing migrates, so
 * what only its CPU touches needs no protection.  Field letters: [c] constant
 * once the CPU is online, [p] only on that CPU, [a] atomic, [q] under the lock
 * in its struct.
 */
#ifndef CORE_KERNEL_CPU_H
#define CORE_KERNEL_CPU_H

#include <core/arch/arch_cpu.h>
#include <core/kernel/time_scale.h>
#include <core/lib/bitmap.h>
#include <core/lib/types.h>
#include <core/lib/util.h>
#include <core/sync/spinlock.h>
#include <core/trace/counter_ids.h>

#define CPU_MAX 256u
#define LOCK_CHECK_DEPTH 10u

struct arch_cpu;
struct sched_cpu;
struct smp_call;
struct timer;
struct trace_ring;
struct vcpu;

/* A CPU's timers, see timer.c. */
struct timer_queue {
    struct spinlock lock;
    struct timer *first;    /* [lock] earliest, root of a pairing heap       */
    struct timer *running;  /* [lock] its function is being called           */
    nsec_t programmed;      /* [p] hardware deadline, NSEC_NEVER: none       */
};

/* The locks a CPU holds, for lock_check.c. */
struct lock_held {
    unsigned int depth;
    struct {
        const struct spinlock *lock;
        const void *where;
    } entry[LOCK_CHECK_DEPTH];
};

struct cpu {
    struct cpu *self;            /* [c] offset 0, for this_cpu()             */
    uint64_t entry_scratch[4];   /* [p] the arch's entry code                */
    uint64_t stack_canary;       /* [c] offset 0x28, for the compiler        */

    unsigned int id;             /* [c]                                      */
    unsigned int node;           /* [c] NUMA node                            */
    struct arch_cpu *arch;       /* [c]                                      */
    struct vcpu *current;        /* [p] whose state is loaded; NULL: idle    */
    struct sched_cpu *sched;     /* [c] the scheduler core's                 */

    uint32_t softirq_pending;    /* [a] bits of enum softirq_nr              */
    uint32_t quiescent_seen;     /* [p] last epoch this CPU passed           */
    struct time_scale time;      /* [p] changes at the loop head only        */
    struct timer_queue timers;   /* [q]                                      */
    struct spinlock call_lock;
    struct smp_call *calls;      /* [call_lock] last in first out            */
    struct lock_held held;       /* [p]                                      */
    struct trace_ring *trace;    /* [p] NULL: tracing is off                 */
    uint64_t counters[COUNTERS]; /* [p] others read them for dumps           */
};

static_assert(offsetof(struct cpu, self) == 0, "this_cpu()");
static_assert(offsetof(struct cpu, stack_canary) == 0x28, "compiler's ABI");

/*
 * [c] NULL: no such CPU.  Numbers are dense, 0 is the CPU that booted; all
 * that were found are here before the second is started.
 */
extern struct cpu *cpu_table[CPU_MAX];
extern unsigned int cpu_count;
/* [a] Those that have reached their loop. */
extern uint64_t cpu_online[BITMAP_LONGS(CPU_MAX)];

static __always_inline unsigned int this_cpu_id(void)
{
    return this_cpu()->id;
}

static inline struct cpu *cpu_of(unsigned int cpu)
{
    return cpu_table[cpu];
}

static inline bool cpu_is_online(unsigned int cpu)
{
    return cpu < CPU_MAX && bitmap_test(cpu_online, cpu);
}

#define for_each_online_cpu(cpu) \
    bitmap_for_each_set(cpu, cpu_online, CPU_MAX)

/*
 * Boot: make @c, which is all zero, CPU number @id of core's tables.
 * Before anything else in core is used on that CPU.
 */
void cpu_register(struct cpu *c, unsigned int id, unsigned int node);

/* This CPU, set up, is about to enter its loop: others may count on it. */
void cpu_set_online(void);

#endif /* CORE_KERNEL_CPU_H */
