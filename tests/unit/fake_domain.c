/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains for unit tests, see fake_domain.h.
 */
#include <stdlib.h>
#include <string.h>

#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/domain/domain_pages.h>
#include <core/domain/vcpu.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_domain.h>

#define FAKE_MIB 64u

static struct domain *domains[FAKE_DOMAINS];
static unsigned int upcalls[FAKE_DOMAINS][DOMAIN_MAX_VCPUS];
static unsigned int polled;

struct domain *hardware_domain;
unsigned int fake_copies_left = ~0u;
uint64_t fake_copy_start = PAGE_SIZE;
uint64_t fake_copy_end;

/* --- core/domain --- */

struct domain *domain_by_id(domid_t id)
{
    return id < FAKE_DOMAINS ? domains[id] : NULL;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void domain_get(struct domain *d)
{
    BUG_ON(d->refs == 0);
    d->refs++;
}

void domain_put(struct domain *d)
{
    BUG_ON(d->refs == 0);
    d->refs--;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    (void)fmt;
    d->shutdown.is_shutting_down = true;
}

void vcpu_wake_pollers(struct domain *d, evtchn_port_t port)
{
    (void)d;
    (void)port;
    polled++;
}

/* --- core/arch --- */

void arch_vcpu_upcall(struct vcpu *v)
{
    upcalls[v->domain->id][v->id]++;
}

void arch_vcpu_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
    (void)v;
    (void)vector;
}

void arch_domain_set_callback(struct domain *d, uint64_t via)
{
    (void)d;
    (void)via;
}

bool guest_is_64bit(void)
{
    return true;
}

/* Guest addresses are ours; the first page faults. */
static int copy_check(gva_t gva, size_t bytes)
{
    if (gva < fake_copy_start || fake_copies_left == 0 ||
        (fake_copy_end != 0 &&
         (gva >= fake_copy_end || bytes > fake_copy_end - gva))) {
        return -EFAULT;
    }
    if (fake_copies_left != ~0u) {
        fake_copies_left--;
    }
    return 0;
}

int guest_copy_from(void *dst, gva_t src, size_t bytes)
{
    const int rc = bytes == 0 ? 0 : copy_check(src, bytes);

    if (rc == 0) {
        memcpy(dst, (const void *)(uintptr_t)src, bytes);
    }
    return rc;
}

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    const int rc = bytes == 0 ? 0 : copy_check(dst, bytes);

    if (rc == 0) {
        memcpy((void *)(uintptr_t)dst, src, bytes);
    }
    return rc;
}

/* --- the test's side --- */

void fake_domains_init(void)
{
    static bool has_memory;

    if (!has_memory) {
        fake_init(1);
        fake_memory(FAKE_MIB);
        has_memory = true;
    }
    for (unsigned int i = 0; i < FAKE_DOMAINS; i++) {
        if (domains[i] != NULL && domains[i]->dying == DOMAIN_ALIVE) {
            fake_domain_kill(domains[i]);
        }
    }
    for (unsigned int i = 0; i < FAKE_DOMAINS; i++) {
        if (domains[i] != NULL) {
            BUG_ON(!fake_domain_reap(domains[i]));
        }
    }
    memset(upcalls, 0, sizeof(upcalls));
    polled = 0;
    fake_copies_left = ~0u;
}

static void add_vcpu(struct domain *d, unsigned int id)
{
    struct vcpu *const v = calloc(1, sizeof(*v));

    v->id = id;
    v->domain = d;
    v->info = id < XEN_LEGACY_MAX_VCPUS ? &d->shared_info->vcpu_info[id]
                                        : &v->own_info;
    d->vcpu[id] = v;
    BUG_ON(evtchn_vcpu_init(v) != 0);
}

struct domain *fake_domain_add(domid_t id, unsigned int vcpus)
{
    struct domain *const d = calloc(1, sizeof(*d));

    BUG_ON(id >= FAKE_DOMAINS || domains[id] != NULL);
    d->id = id;
    d->is_control = id == 0;
    d->is_hardware = id == 0;
    d->refs = 1;
    d->max_vcpus = vcpus;
    d->max_pages = 4096;
    spin_init(&d->lock, LOCK_DOMAIN);
    spin_init(&d->page_lock, LOCK_PAGE_LIST);
    spin_init(&d->physmap_lock, LOCK_PHYSMAP);
    d->vcpu = calloc(vcpus, sizeof(*d->vcpu));
    d->shared_info = xpage_alloc(0);
    memset(d->shared_info, 0, PAGE_SIZE);
    fake_p2m_init(d);
    BUG_ON(evtchn_domain_init(d, ~0u) != 0);
    BUG_ON(gnttab_domain_init(d, -1, -1, 0) != 0);
    for (unsigned int i = 0; i < vcpus; i++) {
        add_vcpu(d, i);
    }
    domains[id] = d;
    if (d->is_hardware) {
        hardware_domain = d;
    }
    return d;
}

void fake_domain_kill(struct domain *d)
{
    d->dying = DOMAIN_DYING;
    while (evtchn_domain_close_all(d) != 0) {
    }
    while (gnttab_release_mappings(d) != 0) {
    }
    while (domain_pages_relinquish(d) != 0) {
    }
    d->dying = DOMAIN_DEAD;
    domain_put(d);
}

bool fake_domain_reap(struct domain *d)
{
    if (d->refs != 0) {
        return false;
    }
    domains[d->id] = NULL;
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        evtchn_vcpu_free(d->vcpu[i]);
        free(d->vcpu[i]);
    }
    BUG_ON(d->tot_pages != 0);
    gnttab_domain_free(d);
    evtchn_domain_free(d);
    xpage_free(d->shared_info, 0);
    fake_p2m_free(d);
    if (hardware_domain == d) {
        hardware_domain = NULL;
    }
    free(d->vcpu);
    free(d);
    return true;
}

unsigned long fake_free_pages(void)
{
    return page_free_count(PAGE_ANY_NODE);
}

void *fake_ram(struct domain *d, uint64_t gfn)
{
    struct page *const pg = domain_page_alloc(d, 0, 0, PAGE_ANY_NODE);

    BUG_ON(pg == NULL);
    BUG_ON(p2m_map(d, GFN(gfn), page_mfn(pg), 0, P2M_RAM_RW) != 0);
    return page_va(pg);
}

void *fake_see(const struct domain *d, uint64_t gfn)
{
    const struct p2m_entry e = p2m_lookup(d, GFN(gfn));

    return e.type == P2M_NONE ? NULL : mfn_va(e.mfn);
}

unsigned int fake_upcalls(const struct vcpu *v)
{
    const unsigned int n = upcalls[v->domain->id][v->id];

    upcalls[v->domain->id][v->id] = 0;
    return n;
}

unsigned int fake_polled(void)
{
    const unsigned int n = polled;

    polled = 0;
    return n;
}

int64_t fake_hypercall(struct vcpu *v, hcall_fn *fn, unsigned int *runs,
                       uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct hcall_regs r = { .arg = { a0, a1, a2 } };
    unsigned int n = 0;
    int64_t rc;

    do {
        rc = fn(v, &r);
        n++;
    } while (rc == -ERESTART);
    if (runs != NULL) {
        *runs = n;
    }
    return rc;
}
