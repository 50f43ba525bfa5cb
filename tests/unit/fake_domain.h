/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains for the tests of what hangs off them: a table of a few, vCPUs that
 * do not run, guest memory that is the test's own, and a physical map
 * (fake_p2m.c) that finds pages given up too early.  Needs fake_arch.c.
 *
 * For "Links:": tests/unit/fake_domain.c tests/unit/fake_p2m.c
 * core/domain/access.c core/domain/domain_pages.c core/domain/physmap.c, and
 * the evtchn and gnttab folders.
 */
#ifndef TESTS_UNIT_FAKE_DOMAIN_H
#define TESTS_UNIT_FAKE_DOMAIN_H

#include <core/arch/arch_p2m.h>
#include <core/domain/domain.h>
#include <core/hypercall/hypercall.h>
#include <core/mm/page.h>

#define FAKE_DOMAINS 8u
#define FAKE_GFNS 8192u

/* A machine with memory and no domains; the first call makes the memory. */
void fake_domains_init(void);
/*
 * A domain that is alive, with event channels, grant table, vCPUs and room
 * for 4096 pages.  Number 0 is the control and hardware domain.
 */
struct domain *fake_domain_add(domid_t id, unsigned int vcpus);
/* As domain_destroy() and what follows it; references must be gone then. */
void fake_domain_kill(struct domain *d);
/* Frees it if it has no references, and takes it out of the table. */
bool fake_domain_reap(struct domain *d);
/* Pages in the allocator now. */
unsigned long fake_free_pages(void);

/* A new RAM page of @d at @gfn; returns its address. */
void *fake_ram(struct domain *d, uint64_t gfn);
/* What the guest would see at @gfn: NULL if nothing. */
void *fake_see(const struct domain *d, uint64_t gfn);

/* Upcalls raised for @v since the last question. */
unsigned int fake_upcalls(const struct vcpu *v);
/* Pollers woken since the last question. */
unsigned int fake_polled(void);

/*
 * Call a handler as @v with guest addresses that are the test's own, again
 * and again while it continues.  @runs (may be NULL): how often it ran.
 */
int64_t fake_hypercall(struct vcpu *v, hcall_fn *fn, unsigned int *runs,
                       uint64_t a0, uint64_t a1, uint64_t a2);

/* The next @nr guest copies work, all after them fault; ~0u: none faults. */
extern unsigned int fake_copies_left;
/* If @fake_copy_end is not 0, guest memory is this and all else faults. */
extern uint64_t fake_copy_start;
extern uint64_t fake_copy_end;

/* --- fake_p2m.c --- */
void fake_p2m_init(struct domain *d);
void fake_p2m_free(struct domain *d);
/* Unmapping this frame alone fails for lack of memory; ~0: none does. */
extern uint64_t fake_p2m_stuck;
/* Entries that are not P2M_NONE. */
unsigned int fake_p2m_count(const struct domain *d);

#endif /* TESTS_UNIT_FAKE_DOMAIN_H */
