/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a domain's physical map that hypercalls ask for.
 *
 * A page whose entry was removed may still be in use by a CPU until the
 * p2m's invalidation is done; so removals are collected, invalidated once at
 * the end of the batch, and only then given up.
 *
 * Tools that have built a domain take its pages out of their map one by one,
 * thousands in a row, and nothing depends on when other CPUs forget them: the
 * pages are held.  So removals of single foreign pages are collected over
 * hypercalls, for LATER_NS at most.
 *
 * Locking: physmap.h.
 */
#include <core/domain/physmap.h>

#include <core/domain/domain_pages.h>
#include <core/domain/pod.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <core/mm/page.h>
#include <core/mm/slab.h>

#define LATER_NS NSEC_PER_MSEC

struct physmap_later {
    struct physmap_batch batch;  /* [d->physmap_lock] not invalidated yet    */
    struct timer timer;
};

/* No CPU can reach them any more: give up what was removed so far. */
static void physmap_give_up(struct physmap_batch *b)
{
    for (unsigned int i = 0; i < b->nr; i++) {
        struct page *const pg = b->gone[i].page;

        if (b->gone[i].is_foreign) {
            domain_page_put_foreign(pg);
        } else {
            /* False: not the domain's any more, then nothing is owed. */
            (void)!domain_page_remove(b->d, pg);
        }
    }
    b->nr = 0;
}

/* Do now what was left for later. */
static void physmap_settle(struct domain *d)
{
    struct physmap_batch *const later = &d->later->batch;
    struct physmap_batch gone;

    spin_lock(&d->physmap_lock);
    gone = *later;
    later->nr = 0;
    if (gone.nr != 0) {
        p2m_settle(d);
    }
    spin_unlock(&d->physmap_lock);
    /* Without the lock: another domain may end with its last page. */
    physmap_give_up(&gone);
}

static void later_expired(void *data)
{
    physmap_settle(data);
}

int physmap_later_init(struct domain *d)
{
    d->later = xzalloc_type(struct physmap_later);
    if (d->later == NULL) {
        return -ENOMEM;
    }
    d->later->batch.d = d;
    timer_init(&d->later->timer, this_cpu_id(), later_expired, d);
    return 0;
}

/* Changes come: one invalidation for all that is stale, not one for each. */
static void settle_first(struct domain *d)
{
    if (d->later != NULL && READ_ONCE(d->later->batch.nr) != 0) {
        physmap_settle(d);
    }
}

void physmap_begin(struct physmap_batch *b, struct domain *d) NO_LOCK_ANALYSIS
{
    settle_first(d);
    b->d = d;
    b->nr = 0;
    spin_lock(&d->physmap_lock);
    p2m_begin_batch(d);
}

void physmap_end(struct physmap_batch *b) NO_LOCK_ANALYSIS
{
    p2m_end_batch(b->d);
    spin_unlock(&b->d->physmap_lock);
    /* Without the lock: another domain may end with its last page. */
    physmap_give_up(b);
}

/* 0 if an entry of that type may go, else why not. */
static int physmap_may_remove(enum p2m_type type, bool may_be_foreign)
{
    switch (type) {
    case P2M_NONE:
    case P2M_MMIO_TOUCHED:
        return -ENOENT;
    case P2M_MMIO_DIRECT:
        return -EPERM;
    case P2M_GRANT_RW:
    case P2M_GRANT_RO:
        return -ENXIO;
    case P2M_FOREIGN_RW:
    case P2M_FOREIGN_RO:
        return may_be_foreign ? 0 : -ENXIO;
    default:
        return 0;
    }
}

int physmap_remove_batched(struct physmap_batch *b, gfn_t gfn,
                           bool may_be_foreign)
{
    const struct p2m_entry e = p2m_lookup(b->d, gfn);
    int rc = physmap_may_remove(e.type, may_be_foreign);

    if (e.type == P2M_MMIO_TOUCHED) {
        const int error = p2m_unmap(b->d, gfn, 0);

        return error != 0 ? error : rc;
    }
    if (rc == 0) {
        rc = p2m_unmap(b->d, gfn, 0);
    }
    if (rc == 0 && e.type == P2M_POD) {
        pod_forget(b->d);
    } else if (rc == 0 && e.type != P2M_XENPAGE_RW) {
        b->gone[b->nr].page = page_of(e.mfn);
        b->gone[b->nr].is_foreign = physmap_is_foreign(e.type);
        b->nr++;
    }
    return rc;
}

/* Take away the foreign page @e at @gfn, later.  False: not that way. */
static bool remove_later(struct domain *d, gfn_t gfn,
                         const struct p2m_entry *e) REQUIRES(d->physmap_lock)
{
    struct physmap_later *const later = d->later;
    struct physmap_batch *b;

    if (later == NULL || !physmap_is_foreign(e->type) ||
        later->batch.nr == PHYSMAP_BATCH || p2m_unmap_later(d, gfn) != 0) {
        return false;
    }
    b = &later->batch;
    if (b->nr == 0) {
        timer_set(&later->timer, time_now() + LATER_NS);
    }
    b->gone[b->nr].page = page_of(e->mfn);
    b->gone[b->nr].is_foreign = true;
    WRITE_ONCE(b->nr, b->nr + 1);
    return true;
}

int physmap_remove(struct domain *d, gfn_t gfn)
{
    struct physmap_batch b;
    int rc;

    spin_lock(&d->physmap_lock);
    const struct p2m_entry e = p2m_lookup(d, gfn);
    const bool is_done = remove_later(d, gfn, &e);

    spin_unlock(&d->physmap_lock);
    if (is_done) {
        return 0;
    }
    physmap_begin(&b, d);
    rc = physmap_remove_batched(&b, gfn, true);
    physmap_end(&b);
    return rc;
}

/* Make [@gfn, +2^@order) empty. */
static int physmap_clear(struct physmap_batch *b, gfn_t gfn,
                         unsigned int order)
{
    for (unsigned long i = 0; i < 1ul << order; i++) {
        const int rc = physmap_remove_batched(b, gfn_add(gfn, i), false);

        if (rc != 0 && rc != -ENOENT) {
            return rc;
        }
        if (b->nr == PHYSMAP_BATCH) {
            p2m_end_batch(b->d);
            physmap_give_up(b);
            p2m_begin_batch(b->d);
        }
    }
    return 0;
}

/*
 * 2^@order frames, at most 2 MiB, at any place: 0 or, with nothing mapped, an
 * error.  What was mapped in part is no large entry, so taking it away again
 * needs no memory.
 */
static int physmap_map(struct domain *d, gfn_t gfn, mfn_t mfn,
                       unsigned int order, enum p2m_type type)
{
    const unsigned long nr = 1ul << order;
    const int rc = order == 0 ? p2m_map(d, gfn, mfn, 0, type)
                              : p2m_map_range(d, gfn, mfn, nr, type);

    for (unsigned long i = 0; rc != 0 && i < nr; i++) {
        const gfn_t at = gfn_add(gfn, i);

        BUG_ON(p2m_lookup(d, at).type != P2M_NONE &&
               p2m_unmap(d, at, 0) != 0);
    }
    return rc;
}

unsigned int physmap_fill(struct domain *d, const uint64_t *gfn,
                          const mfn_t *mfn, unsigned int nr,
                          enum p2m_type type)
{
    unsigned int done;

    settle_first(d);
    spin_lock(&d->physmap_lock);
    done = p2m_fill(d, gfn, mfn, nr, type);
    spin_unlock(&d->physmap_lock);
    return done;
}

int physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                enum p2m_type type)
{
    struct physmap_batch b;
    int rc;

    BUG_ON(order > PHYSMAP_MAX_ORDER);
    if (order == 0) {
        const uint64_t frame = gfn_x(gfn);

        /* Mostly there is nothing, and it is one walk instead of two. */
        if (likely(physmap_fill(d, &frame, &mfn, 1, type) == 1)) {
            return 0;
        }
    }
    physmap_begin(&b, d);
    rc = physmap_clear(&b, gfn, order);
    if (rc == 0) {
        rc = physmap_map(d, gfn, mfn, order, type);
    }
    physmap_end(&b);
    return rc;
}

int physmap_move(struct domain *d, gfn_t from, gfn_t to)
{
    struct physmap_batch b;
    int rc = -EINVAL;

    physmap_begin(&b, d);
    const struct p2m_entry e = p2m_lookup(d, from);

    if (physmap_is_ram(e.type)) {
        rc = gfn_eq(from, to) ? 0 : physmap_clear(&b, to, 0);
        if (rc == 0) {
            rc = p2m_map(d, to, e.mfn, 0, e.type);
        }
        if (rc == 0 && !gfn_eq(from, to)) {
            rc = p2m_unmap(d, from, 0);
            /*
             * No memory to split the large page it was in.  At two places it
             * would outlive its being given up at one: back with it, which
             * needs no memory.
             */
            BUG_ON(rc != 0 && p2m_unmap(d, to, 0) != 0);
        }
    }
    physmap_end(&b);
    return rc;
}

int physmap_unhook(struct domain *d, gfn_t gfn, mfn_t mfn, enum p2m_type a,
                   enum p2m_type b)
{
    int rc = -EINVAL;

    spin_lock(&d->physmap_lock);
    const struct p2m_entry e = p2m_lookup(d, gfn);

    if (mfn_eq(e.mfn, mfn) && (e.type == a || e.type == b)) {
        rc = p2m_unmap(d, gfn, 0);
    }
    spin_unlock(&d->physmap_lock);
    return rc;
}
