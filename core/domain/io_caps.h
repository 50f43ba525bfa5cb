/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the machine's I/O a domain may use: d->port_ok and d->mmio_ok.  The
 * hardware domain's are filled at boot and then constant, so that faults and
 * devices read them without a lock.  Those of another domain change only
 * while none of its vCPUs runs.
 */
#ifndef CORE_DOMAIN_IO_CAPS_H
#define CORE_DOMAIN_IO_CAPS_H

#include <core/domain/domain.h>

/* Empty sets, where there are none yet.  0, -ENOMEM. */
int __must_check io_caps_init(struct domain *d);
void io_caps_free(struct domain *d);

/* True if all of @first .. @last is in @set, which may be NULL: empty. */
bool io_caps_has(const struct rangeset *set, uint64_t first, uint64_t last);

/*
 * Give @d ports or machine frames of @from, or take them.  @d is paused and
 * saved, and not @from.
 * 0, -EPERM if @from has them not or @d is the hardware domain, -ENOMEM.
 */
int __must_check io_caps_set_ports(struct domain *d, const struct domain *from,
                                   uint16_t first, uint16_t last, bool allow);
int __must_check io_caps_set_mmio(struct domain *d, const struct domain *from,
                                  uint64_t first, uint64_t last, bool allow);

#endif /* CORE_DOMAIN_IO_CAPS_H */
