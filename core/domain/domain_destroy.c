/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking a domain apart, in steps that can each be left and entered again.
 * How far it is, is in d->relinquish and in the subsystems' own state.
 *
 * Locking: one caller at a time (the domctl lock, or boot).
 */
#include <core/domain/domain_priv.h>

#include <core/arch/arch_domain.h>
#include <core/domain/domain_pages.h>
#include <core/domain/vcpu.h>
#include <core/domain/watchdog.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>

/* Begin: nothing of it may run or be given to it from now on. */
static void begin(struct domain *d)
{
    spin_lock(&d->lock);
    d->dying = DOMAIN_DYING;
    spin_unlock(&d->lock);
    /* Whoever adds a page looks at dying under this lock. */
    spin_lock(&d->page_lock);
    spin_unlock(&d->page_lock);
    domain_pause(d);
    if (domain_claim_pages(d, 0) != 0) {
        /* Cancelling cannot fail. */
        BUG();
    }
    spin_lock(&d->page_lock);
    d->pod_entries = 0;
    BUG_ON(domain_reserve_locked(d, 0) != 0);
    spin_unlock(&d->page_lock);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
}

static int stop_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        if (!vcpu_is_saved(v)) {
            return -ERESTART;
        }
    }
    for_each_vcpu(d, v) {
        vcpu_timer_free(v);
    }
    watchdog_free(d);
    return 0;
}

static int forget_vcpu_info(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vcpu_reset_registrations(v);
    }
    return 0;
}

static int step(struct domain *d)
{
    switch (d->relinquish) {
    case RELINQUISH_PAUSE: return stop_vcpus(d);
    case RELINQUISH_EVTCHN: return evtchn_domain_close_all(d);
    case RELINQUISH_GNTTAB: return gnttab_release_mappings(d);
    case RELINQUISH_ARCH: return arch_domain_relinquish(d);
    case RELINQUISH_VCPU_INFO: return forget_vcpu_info(d);
    case RELINQUISH_PAGES: return domain_pages_relinquish(d);
    case RELINQUISH_DONE: break;
    }
    return 0;
}

int domain_destroy(struct domain *d)
{
    const struct vcpu *self = this_cpu()->current;

    if (self && self->domain == d) {
        return -EBUSY;
    }
    if (d->dying == DOMAIN_ALIVE) {
        begin(d);
    }
    while (d->relinquish != RELINQUISH_DONE) {
        const int rc = step(d);

        if (rc) {
            return rc;
        }
        d->relinquish++;
    }
    if (d->dying != DOMAIN_DEAD) {
        spin_lock(&d->lock);
        d->dying = DOMAIN_DEAD;
        spin_unlock(&d->lock);
        evtchn_send_global_virq(VIRQ_DOM_EXC);
        domain_put(d);
    }
    return 0;
}
