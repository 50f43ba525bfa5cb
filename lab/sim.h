/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulator: a machine of virtual CPUs and guests around core/sched,
 * which is linked as it is.  One thread, one clock; whatever happens at one
 * moment happens in an order that depends on the experiment and its seed
 * only.
 *
 * A simulated vCPU is a struct vcpu with a load behind it.  The load says how
 * long to run, and what happens then (sim_load.c); the engine lets time pass
 * and calls the scheduler as cpu_loop() would (sim_engine.c); sim_host.c is
 * the rest of the hypervisor, as far as core/sched can see it.
 */
#ifndef LAB_SIM_H
#define LAB_SIM_H

#include <core/domain/domain.h>
#include <core/kernel/cpu.h>
#include <core/lib/heap.h>
#include <core/sched/sched.h>

#define SIM_GUESTS 4096u
#define SIM_TURNS 256u

/* Where a CPU is; siblings share. */
struct sim_place {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};

/* What things cost, in nanoseconds of the CPU where they happen. */
struct sim_costs {
    nsec_t exit;      /* An interrupt that the running guest takes, in all   */
    nsec_t swap;      /* From one vCPU to another                            */
    nsec_t ipi;       /* Until another CPU hears that it should choose       */
    nsec_t core;      /* The first run on another core of the socket         */
    nsec_t socket;    /* On another socket of the node                       */
    nsec_t node;      /* On another node                                     */
    nsec_t timer;     /* From a timer's moment until the scheduler knows     */
    nsec_t wake;      /* From a wake-up until the choice that it asks for    */
    nsec_t block;     /* From the end of a burst until the choice behind it  */
    nsec_t resume;    /* From idleness to the vCPU that ran before           */
};

/* Durations: log-linear, 32 steps in each power of two. */
#define HIST_STEPS 32u
#define HIST_BUCKETS (64u * HIST_STEPS)

struct hist {
    uint64_t count;
    uint64_t sum;
    uint64_t max;
    uint32_t *bucket; /* HIST_BUCKETS, when the first value comes            */
};

void hist_add(struct hist *h, uint64_t value);
void hist_merge(struct hist *into, const struct hist *h);
/* The value that @share of all do not exceed; to 3 %. */
uint64_t hist_quantile(const struct hist *h, double share);

enum load_kind {
    LOAD_HOG, LOAD_PERIODIC, LOAD_SPORADIC, LOAD_SERVER, LOAD_IO,
    LOAD_BARRIER, LOAD_LOCK, LOAD_BOOT, LOAD_PLAY,
    LOAD_KINDS
};

/* Where the vCPUs of one guest meet. */
struct sim_barrier {
    unsigned int waiting;
};

struct sim_lock {
    struct sim_vcpu *holder;
    struct sim_vcpu *first;      /* Those who wait, in order                 */
    struct sim_vcpu *last;
};

struct sim_guest {
    struct domain d;
    char name[32];
    enum load_kind kind;
    uint32_t pool;
    unsigned int vcpus;
    unsigned int weight;
    nsec_t start;                /* The vCPUs start then, each a step later  */
    nsec_t step;
    nsec_t stop;                 /* 0: never                                 */
    nsec_t work;                 /* Of a job, a burst, a phase               */
    nsec_t period;               /* Between jobs; mean of arrivals           */
    nsec_t deadline;
    nsec_t wait;                 /* Of a device; critical section            */
    nsec_t total;                /* Boot: work in all                        */
    bool is_random;              /* Exponential instead of constant          */
    bool spins;                  /* Waits for others by spinning             */
    bool yields;                 /* ... that yields now and then             */
    uint64_t *play;              /* Pairs: run, sleep                        */
    unsigned int nr_play;
    struct sim_barrier barrier;
    struct sim_lock lock;
    struct hist delay;           /* From wake to run                         */
    struct hist wait_any;        /* Every time it waited to run              */
    struct hist response;
    uint64_t jobs;
    uint64_t misses;
    uint64_t migrations;
    struct sim_vcpu *first;
};

struct sim_vcpu {
    struct vcpu v;
    struct sim_guest *g;
    struct heap_node timer;      /* Its own next event                       */
    uint64_t random;             /* What its jobs take                       */
    uint64_t random_gap;         /* When they come                           */
    /* What it does */
    nsec_t left;                 /* Of the burst                             */
    nsec_t overhead;             /* To burn first                            */
    nsec_t release;              /* Of the job                               */
    nsec_t next_release;
    nsec_t ready_since;
    nsec_t started;
    uint64_t done_work;
    unsigned int phase;
    unsigned int backlog;        /* Jobs that have arrived                   */
    nsec_t *arrived;             /* When; a ring                             */
    unsigned int arrived_at;
    struct sim_vcpu *next_waiter;
    bool is_woken;               /* Runnable because of a wake-up            */
    bool is_spinning;
    bool is_over;
    uint32_t last_cpu;
};

struct sim_cpu {
    struct cpu c;
    struct heap_node event;      /* The next: pick, slice, end of a burst    */
    struct vcpu *running;
    nsec_t since;                /* Time has passed up to here               */
    nsec_t slice_at;
    nsec_t pick_at;              /* Another CPU's request arrives            */
    nsec_t choose_at;            /* It is in the hypervisor until it chooses */
    nsec_t owed;                 /* By the interrupted guest, if it goes on  */
    nsec_t yield_at;             /* A spinning guest yields                  */
    struct sim_place place;
    nsec_t idle_since;
    nsec_t busy;                 /* Guests' work                             */
    nsec_t lost;                 /* Overheads                                */
    uint64_t switches;
};

/* Basic blocks of core/ that calls of one kind took; build/lab/sim-count. */
struct sim_steps {
    uint64_t calls;
    uint64_t sum;
    uint64_t max;
};

/* Totals of a run. */
struct sim_totals {
    struct sim_steps decision;
    struct sim_steps wake;
    uint64_t decisions;
    uint64_t switches;
    uint64_t migrations;
    uint64_t ipis;
    uint64_t events;
    uint64_t idle_waits;         /* CPU x time idle while somebody waited    */
    uint64_t trace_hash;
    uint64_t trace_records;
};

enum action_kind {
    ACTION_POLICY, ACTION_ADD_CPU, ACTION_REMOVE_CPU, ACTION_MOVE,
};

/* Something that the experiment does to the pools while it runs. */
struct sim_action {
    nsec_t at;
    nsec_t every;                /* Again after; 0: once                     */
    enum action_kind kind;
    uint32_t pool;
    uint32_t what;               /* CPU or guest                             */
    const struct sched_ops *ops[SIM_TURNS];
    unsigned int nr_ops;
    unsigned int turn;
};

struct sim {
    nsec_t now;
    nsec_t end;
    uint64_t seed;
    unsigned int nr_cpus;
    unsigned int nr_guests;
    unsigned int nr_vcpus;
    struct sim_cpu *cpu;
    struct sim_guest *guest[SIM_GUESTS];
    struct sim_vcpu **vcpu;
    struct sim_costs costs;
    struct sim_action action[64];
    unsigned int nr_actions;
    struct heap_node action_timer;
    struct heap events;
    struct sim_totals sum;
    struct hist delay;
    unsigned int idle_cpus;
    unsigned int waiting;
    nsec_t counted;              /* idle_waits is up to date                 */
    bool check;                  /* The invariants, often                    */
    bool progress;
};

extern struct sim sim;

/* --- sim_config.c --- */
void config_read(const char *path);
/* Say what is wrong and end with status 2. */
void __noreturn sim_die(const char *fmt, ...) __printf_like(1, 2);

/* --- sim_engine.c --- */
void engine_init(void);
void engine_run(void);
static inline struct sim_cpu *sim_cpu_of(unsigned int cpu)
{
    return &sim.cpu[cpu];
}
/* The next event of a CPU may have changed. */
void engine_touch(struct sim_cpu *c);
/* Call @s's load at @at (NSEC_NEVER: not any more). */
void engine_set_timer(struct sim_vcpu *s, nsec_t at);
/* The running burst is replaced: let time pass first. */
void engine_advance(struct sim_cpu *c);
/* The CPU that runs @s, or NULL. */
struct sim_cpu *engine_cpu_of(const struct sim_vcpu *s);

/* --- sim_host.c --- */
void host_init(void);
/* From now on code runs on this CPU. */
void host_be(unsigned int cpu);
void host_wake(struct sim_vcpu *s);
void host_block(struct sim_vcpu *s);
/* Tell the policy a guest's parameters (adjust.h); the tools would do it. */
void host_adjust(struct sim_guest *g, const uint32_t word[4]);
/* The rate limit of pool @id, if its policy has one. */
void host_set_ratelimit(uint32_t id, uint32_t us);
/* Give pool @id the frame of ARINC 653 that lies in @frame. */
struct xen_sysctl_arinc653_schedule;
void host_set_frame(uint32_t id, struct xen_sysctl_arinc653_schedule *frame);
void host_act(struct sim_action *a);
/* Check all invariants; ends the program if one is broken. */
void host_check(void);

/* --- sim_steps.c --- */
extern uint64_t sim_blocks;
/* A call ends that began when sim_blocks was @before; the 2nd half only. */
void steps_add(struct sim_steps *s, uint64_t before);

/* --- sim_load.c --- */
/* The vCPU's first moment; its own event; the end of its burst. */
void load_start(struct sim_vcpu *s);
void load_timer(struct sim_vcpu *s);
void load_done(struct sim_vcpu *s);

/* --- sim_trace.c --- */
/* NULL: only the hash. */
void trace_open(const char *path);
void trace_close(void);

/* --- sim_report.c --- */
void report_write(const char *path);
/* A vCPU's run state changes from @old; called before it is set. */
void report_state(struct sim_vcpu *s, int old, int state);
/* Bring idle_waits up to now. */
void report_count(void);

static inline struct sim_vcpu *sim_vcpu_of(struct vcpu *v)
{
    return container_of(v, struct sim_vcpu, v);
}

#endif /* LAB_SIM_H */
