/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a domain: how many it has and may have, and the list of them.
 *
 * A page on the list is held by the reference that its allocation gave.
 * Removing a page drops it; the page lives on while others hold references
 * (foreign and grant mappings), which must hold the domain too
 * (domain_page_get_foreign()).
 *
 * Locking: d->page_lock, a leaf but for the page allocator.  Any context.
 */
#ifndef CORE_DOMAIN_DOMAIN_PAGES_H
#define CORE_DOMAIN_DOMAIN_PAGES_H

#include <core/domain/domain.h>
#include <core/mm/page.h>

/*
 * 2^@order cleared frames for @d, accounted and on its list.  @flags, @node:
 * as page_alloc().  NULL beyond its maximum, claim of others, or memory.
 */
struct page *domain_page_alloc(struct domain *d, unsigned int order,
                               unsigned int flags, unsigned int node);

/*
 * Account @nr frames from @pg that were allocated with owner d->id.
 * 0, -ENOMEM beyond the maximum (then nothing changed), -EINVAL if dying.
 */
int __must_check domain_pages_add(struct domain *d, struct page *pg,
                                  unsigned long nr);

/*
 * Take one page from @d and drop the reference of its allocation.  Nothing
 * may map it any more in d's own p2m.  False if it is not on d's list (raced
 * with another removal): then nothing happened.
 */
bool __must_check domain_page_remove(struct domain *d, struct page *pg);

/* Is @pg, a page of its, on the list of @d?  Under d->page_lock. */
bool domain_page_is_listed(const struct domain *d, const struct page *pg);

/* Free what is left, a batch a call: 0 or -ERESTART.  The domain is dying. */
int __must_check domain_pages_relinquish(struct domain *d);

/*
 * A reference to a page of another domain that lasts over loop heads: holds
 * @d as well.  The page already has one reference by the caller, which
 * becomes the lasting one; put drops both.  PAGE_F_SHARED: there is no @d.
 */
void domain_page_hold(struct domain *d);
void domain_page_put_foreign(struct page *pg);

/*
 * Set the maximum; what it already has stays.  @nr: pages.
 */
void domain_set_max_pages(struct domain *d, uint64_t nr);

/*
 * For pod.c.  Pages out of d's reserve: as domain_page_alloc(), cleared; NULL
 * if the reserve is smaller, or too scattered.  Or back to it, if nothing maps
 * them.  The marks that they stand for are counted along.
 */
struct page *domain_page_alloc_reserved(struct domain *d, unsigned int order);
void domain_pages_return_reserved(struct domain *d, struct page *pg,
                                  unsigned int order);
/* The reserve is to be @pages.  With d->page_lock.  0, -ENOMEM. */
int domain_reserve_locked(struct domain *d, uint32_t pages);

/* Reserve @nr pages (0: cancel).  0, -EINVAL, -ENOMEM. */
int __must_check domain_claim_pages(struct domain *d, unsigned long nr);
/* Sum of what is claimed and not yet allocated. */
unsigned long domain_claimed_total(void);

#endif /* CORE_DOMAIN_DOMAIN_PAGES_H */
