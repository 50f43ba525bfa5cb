/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdogs of a domain: SCHEDOP_watchdog.  One that is not set again in time
 * shuts the domain down (SHUTDOWN_watchdog).  Locking: the domain's lock.
 */
#ifndef CORE_DOMAIN_WATCHDOG_H
#define CORE_DOMAIN_WATCHDOG_H

#include <core/domain/domain.h>

void watchdog_init(struct domain *d);
void watchdog_free(struct domain *d);

/*
 * @id 0: take a new one, its number (1..2) is returned, -ENOSPC if none is
 * left.  Else set number @id again, 0.  @seconds 0: give it back.
 * -EINVAL: no such watchdog.
 */
int __must_check watchdog_set(struct domain *d, unsigned int id,
                              unsigned int seconds);

#endif /* CORE_DOMAIN_WATCHDOG_H */
