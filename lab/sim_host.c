/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor as core/sched sees it: CPUs, softirqs, timers, time,
 * domains, memory; each as small as the contract in core's headers allows.
 */
#include <lab/adjust.h>
#include <lab/sim.h>

#include <core/abi/domctl.h>
#include <core/abi/sysctl.h>
#include <core/arch/arch_cpu.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_time.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/softirq.h>
#include <core/kernel/symbols.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sched/sched_priv.h>
#include <core/sync/quiescent.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

struct cpu *cpu_table[CPU_MAX];
unsigned int cpu_count;
uint64_t cpu_online[BITMAP_LONGS(CPU_MAX)];
struct param param;
static struct cpu *self;

struct cpu *this_cpu(void)
{
    return self;
}

void host_be(unsigned int cpu)
{
    self = &sim.cpu[cpu].c;
}

void arch_cpu_place(unsigned int cpu, uint32_t *core, uint32_t *package)
{
    *core = sim.cpu[cpu].place.core;
    *package = sim.cpu[cpu].place.socket;
}

uint64_t arch_cycles(void)
{
    return sim.now;
}

/* --- messages and the end --- */

void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (level == LOG_ERR) {
        (void)fprintf(stderr, "at %llu ns: ", (unsigned long long)sim.now);
    }
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    if (level == LOG_ERR) {
        /* A broken policy: what another would do now is not asked. */
        exit(2);
    }
}

void printk_raw(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    (void)fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

void bug_fail(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: BUG at %llu ns: %s\n", file, line,
                  (unsigned long long)sim.now, what);
    abort();
}

bool panic_is_on(void)
{
    return false;
}

/* One thread: nobody waits, and the checker has its own tests. */
void lock_check_acquire(struct spinlock *l, bool is_second_of_both)
{
}

void lock_check_acquired(struct spinlock *l)
{
}

void lock_check_release(struct spinlock *l)
{
}

const char *symbols_lookup(uintptr_t addr, unsigned long *offset)
{
    return NULL;
}

/* --- calls that may not end, see core/arch/arch_cpu.h --- */

#define TICK_US 100000
#define TICKS 10

static sigjmp_buf bound;
static volatile sig_atomic_t ticks;

static void on_signal(int nr)
{
    if (nr == SIGVTALRM && (ticks == 0 || --ticks > 0)) {
        return;
    }
    if (nr != SIGVTALRM && ticks == 0) {
        (void)signal(nr, SIG_DFL);
        return;
    }
    ticks = 0;
    siglongjmp(bound, nr == SIGVTALRM ? ARCH_CALL_LATE : ARCH_CALL_TRAP);
}

/* Time is that which this program computes. */
static void bound_init(void)
{
    static const int traps[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    const struct itimerval every = {
        .it_interval.tv_usec = TICK_US, .it_value.tv_usec = TICK_US,
    };
    const struct sigaction act = {
        .sa_handler = on_signal, .sa_flags = SA_NODEFER | SA_RESTART,
    };

    for (size_t i = 0; i < ARRAY_SIZE(traps); i++) {
        (void)sigaction(traps[i], &act, NULL);
    }
    (void)sigaction(SIGVTALRM, &act, NULL);
    (void)setitimer(ITIMER_VIRTUAL, &every, NULL);
}

enum arch_call arch_call_bounded(void (*fn)(void *data), void *data,
                                 uintptr_t *where)
{
    const int how = sigsetjmp(bound, 0);

    *where = 0;
    if (how == 0) {
        ticks = TICKS;
        fn(data);
        ticks = 0;
    }
    return (enum arch_call)how;
}

/* --- memory --- */

void *xzalloc(size_t bytes)
{
    return calloc(1, bytes);
}

void xfree(void *ptr)
{
    free(ptr);
}

void quiescent_defer(struct quiescent_head *head,
                     void (*fn)(struct quiescent_head *head))
{
    /* Called between loop heads only. */
    fn(head);
}

/* --- softirqs and timers --- */

void softirq_raise(unsigned int cpu, enum softirq_nr nr)
{
    struct sim_cpu *c = sim_cpu_of(cpu);

    if (&c->c == self) {
        softirq_raise_self(nr);
        return;
    }
    if (c->pick_at > sim.now + sim.costs.ipi) {
        c->pick_at = sim.now + sim.costs.ipi;
        sim.sum.ipis++;
        engine_touch(c);
    }
}

void timer_init(struct timer *t, unsigned int cpu, void (*fn)(void *data),
                void *data)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

/* One a CPU: the slice.  What sched_watch() looks at, host_check() does. */
void timer_set(struct timer *t, nsec_t deadline)
{
    struct sim_cpu *c = sim_cpu_of(t->cpu);

    if (t != &sched_cpu_of(t->cpu)->slice) {
        return;
    }
    c->slice_at = max(deadline, sim.now) + sim.costs.timer;
    engine_touch(c);
}

void timer_stop(struct timer *t)
{
    struct sim_cpu *c = sim_cpu_of(t->cpu);

    c->slice_at = NSEC_NEVER;
    engine_touch(c);
}

/* --- domains and vCPUs --- */

struct domain *domain_next(unsigned int id)
{
    return id < sim.nr_guests ? &sim.guest[id]->d : NULL;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void vcpu_runstate_set(struct vcpu *v, int state, nsec_t now)
{
    struct vcpu_runstate_info *rs = &v->runstate;

    if (rs->state != state) {
        report_state(sim_vcpu_of(v), rs->state, state);
    }
    rs->time[rs->state] += now - rs->state_entry_time;
    rs->state_entry_time = now;
    rs->state = state;
}

void vcpu_runstate_write(struct vcpu *v)
{
}

void vcpu_timer_load(struct vcpu *v)
{
}

void vcpu_time_update(struct vcpu *v)
{
}

static nsec_t migration_cost(const struct sim_vcpu *s, unsigned int to)
{
    const struct sim_place *a = &sim_cpu_of(s->last_cpu)->place;
    const struct sim_place *b = &sim_cpu_of(to)->place;

    if (a->node != b->node) {
        return sim.costs.node;
    }
    if (a->socket != b->socket) {
        return sim.costs.socket;
    }
    return a->core != b->core ? sim.costs.core : 0;
}

void arch_vcpu_load(struct vcpu *v)
{
    struct sim_vcpu *s = sim_vcpu_of(v);
    struct sim_cpu *c = sim_cpu_of(self->id);

    c->switches++;
    sim.sum.switches++;
    s->overhead += sim.costs.swap;
    if (s->last_cpu != self->id && s->last_cpu != CPU_NONE) {
        s->overhead += migration_cost(s, self->id);
        s->g->migrations++;
        sim.sum.migrations++;
    }
    s->last_cpu = self->id;
}

void arch_vcpu_unload(struct vcpu *v)
{
}

/* What vcpu_notify() and vcpu_block() come to. */
void host_wake(struct sim_vcpu *s)
{
    const uint64_t before = sim_blocks;

    if (s->v.stop & VCPU_STOP_BLOCKED) {
        s->v.stop &= ~(uint32_t)VCPU_STOP_BLOCKED;
        s->is_woken = true;
        sched_update(&s->v);
        steps_add(&sim.sum.wake, before);
    }
}

void host_block(struct sim_vcpu *s)
{
    s->v.stop |= VCPU_STOP_BLOCKED;
    sched_stop_self();
}

static void make_vcpu(struct sim_guest *g, unsigned int id)
{
    struct sim_vcpu *s = calloc(1, sizeof(*s));

    s->g = g;
    s->v.id = id;
    s->v.domain = &g->d;
    s->v.stop = VCPU_STOP_BLOCKED;
    s->v.runstate.state = RUNSTATE_blocked;
    s->last_cpu = CPU_NONE;
    s->random = sim.seed * 0x9e3779b97f4a7c15u + sim.nr_vcpus + 1;
    s->random_gap = ~s->random;
    g->d.vcpu[id] = &s->v;
    sim.vcpu[sim.nr_vcpus++] = s;
    if (id == 0) {
        g->first = s;
    }
    if (sched_vcpu_init(&s->v, g->d.pool) != 0) {
        sim_die("guest %s: the policy does not admit vCPU %u", g->name, id);
    }
}

void host_init(void)
{
    bound_init();
    for (unsigned int i = 0; i < sim.nr_cpus; i++) {
        struct cpu *c = &sim.cpu[i].c;

        c->id = i;
        c->time = (struct time_scale){ .mul = 1u << 31, .shift = 1 };
        cpu_table[i] = c;
        bitmap_set(cpu_online, i);
        host_be(i);
        if (sched_start(i) != 0) {
            sim_die("no memory");
        }
    }
    cpu_count = sim.nr_cpus;
    host_be(0);
}

void host_start_guest(struct sim_guest *g);

void host_start_guest(struct sim_guest *g)
{
    g->d.handle[0] = (uint8_t)(g->d.id + 1);
    g->d.handle[1] = (uint8_t)((g->d.id + 1) >> 8);
    g->d.vcpu = calloc(g->vcpus, sizeof(*g->d.vcpu));
    g->d.max_vcpus = g->vcpus;
    g->d.pool = sched_pool_by_id(g->pool, true);
    for (unsigned int i = 0; i < g->vcpus; i++) {
        make_vcpu(g, i);
    }
}

void host_adjust(struct sim_guest *g, const uint32_t word[4])
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = g->d.pool->ops->abi_id,
        .cmd = XEN_DOMCTL_SCHEDOP_getinfo,
    };
    int rc;

    if (word[0] == 0 || sched_adjust(&g->d, &op) != 0) {
        return;
    }
    lab_adjust(&op, word);
    rc = sched_adjust(&g->d, &op);
    if (rc) {
        sim_die("guest %s: scheduler %s refuses its parameters (%d%s)",
                g->name, g->d.pool->ops->name, rc,
                rc == -ENOSPC ? ", not admitted" : "");
    }
}

void host_set_ratelimit(uint32_t id, uint32_t us)
{
    struct sched_pool *p = sched_pool_by_id(id, true);
    struct xen_sysctl_scheduler_op op = {
        .sched_id = p->ops->abi_id, .cmd = XEN_SYSCTL_SCHEDOP_getinfo,
    };

    if (op.sched_id == XEN_SCHEDULER_ARINC653 ||
        sched_adjust_pool(p, &op, NULL) != 0) {
        return;
    }
    op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
    if (op.sched_id == XEN_SCHEDULER_CREDIT) {
        op.u.sched_credit.ratelimit_us = us;
    } else {
        op.u.sched_credit2.ratelimit_us = us;
    }
    if (sched_adjust_pool(p, &op, NULL) != 0) {
        sim_die("pool %u: the rate limit of %u us is refused", id, us);
    }
}

void host_set_frame(uint32_t id, struct xen_sysctl_arinc653_schedule *frame)
{
    struct sched_pool *p = sched_pool_by_id(id, true);
    struct xen_sysctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_ARINC653,
        .cmd = XEN_SYSCTL_SCHEDOP_putinfo,
    };

    if (p->ops->abi_id == XEN_SCHEDULER_ARINC653 &&
        sched_adjust_pool(p, &op, frame) != 0) {
        sim_die("pool %u: its frame is refused", id);
    }
}

void host_act(struct sim_action *a)
{
    struct sched_pool *p = sched_pool_by_id(a->pool, true);
    int rc = -ENOENT;

    host_be(0);
    switch (a->kind) {
    case ACTION_POLICY:
        rc = sched_pool_set_policy(p, a->ops[a->turn++ % a->nr_ops]);
        break;
    case ACTION_ADD_CPU: rc = sched_pool_add_cpu(p, a->what); break;
    case ACTION_REMOVE_CPU: rc = sched_pool_remove_cpu(p, a->what); break;
    case ACTION_MOVE:
        rc = sched_pool_move_domain(&sim.guest[a->what]->d, p);
        break;
    }
    if (rc) {
        sim_die("action at %llu ns: error %d", (unsigned long long)sim.now,
                rc);
    }
    if (softirq_is_pending()) {
        self->softirq_pending = 0;
        sim.cpu[0].pick_at = sim.now;
        engine_touch(&sim.cpu[0]);
    }
}

void host_check(void)
{
    for (struct sched_pool *p = sched_pool_by_id(0, false); p;
         p = sched_pool_by_id(p->id + 1, false)) {
        const char *what = p->fault ? p->fault : sched_check_pool(p);

        if (what) {
            sim_die("scheduler %s is broken at %llu ns: %s", p->ops->name,
                    (unsigned long long)sim.now, what);
        }
    }
}
