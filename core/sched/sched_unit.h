/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scheduler sees of a vCPU: one unit.  No dependency on domains, so
 * that the policies link unchanged into the simulator.
 */
#ifndef CORE_SCHED_SCHED_UNIT_H
#define CORE_SCHED_SCHED_UNIT_H

#include <core/lib/bitmap.h>
#include <core/lib/list.h>
#include <core/lib/types.h>

#define SCHED_MAX_CPUS 256u
#define SCHED_PRIV_WORDS 16u

struct sched_gang;
struct sched_pool;

/*
 * A set of physical CPUs.  Units carry two (hard and soft affinity).
 */
struct cpumask {
    uint64_t bits[BITMAP_WORDS(SCHED_MAX_CPUS)];
};

/* What all units of a domain share, for policies; zero at first.  [a] */
struct sched_shared {
    uint64_t word[4];
};

/*
 * Locking: all of it by the run queue lock of @cpu, but for @is_loaded.
 */
struct sched_unit {
    uint32_t domain;            /* Number of the domain, for grouping        */
    uint32_t id;                /* Number of the vCPU                        */
    const uint8_t *handle;      /* The domain's, of 16 bytes                 */
    struct sched_shared *shared;
    struct sched_pool *pool;
    struct sched_gang *gang;    /* NULL: it shares its core with anybody     */
    unsigned int cpu;           /* Where it runs, is queued, or ran last     */
    bool is_runnable;           /* Told by wake() and sleep()                */
    bool is_running;            /* Chosen by the last pick() on @cpu         */
    bool is_loaded;             /* [a] @cpu holds its registers: stays there */
    bool is_member;             /* unit_init() was called for it             */
    bool is_affine;             /* Has a hard affinity other than all        */
    struct cpumask hard;        /* May run on these only                     */
    struct cpumask soft;        /* Had better run on these                   */
    struct cpumask hard_saved;  /* Before a temporary pinning                */
    int pinned_to;              /* SCHEDOP_pin_override: CPU, or -1          */
    struct list_head queue;     /* For the policy's own queues               */
    uint64_t priv[SCHED_PRIV_WORDS]; /* The policy's own                     */
};

#endif /* CORE_SCHED_SCHED_UNIT_H */
