/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of domains.  The list is doubly linked through the frames'
 * struct page; a page on no list has no links and is not the head.
 * Locking: d->page_lock; claims have a lock of their own, inside it.
 */
#include <core/domain/domain_pages.h>
#include <core/domain/pod.h>

#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>

/* Pages that one call of domain_pages_relinquish() frees. */
#define RELINQUISH_BATCH 512u

static struct spinlock claim_lock = SPINLOCK_INIT(LEAF);
static unsigned long claimed_total;

static uint32_t link_of(const struct page *pg)
{
    return (uint32_t)mfn_x(page_mfn(pg));
}

bool domain_page_is_listed(const struct domain *d, const struct page *pg)
{
    return pg->prev != PAGE_NIL || d->page_list == link_of(pg);
}

static void list_page(struct domain *d, struct page *pg)
{
    pg->prev = PAGE_NIL;
    pg->next = d->page_list;
    if (pg->next != PAGE_NIL) {
        page_of(MFN(pg->next))->prev = link_of(pg);
    }
    d->page_list = link_of(pg);
}

static void unlist_page(struct domain *d, struct page *pg)
{
    if (pg->prev != PAGE_NIL) {
        page_of(MFN(pg->prev))->next = pg->next;
    } else {
        d->page_list = pg->next;
    }
    if (pg->next != PAGE_NIL) {
        page_of(MFN(pg->next))->prev = pg->prev;
    }
    pg->prev = PAGE_NIL;
    pg->next = PAGE_NIL;
}

/* Use up @nr pages of d's claim. */
static void claim_spend(struct domain *d, unsigned long nr)
    REQUIRES(d->page_lock)
{
    if (likely(d->claimed_pages == 0)) {
        return;
    }

    const uint32_t spent = (uint32_t)min(nr, (unsigned long)d->claimed_pages);

    d->claimed_pages -= spent;
    spin_lock(&claim_lock);
    claimed_total -= spent;
    spin_unlock(&claim_lock);
}

/* Would @nr more for @d eat what others have claimed? */
static bool claim_allows(const struct domain *d, unsigned long nr)
{
    const unsigned long total = READ_ONCE(claimed_total);
    const unsigned long own = READ_ONCE(d->claimed_pages);

    return total == 0 || total <= own ||
           page_free_count(PAGE_ANY_NODE) >= nr + (total - own);
}

/* Where memory of @d should be, if the caller does not care: a node. */
static unsigned int preferred_node(const struct domain *d, unsigned long nr)
{
    const unsigned int nodes = READ_ONCE(d->nodes);

    for (unsigned int i = 0; nodes >> i; i++) {
        if ((nodes >> i & 1) && page_free_count(i) >= nr) {
            return i;
        }
    }
    return PAGE_ANY_NODE;
}

int domain_pages_add(struct domain *d, struct page *pg, unsigned long nr)
{
    spin_lock(&d->page_lock);
    if (d->dying != DOMAIN_ALIVE) {
        spin_unlock(&d->page_lock);
        return -EINVAL;
    }
    if (nr > d->max_pages || pod_total(d) > d->max_pages - nr) {
        spin_unlock(&d->page_lock);
        return -ENOMEM;
    }
    for (unsigned long i = 0; i < nr; i++) {
        list_page(d, &pg[i]);
    }
    d->tot_pages += (uint32_t)nr;
    claim_spend(d, nr);
    spin_unlock(&d->page_lock);
    return 0;
}

int domain_reserve_locked(struct domain *d, uint32_t pages)
{
    const uint32_t have = d->pod_reserve;
    int rc = 0;

    spin_lock(&claim_lock);
    if (pages > have && claimed_total + (pages - have) >
                            page_free_count(PAGE_ANY_NODE)) {
        rc = -ENOMEM;
    } else {
        claimed_total = claimed_total - have + pages;
        d->pod_reserve = pages;
    }
    spin_unlock(&claim_lock);
    return rc;
}

/* The reserve and the marks change together, nothing is asked. */
static void reserve_move(struct domain *d, int64_t pages)
    REQUIRES(d->page_lock)
{
    d->pod_entries = (uint32_t)(d->pod_entries + pages);
    d->pod_reserve = (uint32_t)(d->pod_reserve + pages);
    spin_lock(&claim_lock);
    claimed_total = (unsigned long)((int64_t)claimed_total + pages);
    spin_unlock(&claim_lock);
}

/* A page that is about to be freed is for the reserve. */
static void reserve_keep(struct domain *d)
    REQUIRES(d->page_lock)
{
    d->pod_reserve++;
    spin_lock(&claim_lock);
    claimed_total++;
    spin_unlock(&claim_lock);
}

struct page *domain_page_alloc_reserved(struct domain *d, unsigned int order)
{
    const uint32_t nr = 1u << order;
    struct page *pg;
    bool is_ours;

    if (READ_ONCE(d->pod_reserve) < nr) {
        return NULL;
    }
    pg = page_alloc(order, d->id, PAGE_ZERO, preferred_node(d, nr));
    if (!pg) {
        return NULL;
    }
    spin_lock(&d->page_lock);
    is_ours = d->dying == DOMAIN_ALIVE && d->pod_reserve >= nr;
    if (is_ours) {
        for (uint32_t i = 0; i < nr; i++) {
            list_page(d, &pg[i]);
        }
        d->tot_pages += nr;
        reserve_move(d, -(int64_t)nr);
    }
    spin_unlock(&d->page_lock);
    if (!is_ours) {
        page_free(pg, order);
        return NULL;
    }
    return pg;
}

void domain_pages_return_reserved(struct domain *d, struct page *pg,
                                  unsigned int order)
{
    const uint32_t nr = 1u << order;
    bool is_listed;

    spin_lock(&d->page_lock);
    /* All of them or, once the domain dies, none: it takes them by itself. */
    is_listed = d->dying == DOMAIN_ALIVE;
    if (is_listed) {
        for (uint32_t i = 0; i < nr; i++) {
            unlist_page(d, &pg[i]);
        }
        d->tot_pages -= nr;
        reserve_move(d, (int64_t)nr);
    }
    spin_unlock(&d->page_lock);
    if (is_listed) {
        page_free(pg, order);
    }
}

struct page *domain_page_alloc(struct domain *d, unsigned int order,
                               unsigned int flags, unsigned int node)
{
    const unsigned long nr = 1ul << order;
    struct page *pg;

    /* Looked at again below, under the lock: this saves the work. */
    if (pod_total(d) + nr > READ_ONCE(d->max_pages) ||
        !claim_allows(d, nr)) {
        return NULL;
    }
    if (node == PAGE_ANY_NODE) {
        node = preferred_node(d, nr);
    }
    pg = page_alloc(order, d->id, flags | PAGE_ZERO, node);
    if (!pg) {
        return NULL;
    }
    if (domain_pages_add(d, pg, nr) != 0) {
        page_free(pg, order);
        return NULL;
    }
    return pg;
}

bool domain_page_remove(struct domain *d, struct page *pg)
{
    bool found;

    spin_lock(&d->page_lock);
    found = pg->owner == d->id && domain_page_is_listed(d, pg);
    if (found) {
        unlist_page(d, pg);
        d->tot_pages--;
        if (unlikely(d->pod_entries > d->pod_reserve)) {
            /* Rather than the frames that were not touched yet. */
            reserve_keep(d);
        }
    }
    spin_unlock(&d->page_lock);
    if (found) {
        page_put(pg);
    }
    return found;
}

int domain_pages_relinquish(struct domain *d)
{
    for (unsigned int i = 0; i < RELINQUISH_BATCH; i++) {
        struct page *pg;

        spin_lock(&d->page_lock);
        if (d->page_list == PAGE_NIL) {
            spin_unlock(&d->page_lock);
            return 0;
        }
        pg = page_of(MFN(d->page_list));
        unlist_page(d, pg);
        d->tot_pages--;
        spin_unlock(&d->page_lock);
        page_put(pg);
    }
    return -ERESTART;
}

void domain_page_hold(struct domain *d)
{
    domain_get(d);
}

void domain_page_put_foreign(struct page *pg)
{
    struct domain *d = domain_by_id(pg->owner);

    BUG_ON(!d && !(pg->flags & PAGE_F_SHARED));
    page_put(pg);
    if (d) {
        domain_put(d);
    }
}

void domain_set_max_pages(struct domain *d, uint64_t nr)
{
    spin_lock(&d->page_lock);
    d->max_pages = nr < UINT32_MAX ? (uint32_t)nr : UINT32_MAX;
    spin_unlock(&d->page_lock);
}

int domain_claim_pages(struct domain *d, unsigned long nr)
{
    int rc = 0;

    spin_lock(&d->page_lock);
    spin_lock(&claim_lock);
    if (nr == 0) {
        claimed_total -= d->claimed_pages;
        d->claimed_pages = 0;
    } else if (d->claimed_pages != 0 || d->dying != DOMAIN_ALIVE ||
               nr > d->max_pages || nr <= pod_total(d)) {
        rc = -EINVAL;
    } else {
        /* A claim covers what the domain has; the rest must be free now. */
        const unsigned long more = nr - pod_total(d);

        if (claimed_total + more > page_free_count(PAGE_ANY_NODE)) {
            rc = -ENOMEM;
        } else {
            d->claimed_pages = (uint32_t)more;
            claimed_total += more;
        }
    }
    spin_unlock(&claim_lock);
    spin_unlock(&d->page_lock);
    return rc;
}

unsigned long domain_claimed_total(void)
{
    return READ_ONCE(claimed_total);
}
