/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdogs of a domain; <xen/sched.h> "SCHEDOP_watchdog".
 * Locking: the domain's lock; the timers' calls take none.
 */
#include <core/domain/watchdog.h>

#include <core/abi/sched.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>

static void expired(void *data)
{
    struct domain *d = data;

    pr_warn("Domain d%u: watchdog expired\n", d->id);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

void watchdog_init(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++) {
        timer_init(&d->watchdog[i], this_cpu_id(), expired, d);
    }
}

void watchdog_free(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++) {
        timer_free(&d->watchdog[i]);
    }
}

static int take(struct domain *d, nsec_t deadline)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++) {
        if (!(d->watchdog_used & (1u << i))) {
            d->watchdog_used |= (uint8_t)(1u << i);
            timer_set(&d->watchdog[i], deadline);
            return (int)i + 1;
        }
    }
    return -ENOSPC;
}

int watchdog_set(struct domain *d, unsigned int id, unsigned int seconds)
{
    const nsec_t deadline = time_now() + seconds * NSEC_PER_SEC;
    int rc = 0;

    spin_lock(&d->lock);
    if (id == 0) {
        rc = seconds == 0 ? -EINVAL : take(d, deadline);
    } else if (id > ARRAY_SIZE(d->watchdog) ||
               !(d->watchdog_used & (1u << (id - 1)))) {
        rc = -EINVAL;
    } else if (seconds == 0) {
        timer_stop(&d->watchdog[id - 1]);
        d->watchdog_used &= (uint8_t)~(1u << (id - 1));
    } else {
        timer_set(&d->watchdog[id - 1], deadline);
    }
    spin_unlock(&d->lock);
    return rc;
}
