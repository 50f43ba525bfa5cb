/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two domains that ask by memory_op, for its tests.
 */
#ifndef TESTS_UNIT_MEMORY_ASKS_H
#define TESTS_UNIT_MEMORY_ASKS_H

#include <core/hypercall/hypercall.h>
#include <tests/unit/fake_domain.h>

static struct domain *dom0;
static struct domain *domu;

static void setup(void)
{
    fake_domains_init();
    dom0 = fake_domain_add(0, 1);
    domu = fake_domain_add(1, 1);
}

static int64_t op(struct domain *d, uint64_t cmd, void *arg)
{
    return fake_hypercall(d->vcpu[0], hcall_memory_op, NULL, cmd,
                          (uintptr_t)arg, 0);
}

#endif
