/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug keys that walk over all domains; the rows are in kernel/keys.def.
 * Called at the loop head; what is printed may change while it is.
 */
#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/domain/domain.h>
#include <core/domain/pirq.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>

void domain_key_vcpus(void);
void domain_key_events(void);
void domain_key_grants(void);
void domain_key_interrupts(void);

void domain_key_vcpus(void)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        for_each_vcpu(d, v) {
            arch_vcpu_dump(v);
        }
    }
}

void domain_key_events(void)
{
    struct domain *d;

    for_each_domain(d) {
        evtchn_dump(d);
    }
}

void domain_key_grants(void)
{
    struct domain *d;

    for_each_domain(d) {
        gnttab_dump(d);
    }
}

void domain_key_interrupts(void)
{
    struct domain *d;

    for_each_domain(d) {
        if (d->pirq) {
            pirq_dump(d);
        }
    }
}
