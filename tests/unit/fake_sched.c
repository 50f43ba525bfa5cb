/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine and the other rooms, for test_sched_core.c: they keep the
 * rules of their contracts and count.
 */
#include <tests/unit/fake_sched.h>
#include <tests/unit/unit.h>

#include <core/arch/arch_copy.h>
#include <core/arch/arch_cpu.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/domain/physmap.h>
#include <core/domain/vcpu.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/kernel/shutdown.h>
#include <core/kernel/symbols.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

void *calloc(size_t n, size_t size);
void *malloc(size_t size);
void *aligned_alloc(size_t align, size_t size);
void free(void *ptr);
void abort(void);
int printf(const char *fmt, ...);

struct cpu cpus[NR_CPUS];
struct cpu *self;
uint64_t fake_tsc = 1;
unsigned int allocations;
unsigned int kicks;
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
    return fake_tsc;
}

void arch_timer_program(nsec_t deadline)
{
}

static void *bound[5];
static bool is_bound;

enum arch_call arch_call_bounded(void (*fn)(void *data), void *data,
                                 uintptr_t *where)
{
    CHECK(!is_bound);
    is_bound = true;
    if (__builtin_setjmp(bound)) {
        is_bound = false;
        return ARCH_CALL_LATE;
    }
    fn(data);
    is_bound = false;
    return ARCH_CALL_DONE;
}

void fake_hang(void)
{
    if (CHECK(is_bound)) {
        __builtin_longjmp(bound, 1);
    }
}

void arch_cpu_kick(unsigned int cpu)
{
    CHECK(cpu < NR_CPUS && cpu != self->id);
    kicks++;
}

/* Threads of a core are not neighbours by number. */
void arch_cpu_place(unsigned int cpu, uint32_t *core, uint32_t *package)
{
    *core = cpu % (NR_CPUS / 2);
    *package = 0;
}

void printk(enum log_level level, const char *fmt, ...)
{
}

unsigned int fake_shown;

void printk_raw(const char *fmt, ...)
{
    fake_shown += strstr(fmt, "d%uv%u") != NULL;
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

jmp_buf machine_end;
int ended;

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

void *xalloc(size_t bytes)
{
    allocations++;
    return malloc(bytes);
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
unsigned long frames_out;

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
struct vcpu *loaded[NR_CPUS];

bool has_irq[FAKE_VCPUS];

unsigned int fake_index(const struct vcpu *v)
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

unsigned int copies;

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
struct page *pin_page;

struct page *guest_pin(gva_t gva, size_t bytes, unsigned int *offset)
{
    if (pin_page) {
        pin_page->count++;
        *offset = (unsigned int)page_offset(gva);
    }
    return pin_page;
}

unsigned int virqs[24];

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

int evtchn_send(struct domain *d, unsigned int port)
{
    return -EINVAL;
}

bool evtchn_port_is_valid(const struct domain *d, unsigned int port)
{
    return port > 0 && port < 100;
}

unsigned int pending_port;

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

int physmap_later_init(struct domain *d)
{
    return 0;
}
