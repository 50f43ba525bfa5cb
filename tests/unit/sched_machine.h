/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine of the scheduler core's tests, sched_machine.c.
 */
#ifndef TESTS_UNIT_SCHED_MACHINE_H
#define TESTS_UNIT_SCHED_MACHINE_H

#include <core/domain/domain.h>

/* NR_CPUS CPUs under @policy; the first call counts. */
void machine_init(const char *policy);
/* From now on, code runs on @cpu. */
void be(unsigned int cpu);
/* One pass of a loop head; passes of all until nothing is left to do. */
void loop_head(unsigned int cpu);
void settle(void);

/* A domain with its vCPUs, down; start them; destroy it. */
struct domain *make_domain(unsigned int vcpus, bool is_hardware);
void start(struct domain *d);
void destroy(struct domain *d);
bool is_current(const struct vcpu *v);

/* Settle, then check every vCPU, CPU and pool. */
void check_all(void);
/* One operation on one of @n domains, by a random CPU. */
void random_op(struct domain **doms, unsigned int n);
/* Do these set caps? */
extern bool random_caps;

#endif
