/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine of a few CPUs and the rooms around core/sched and core/domain,
 * pretended: what fake_sched.c keeps, for test_sched_core.c to look at.
 */
#ifndef TESTS_UNIT_FAKE_SCHED_H
#define TESTS_UNIT_FAKE_SCHED_H

#include <setjmp.h>

#include <core/domain/domain.h>
#include <core/kernel/cpu.h>
#include <core/mm/page.h>

#define NR_CPUS 4u
#define NR_PAGES 4096u
#define FAKE_VCPUS 64u

/* Who executes; all of them; their counter. */
extern struct cpu *self;
extern struct cpu cpus[NR_CPUS];
extern uint64_t fake_tsc;

/* Objects and frames handed out and not given back; kicks sent. */
extern unsigned int allocations;
extern unsigned long frames_out;
extern unsigned int kicks;
/* Lines printed about a unit. */
extern unsigned int fake_shown;

/* How the machine ended: jumped to, and 1 reboot, 2 power off, 3 panic. */
extern jmp_buf machine_end;
extern int ended;

/* Whose registers each CPU holds; has a vCPU an interrupt pending. */
extern struct vcpu *loaded[NR_CPUS];
extern bool has_irq[FAKE_VCPUS];
unsigned int fake_index(const struct vcpu *v);

/* Copies to guests; the one page that can be pinned, or NULL. */
extern unsigned int copies;
extern struct page *pin_page;

/* As if a hook of a policy never returned: does not return. */
void fake_hang(void);

/* VIRQs raised, by number; the one port that is pending. */
extern unsigned int virqs[24];
extern unsigned int pending_port;

#endif
