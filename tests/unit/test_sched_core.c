/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler core, the vCPUs and the domains together: several pretended
 * CPUs, one after the other, pass their loop heads; their vCPUs block, yield,
 * wake, pause and stop each other at random.  What must hold: a vCPU's
 * registers are on one CPU at most; what is paused gets saved; what may run
 * runs, on a CPU it may use, and no CPU idles meanwhile; nothing is leaked.
 *
 * Links: core/sched/sched.c core/sched/sched_switch.c core/sched/sched_vcpu.c
 * Links: core/sched/cpupool.c core/sched/sched_rr.c core/sched/sched_null.c
 * Links: core/sched/sched_place.c core/domain/vcpu.c core/domain/vcpu_pause.c
 * Links: core/domain/vcpu_timer.c core/domain/vcpu_runstate.c
 * Links: core/domain/vcpu_info.c core/domain/domain.c core/domain/domid.c
 * Links: core/domain/domain_create.c core/domain/domain_destroy.c
 * Links: core/domain/domain_pages.c core/domain/wallclock.c
 * Links: core/domain/watchdog.c core/domain/access.c
 * Links: core/kernel/softirq.c core/kernel/timer.c core/kernel/cpu.c
 * Links: core/sync/spinlock.c core/sync/quiescent.c core/sync/lock_check.c
 * Links: core/lib/bitmap.c core/lib/string.c core/lib/printf_core.c
 * Links: core/lib/snprintf.c
 */
#include "unit.h"

#include <core/abi/sched.h>
#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/domain/access.h>
#include <core/domain/domain_pages.h>
#include <core/domain/vcpu.h>
#include <core/domain/wallclock.h>
#include <core/domain/watchdog.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/kernel/shutdown.h>
#include <core/kernel/softirq.h>
#include <core/kernel/symbols.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sched/sched_core.h>
#include <core/sched/sched_priv.h>
#include <core/sync/quiescent.h>

#include <setjmp.h>

#define NR_CPUS 4u
#define NR_PAGES 4096u

void *calloc(size_t n, size_t size);
void *malloc(size_t size);
void *aligned_alloc(size_t align, size_t size);
void free(void *ptr);
void abort(void);
int printf(const char *fmt, ...);

/* --- the machine --- */

static struct cpu cpus[NR_CPUS];
static struct cpu *self;
static uint64_t cycles = 1;
static unsigned int allocations;
static unsigned int kicks;
static char frametable[NR_PAGES * sizeof(struct page)];
static char memory[1];
char *fake_directmap = memory;
char *fake_frametable = frametable;

struct cpu *this_cpu(void)
{
    return self;
}

uint64_t arch_cycles(void)
{
    return cycles;
}

void arch_timer_program(nsec_t deadline)
{
}

void arch_cpu_kick(unsigned int cpu)
{
    CHECK(cpu < NR_CPUS && cpu != self->id);
    kicks++;
}

void printk(enum log_level level, const char *fmt, ...)
{
}

void printk_raw(const char *fmt, ...)
{
}

void bug_fail(const char *what, const char *file, int line)
{
    printf("BUG %s %s:%d\n", what, file, line);
    abort();
}

const char *symbols_lookup(uintptr_t addr, unsigned long *offset)
{
    return NULL;
}

bool panic_is_on(void)
{
    return false;
}

void panic(const char *fmt, ...)
{
    printf("panic: %s\n", fmt);
    abort();
}

static jmp_buf machine_end;
static int ended;

void shutdown_reboot(void)
{
    ended = 1;
    longjmp(machine_end, 1);
}

void shutdown_poweroff(void)
{
    ended = 2;
    longjmp(machine_end, 1);
}

void shutdown_after_panic(void)
{
    ended = 3;
    longjmp(machine_end, 1);
}

void *xzalloc(size_t bytes)
{
    allocations++;
    return calloc(1, bytes);
}

void *xzalloc_array(size_t count, size_t size)
{
    allocations++;
    return calloc(count, size);
}

void xfree(void *ptr)
{
    allocations -= ptr != NULL;
    free(ptr);
}

void *xpage_alloc(unsigned int order)
{
    allocations++;
    return aligned_alloc(PAGE_SIZE, PAGE_SIZE << order);
}

void xpage_free(void *va, unsigned int order)
{
    allocations--;
    free(va);
}

/* Frames 16 .. NR_PAGES - 1, handed out in order. */
static unsigned long next_frame = 16;
static unsigned long frames_out;

struct page *page_alloc(unsigned int order, uint16_t owner,
                        unsigned int flags, unsigned int node)
{
    struct page *pg = &page_table[next_frame];

    if (next_frame + (1ul << order) > NR_PAGES) {
        return NULL;
    }
    for (unsigned long i = 0; i < 1ul << order; i++) {
        pg[i].owner = owner;
        pg[i].count = 1;
        pg[i].prev = 77;
    }
    next_frame += 1ul << order;
    frames_out += 1ul << order;
    return pg;
}

void page_free(struct page *pg, unsigned int order)
{
    frames_out -= 1ul << order;
}

void page_put(struct page *pg)
{
    CHECK(pg->count > 0);
    frames_out -= --pg->count == 0;
}

unsigned long page_free_count(unsigned int node)
{
    return NR_PAGES - frames_out;
}

/* --- the other rooms --- */

/* Whose registers a CPU holds; a vCPU's pending interrupt. */
static struct vcpu *loaded[NR_CPUS];

#define FAKE_VCPUS 64u
static bool has_irq[FAKE_VCPUS];

static unsigned int fake_index(const struct vcpu *v)
{
    return (v->domain->id * 8u + v->id) % FAKE_VCPUS;
}

int arch_domain_init(struct domain *d, const struct xen_arch_domainconfig *c)
{
    d->arch = xzalloc(16);
    return 0;
}

void arch_domain_free(struct domain *d)
{
    xfree(d->arch);
}

int arch_vcpu_init(struct vcpu *v)
{
    return 0;
}

void arch_vcpu_free(struct vcpu *v)
{
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK(loaded[i] != v);
    }
}

int arch_domain_relinquish(struct domain *d)
{
    return 0;
}

void arch_vcpu_load(struct vcpu *v)
{
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK(loaded[i] != v);
    }
    CHECK(loaded[self->id] == NULL);
    loaded[self->id] = v;
}

void arch_vcpu_unload(struct vcpu *v)
{
    CHECK(loaded[self->id] == v);
    loaded[self->id] = NULL;
}

void arch_vcpu_kick(struct vcpu *v)
{
}

bool arch_vcpu_has_interrupt(const struct vcpu *v)
{
    return has_irq[fake_index(v)];
}

uint64_t arch_vcpu_tsc(const struct vcpu *v, uint64_t at)
{
    return at + 1000;
}

bool arch_tsc_is_stable(void)
{
    return true;
}

void arch_vcpu_dump(const struct vcpu *v)
{
}

void arch_domain_dump(const struct domain *d)
{
}

static struct vcpu_runstate_info shown;
static char pin_memory[PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int copies;

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    memcpy((char *)(uintptr_t)dst, src, bytes);
    return 0;
}

int guest_copy_to_vcpu(struct vcpu *v, gva_t dst, const void *src,
                       size_t bytes)
{
    CHECK(loaded[self->id] == v);
    copies++;
    return guest_copy_to(dst, src, bytes);
}

/* One page that the guest can name; others are copied to. */
static struct page *pin_page;

struct page *guest_pin(gva_t gva, size_t bytes, unsigned int *offset)
{
    if (pin_page) {
        pin_page->count++;
        *offset = (unsigned int)page_offset(gva);
    }
    return pin_page;
}

static unsigned int virqs[24];

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
    d->evtchn = xzalloc(16);
    return 0;
}

int evtchn_domain_close_all(struct domain *d)
{
    return 0;
}

void evtchn_domain_free(struct domain *d)
{
    xfree(d->evtchn);
}

int evtchn_vcpu_init(struct vcpu *v)
{
    return 0;
}

void evtchn_vcpu_free(struct vcpu *v)
{
}

void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq)
{
    has_irq[fake_index(v)] = true;
    virqs[virq]++;
    vcpu_notify(v);
}

void evtchn_send_global_virq(unsigned int virq)
{
    virqs[virq]++;
}

bool evtchn_port_is_valid(const struct domain *d, unsigned int port)
{
    return port > 0 && port < 100;
}

static unsigned int pending_port;

bool evtchn_port_is_pending(struct domain *d, unsigned int port)
{
    return port == pending_port;
}

void evtchn_vcpu_resync(struct vcpu *v)
{
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
    return false;
}

int gnttab_domain_init(struct domain *d, int frames, int maptrack,
                       unsigned int max_version)
{
    d->gnttab = xzalloc(16);
    return 0;
}

int gnttab_release_mappings(struct domain *d)
{
    return 0;
}

void gnttab_domain_free(struct domain *d)
{
    xfree(d->gnttab);
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write,
                          enum p2m_type *type)
{
    return NULL;
}

/* --- the pretended CPUs --- */

static void be(unsigned int cpu)
{
    self = &cpus[cpu];
}

/* One pass of a loop head; what core/arch's cpu_loop() does. */
static void loop_head(unsigned int cpu)
{
    const struct cpu *before = self;

    be(cpu);
    timer_interrupt();
    quiescent_pass();
    if (softirq_run()) {
        sched_run();
    }
    CHECK(!self->current || loaded[cpu] == self->current);
    self = (struct cpu *)(uintptr_t)before;
}

static void settle(void)
{
    for (unsigned int rounds = 0; rounds < 6; rounds++) {
        for (unsigned int i = 0; i < NR_CPUS; i++) {
            loop_head(i);
        }
    }
}

static void machine_init(const char *policy)
{
    static bool is_up;

    if (is_up) {
        return;
    }
    is_up = true;
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        struct cpu *c = &cpus[i];

        c->time = (struct time_scale){ .mul = 1u << 31, .shift = 1 };
        be(i);
        cpu_register(c, i, 0);
        timer_cpu_init();
    }
    be(0);
    sched_choose(policy, 10);
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK_EQ(sched_start(i), 0);
    }
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        be(i);
        cpu_set_online();
    }
    be(0);
}

static struct domain *make_domain(unsigned int vcpus, bool is_hardware)
{
    const struct domain_config cfg = {
        .max_vcpus = vcpus,
        .is_control = is_hardware,
        .is_hardware = is_hardware,
        .max_pages = 600,
    };
    struct domain *d = NULL;

    CHECK_EQ(domain_create(is_hardware ? 0 : DOMID_INVALID, &cfg, &d), 0);
    for (unsigned int i = 0; i < vcpus; i++) {
        CHECK_EQ(vcpu_create(d, i), 0);
        has_irq[fake_index(d->vcpu[i])] = false;
    }
    return d;
}

static void start(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vcpu_up(v);
    }
    CHECK_EQ(domain_tool_unpause(d), 0);
    settle();
}

static void destroy(struct domain *d)
{
    unsigned int rounds = 0;

    /* Not from one of its own vCPUs. */
    CHECK_EQ(domain_tool_pause(d), 0);
    settle();
    while (domain_destroy(d) == -ERESTART && CHECK(rounds++ < 100)) {
        settle();
    }
    settle();
}

static bool is_current(const struct vcpu *v)
{
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        if (cpus[i].current == v) {
            return true;
        }
    }
    return false;
}

static void check_vcpu(struct vcpu *v)
{
    unsigned int places = 0;

    for (unsigned int i = 0; i < NR_CPUS; i++) {
        places += loaded[i] == v;
        if (loaded[i] == v) {
            CHECK_EQ(v->on_cpu, i);
        }
    }
    CHECK_EQ(places, !vcpu_is_saved(v));
    CHECK_EQ(v->sched.is_loaded, !vcpu_is_saved(v));
    CHECK_EQ(v->sched.is_runnable, vcpu_is_runnable(v));
    if (v->pause_count || v->domain->pause_count) {
        CHECK(vcpu_is_saved(v));
    }
    if (is_current(v)) {
        CHECK(vcpu_is_runnable(v));
        CHECK(sched_unit_fits(&v->sched, v->on_cpu));
        CHECK_EQ(v->runstate.state, RUNSTATE_running);
    } else if (vcpu_is_runnable(v)) {
        CHECK_EQ(v->runstate.state, RUNSTATE_runnable);
        for (unsigned int i = 0; i < NR_CPUS; i++) {
            CHECK(cpus[i].current || !sched_unit_fits(&v->sched, i));
        }
    } else {
        CHECK(v->runstate.state == RUNSTATE_blocked ||
              v->runstate.state == RUNSTATE_offline);
    }
}

static void check_all(void)
{
    struct domain *d;
    struct vcpu *v;

    settle();
    for_each_domain(d) {
        for_each_vcpu(d, v) {
            check_vcpu(v);
        }
    }
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        CHECK(sched_pool_default()->ops->check(&cpus[i].sched->rq));
        CHECK_EQ(cpus[i].softirq_pending, 0);
    }
}

TEST(a_vcpu_starts_blocks_and_wakes)
{
    struct domain *d;
    struct vcpu *v;

    machine_init("rr");
    d = make_domain(1, false);
    v = d->vcpu[0];
    settle();
    CHECK(!is_current(v));
    start(d);
    REQUIRE(is_current(v));
    be(v->on_cpu);
    vcpu_block(v);
    settle();
    CHECK(!is_current(v));
    CHECK(!vcpu_is_saved(v));
    CHECK_EQ(v->runstate.state, RUNSTATE_blocked);

    /* An interrupt that is already there keeps it from blocking. */
    vcpu_notify(v);
    settle();
    REQUIRE(is_current(v));
    has_irq[fake_index(v)] = true;
    be(v->on_cpu);
    vcpu_block(v);
    settle();
    CHECK(is_current(v));
    has_irq[fake_index(v)] = false;

    /* Blocked and paused: saved. */
    vcpu_block(v);
    settle();
    be(0);
    vcpu_pause(v);
    settle();
    CHECK(vcpu_is_saved(v));
    vcpu_notify(v);
    settle();
    CHECK(!is_current(v));
    vcpu_unpause(v);
    settle();
    CHECK(is_current(v));
    destroy(d);
    CHECK(domain_next(0) == NULL);
}

TEST(timers_wake)
{
    struct domain *d = make_domain(2, false);
    struct vcpu *v = d->vcpu[0];

    start(d);
    be(v->on_cpu);
    vcpu_timer_set_singleshot(v, time_now() + 1000);
    vcpu_block(v);
    settle();
    CHECK(!is_current(v));
    cycles += 2000;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(virqs[VIRQ_TIMER], 1);

    /* Poll: by timeout, by port, at once. */
    const evtchn_port_t port = 5;
    const evtchn_port_t bad = 100;

    has_irq[fake_index(v)] = false;
    be(v->on_cpu);
    CHECK_EQ(vcpu_poll(v, &bad, 1, 0), -EINVAL);
    CHECK_EQ(vcpu_poll(v, &port, 1, time_now() + 1000), 0);
    settle();
    CHECK(!is_current(v));
    cycles += 2000;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(d->nr_pollers, 0);
    be(v->on_cpu);
    CHECK_EQ(vcpu_poll(v, &port, 1, 0), 0);
    settle();
    vcpu_wake_pollers(d, 6);
    settle();
    CHECK(!is_current(v));
    vcpu_wake_pollers(d, 5);
    settle();
    CHECK(is_current(v));
    be(v->on_cpu);
    pending_port = 5;
    CHECK_EQ(vcpu_poll(v, &port, 1, 0), 0);
    pending_port = 0;
    settle();
    CHECK(is_current(v));
    CHECK_EQ(d->nr_pollers, 0);
    destroy(d);
}

TEST(all_down_is_power_off)
{
    struct domain *d = make_domain(2, false);
    unsigned int before;

    start(d);
    be(d->vcpu[1]->on_cpu);
    vcpu_down(d->vcpu[1]);
    settle();
    CHECK(!d->shutdown.is_shutting_down);
    before = virqs[VIRQ_DOM_EXC];
    be(d->vcpu[0]->on_cpu);
    vcpu_down(d->vcpu[0]);
    settle();
    CHECK(d->shutdown.is_shut_down);
    CHECK_EQ(d->shutdown.code, SHUTDOWN_poweroff);
    CHECK_EQ(virqs[VIRQ_DOM_EXC], before + 1);

    /* Resumed, and crashed; the vCPU does not run. */
    vcpu_up(d->vcpu[0]);
    settle();
    CHECK(!is_current(d->vcpu[0]));
    CHECK_EQ(domain_resume(d), 0);
    CHECK_EQ(domain_resume(d), -EINVAL);
    settle();
    CHECK(is_current(d->vcpu[0]));
    domain_crash(d, "test %d", 1);
    settle();
    CHECK(!is_current(d->vcpu[0]));
    CHECK_EQ(d->shutdown.code, SHUTDOWN_crash);
    destroy(d);
}

TEST(run_states_add_up_and_are_shown)
{
    struct domain *d = make_domain(1, false);
    struct vcpu *v = d->vcpu[0];
    struct vcpu_runstate_info rs;
    const nsec_t born = v->runstate.state_entry_time;

    start(d);
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, (gva_t)(uintptr_t)&shown), 0);
    CHECK_EQ(shown.state, RUNSTATE_running);
    cycles += 5000;
    d->vm_assist = BIT(VMASST_TYPE_runstate_update_flag);
    vcpu_block(v);
    settle();
    CHECK_EQ(shown.state, RUNSTATE_blocked);
    CHECK(!(shown.state_entry_time & XEN_RUNSTATE_UPDATE));
    CHECK(shown.time[RUNSTATE_running] >= 5000);
    cycles += 700;
    vcpu_notify(v);
    settle();
    CHECK_EQ(shown.state, RUNSTATE_running);
    CHECK(shown.time[RUNSTATE_blocked] >= 700);
    vcpu_runstate_get(v, &rs);
    CHECK_EQ(rs.time[0] + rs.time[1] + rs.time[2] + rs.time[3],
             time_now() - born);

    /* Pinned: no copies any more, and the reference comes back. */
    struct vcpu_runstate_info *area =
        (struct vcpu_runstate_info *)(pin_memory + 64);

    fake_directmap = pin_memory - 20 * PAGE_SIZE;
    pin_page = &page_table[20];
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, (gva_t)(uintptr_t)area), 0);
    copies = 0;
    vcpu_block(v);
    settle();
    CHECK_EQ(area->state, RUNSTATE_blocked);
    CHECK(!(area->state_entry_time & XEN_RUNSTATE_UPDATE));
    vcpu_notify(v);
    settle();
    CHECK_EQ(area->state, RUNSTATE_running);
    CHECK_EQ(copies, 0);
    CHECK_EQ(pin_page->count, 1);
    be(v->on_cpu);
    CHECK_EQ(vcpu_register_runstate(v, 0), 0);
    CHECK_EQ(pin_page->count, 0);
    frames_out++;
    pin_page = NULL;
    CHECK(v->info->time.version != 0 && v->info->time.version % 2 == 0);
    CHECK_EQ(v->info->time.tsc_timestamp, 1000);
    destroy(d);
}

TEST(pages_are_counted)
{
    struct domain *d = make_domain(1, false);
    struct page *pg;
    struct page *big;

    CHECK(domain_page_alloc(d, 10, 0, PAGE_ANY_NODE) == NULL);
    big = domain_page_alloc(d, 9, 0, PAGE_ANY_NODE);
    REQUIRE(big != NULL);
    CHECK_EQ(d->tot_pages, 512);
    pg = domain_page_alloc(d, 0, 0, PAGE_ANY_NODE);
    CHECK(domain_page_remove(d, &big[0]));
    CHECK(!domain_page_remove(d, &big[0]));
    CHECK(domain_page_remove(d, &big[300]));
    CHECK(domain_page_remove(d, pg));
    CHECK(domain_page_remove(d, &big[511]));
    CHECK_EQ(d->tot_pages, 509);
    CHECK_EQ(frames_out, 509);

    /* A claim keeps others out. */
    struct domain *other = make_domain(1, false);

    CHECK_EQ(domain_claim_pages(d, 100), -EINVAL);
    CHECK_EQ(domain_claim_pages(d, 550), 0);
    CHECK_EQ(domain_claimed_total(), 41);
    CHECK_EQ(domain_claim_pages(other, NR_PAGES), -EINVAL);
    domain_set_max_pages(other, NR_PAGES);
    CHECK_EQ(domain_claim_pages(other, NR_PAGES), -ENOMEM);
    CHECK_EQ(domain_claim_pages(d, 0), 0);
    CHECK_EQ(domain_claimed_total(), 0);
    destroy(other);
    destroy(d);
    CHECK_EQ(frames_out, 0);
}

TEST(numbers_ascend)
{
    struct domain *a = make_domain(1, false);
    const domid_t first = a->id;
    struct domain *b = make_domain(1, false);
    const struct domain_config cfg = { .max_vcpus = 1 };
    struct domain *c;

    CHECK_EQ(b->id, first + 1);
    CHECK(domain_by_id(first) == a);
    CHECK_EQ(domain_create(first, &cfg, &c), -EEXIST);
    CHECK_EQ(domain_create(DOMID_FIRST_RESERVED, &cfg, &c), -EINVAL);
    CHECK(domain_next(first + 1u) == b);
    CHECK(domain_by_id(DOMID_SELF) == NULL);
    CHECK(domain_vcpu(a, 7) == NULL);
    destroy(a);
    CHECK(domain_by_id(first) == NULL);
    a = make_domain(1, false);
    CHECK_EQ(a->id, first + 2);
    CHECK(access_check(a, b, TARGET_OTHER) == -EPERM);
    CHECK(access_find(a, DOMID_SELF, TARGET_ANY, &c) == 0 && c == a);
    CHECK(access_find(a, 9999, TARGET_ANY, &c) == -ESRCH);
    /* A reference keeps it visible, dying, until it goes. */
    domain_get(b);
    destroy(b);
    CHECK(domain_by_id(first + 1) == b);
    CHECK_EQ(b->dying, DOMAIN_DEAD);
    domain_put(b);
    settle();
    CHECK(domain_by_id(first + 1) == NULL);
    destroy(a);
    CHECK_EQ(domain_count(), 0);
}

TEST(a_watchdog_bites)
{
    struct domain *d = make_domain(1, false);

    start(d);
    CHECK_EQ(watchdog_set(d, 0, 0), -EINVAL);
    CHECK_EQ(watchdog_set(d, 0, 1), 1);
    CHECK_EQ(watchdog_set(d, 0, 2), 2);
    CHECK_EQ(watchdog_set(d, 0, 2), -ENOSPC);
    CHECK_EQ(watchdog_set(d, 1, 0), 0);
    CHECK_EQ(watchdog_set(d, 1, 1), -EINVAL);
    cycles += 1500 * NSEC_PER_MSEC;
    settle();
    CHECK(!d->shutdown.is_shut_down);
    cycles += 600 * NSEC_PER_MSEC;
    settle();
    CHECK(d->shutdown.is_shut_down);
    CHECK_EQ(d->shutdown.code, SHUTDOWN_watchdog);
    destroy(d);
}

/* What a test did to each vCPU, to undo it. */
static void random_op(struct domain **doms, unsigned int n)
{
    struct domain *d = doms[unit_random() % n];
    struct vcpu *v = d->vcpu[unit_random() % d->max_vcpus];
    struct vcpu *cur;

    be(unit_random() % NR_CPUS);
    cur = self->current;
    switch (unit_random() % 12) {
    case 0:
    case 1:
        if (cur && !softirq_is_pending()) {
            has_irq[fake_index(cur)] = false;
            vcpu_block(cur);
        }
        break;
    case 2:
    case 3:
        has_irq[fake_index(v)] = unit_random() % 2;
        vcpu_notify(v);
        break;
    case 4:
        if (cur) {
            vcpu_yield(cur);
        }
        break;
    case 5:
        vcpu_pause(v);
        break;
    case 6:
        if (v->pause_count) {
            vcpu_unpause(v);
        }
        break;
    case 7:
        if (unit_random() % 2) {
            CHECK_EQ(domain_tool_pause(d), 0);
        } else {
            (void)!domain_tool_unpause(d);
        }
        break;
    case 8: {
        struct cpumask m = { { unit_random() % (1u << NR_CPUS) } };

        if (m.bits[0]) {
            CHECK_EQ(sched_set_affinity(v, &m, NULL), 0);
        }
        break;
    }
    case 9:
        if (cur && !softirq_is_pending()) {
            vcpu_timer_set_singleshot(cur, time_now() +
                                               unit_random() % 1000000);
        }
        break;
    default:
        cycles += unit_random() % 200000;
        loop_head(unit_random() % NR_CPUS);
        break;
    }
}

TEST(random_operations)
{
    struct domain *doms[4];
    const unsigned int before = allocations;

    for (unsigned int i = 0; i < 4; i++) {
        doms[i] = make_domain(1 + i, false);
        start(doms[i]);
    }
    for (unsigned int i = 0; i < 100000; i++) {
        random_op(doms, 4);
        if (i % 64 == 0) {
            check_all();
        }
    }
    /* Let all run freely: everyone gets time. */
    for (unsigned int i = 0; i < 4; i++) {
        struct vcpu *v;

        be(0);
        while (doms[i]->pause_count) {
            CHECK_EQ(domain_tool_unpause(doms[i]), 0);
        }
        for_each_vcpu(doms[i], v) {
            struct cpumask all;

            bitmap_fill(all.bits, SCHED_MAX_CPUS);
            CHECK_EQ(sched_set_affinity(v, &all, NULL), 0);
            while (v->pause_count) {
                vcpu_unpause(v);
            }
            vcpu_notify(v);
            v->runstate.time[RUNSTATE_running] = 0;
        }
    }
    for (unsigned int i = 0; i < 2000; i++) {
        cycles += NSEC_PER_MSEC;
        settle();
    }
    check_all();
    for (unsigned int i = 0; i < 4; i++) {
        struct vcpu *v;

        for_each_vcpu(doms[i], v) {
            struct vcpu_runstate_info rs;

            vcpu_runstate_get(v, &rs);
            CHECK(rs.time[RUNSTATE_running] > 600 * NSEC_PER_MSEC);
        }
        be(0);
        destroy(doms[i]);
    }
    CHECK_EQ(allocations, before);
    CHECK(kicks > 0);
}

TEST(the_machine_ends_with_its_domain)
{
    struct domain *d = make_domain(1, true);

    CHECK(hardware_domain == d);
    start(d);
    be(d->vcpu[0]->on_cpu);
    vcpu_down(d->vcpu[0]);
    if (setjmp(machine_end) == 0) {
        settle();
        CHECK(false);
    }
    CHECK_EQ(ended, 2);
}
