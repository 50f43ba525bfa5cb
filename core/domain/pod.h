/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Populate on demand: a domain starts with more frames than memory.
 *
 * Frames are marked P2M_POD; d->pod_entries counts them.  d->pod_reserve pages
 * are kept free for them, by the count of claims.  The first touch of a frame,
 * by the guest or by who maps it, turns a mark and a page of the reserve into
 * RAM.  The balloon driver of the guest gives back as many frames as there are
 * entries more than reserve; until it did, a page that it gives back goes to
 * the reserve, a mark just goes.  So that
 *
 *     tot_pages + pod_reserve     is the memory of the domain
 *
 * A domain that touches more than its reserve before that is crashed.
 *
 * Locking: marks under d->physmap_lock, counts under d->page_lock.
 */
#ifndef CORE_DOMAIN_POD_H
#define CORE_DOMAIN_POD_H

#include <core/domain/domain.h>

/*
 * Mark 2^@order frames.  0, -EINVAL if something is there or misaligned,
 * -ENOMEM.
 */
int __must_check pod_mark(struct domain *d, gfn_t gfn, unsigned int order);

/*
 * @gfn of @d is touched: make it RAM.  0 also if it is something by now,
 * -ENOENT if it is nothing; -ENOMEM: the domain has crashed, or is dying.
 * Context: physmap_lock not held.
 */
int __must_check pod_fill(struct domain *d, gfn_t gfn);

/* A mark of @d was removed, and nothing put there.  With physmap_lock. */
void pod_forget(struct domain *d);

/*
 * The memory of @d is to be @pages, as far as that is a matter of the reserve.
 * 0, -ENOMEM.
 */
int __must_check pod_set_target(struct domain *d, uint64_t pages);

/* The memory of @d, touched or not. */
static inline uint32_t pod_total(const struct domain *d)
{
    return READ_ONCE(d->tot_pages) + READ_ONCE(d->pod_reserve);
}

#endif /* CORE_DOMAIN_POD_H */
