/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Populate on demand.  See pod.h for design and locks.
 */
#include <core/domain/pod.h>

#include <core/arch/arch_p2m.h>
#include <core/domain/domain_pages.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>

#define LARGE_ORDER 9u

int pod_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    int rc;

    spin_lock(&d->physmap_lock);
    rc = p2m_mark_pod(d, gfn, order);
    if (rc == 0) {
        spin_lock(&d->page_lock);
        d->pod_entries += 1u << order;
        spin_unlock(&d->page_lock);
    }
    spin_unlock(&d->physmap_lock);
    return rc;
}

/* 0, -ENOMEM: no page, or no table for it. */
static int fill_order(struct domain *d, gfn_t gfn, unsigned int order)
    REQUIRES(d->physmap_lock)
{
    const gfn_t first = GFN(gfn_x(gfn) & ~((UINT64_C(1) << order) - 1));
    struct page *const pg = domain_page_alloc_reserved(d, order);

    if (pg == NULL) {
        return -ENOMEM;
    }
    if (p2m_map(d, first, page_mfn(pg), order, P2M_RAM_RW) == 0) {
        return 0;
    }
    /* Nobody has seen them: back where they came from. */
    domain_pages_return_reserved(d, pg, order);
    return -ENOMEM;
}

static int fill_locked(struct domain *d, gfn_t gfn)
    REQUIRES(d->physmap_lock)
{
    const struct p2m_entry e = p2m_lookup(d, gfn);

    if (e.type != P2M_POD) {
        return e.type == P2M_NONE ? -ENOENT : 0;
    }
    if (e.order >= LARGE_ORDER && fill_order(d, gfn, LARGE_ORDER) == 0) {
        return 0;
    }
    return fill_order(d, gfn, 0);
}

int pod_fill(struct domain *d, gfn_t gfn)
{
    int rc;

    spin_lock(&d->physmap_lock);
    rc = fill_locked(d, gfn);
    spin_unlock(&d->physmap_lock);
    /* A domain that is taken apart has no reserve any more. */
    if (rc == -ENOMEM && d->dying == DOMAIN_ALIVE) {
        domain_crash(d, "out of memory to populate frame %#llx on demand: "
                     "%u pages, %u in reserve, %u frames to populate",
                     (unsigned long long)gfn_x(gfn), d->tot_pages,
                     d->pod_reserve, d->pod_entries);
    }
    return rc;
}

void pod_forget(struct domain *d)
{
    spin_lock(&d->page_lock);
    d->pod_entries--;
    if (d->pod_reserve > d->pod_entries) {
        domain_reserve_locked(d, d->pod_entries);
    }
    spin_unlock(&d->page_lock);
}

int pod_set_target(struct domain *d, uint64_t pages)
{
    uint64_t want;
    int rc = 0;

    spin_lock(&d->page_lock);
    want = pages > d->tot_pages ? pages - d->tot_pages : 0;
    /* A domain that has begun gets no more than it can use. */
    if (d->tot_pages > 0) {
        want = min_t(uint64_t, want, d->pod_entries);
    }
    if (d->dying == DOMAIN_ALIVE && want != d->pod_reserve) {
        rc = want > UINT32_MAX ? -ENOMEM
                               : domain_reserve_locked(d, (uint32_t)want);
    }
    spin_unlock(&d->page_lock);
    return rc;
}
