/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain numbers and the way from a number to its domain.
 *
 * Design: a table of two levels, whose leaves are allocated on demand and
 * never freed, so that readers need no lock; a domain leaves it before the
 * quiescent state that precedes its freeing.  A number is used from claim to
 * release, which is longer than it is visible.  New numbers ascend; one is
 * not used again before all others were.
 *
 * Locking: claiming and releasing under one lock (DOMLIST).
 */
#include <core/domain/domain_priv.h>

#include <core/kernel/bug.h>
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

#define DOMIDS ((unsigned int)DOMID_FIRST_RESERVED)
#define LEAF_BITS 9u
#define LEAF_SIZE (1u << LEAF_BITS)
#define LEAVES DIV_ROUND_UP(DOMIDS, LEAF_SIZE)

static struct spinlock domid_lock = SPINLOCK_INIT(DOMLIST);
static DECLARE_BITMAP(domid_used, DOMIDS);
static unsigned int domid_next = 1;
static struct domain **domid_leaf[LEAVES];
static uint32_t domid_count;

struct domain *hardware_domain;

/* The slot of @id, NULL if its leaf was never needed. */
static struct domain **slot_of(unsigned int id)
{
    /* Pairs with the release in domid_claim(). */
    struct domain **leaf = atomic_read_acquire(&domid_leaf[id >> LEAF_BITS]);

    return leaf ? &leaf[id & (LEAF_SIZE - 1)] : NULL;
}

static int choose_id(domid_t wanted, unsigned int *id)
{
    if (wanted != DOMID_INVALID) {
        if (wanted >= DOMIDS) {
            return -EINVAL;
        }
        *id = wanted;
        return bitmap_test(domid_used, wanted) ? -EEXIST : 0;
    }
    *id = bitmap_next_clear(domid_used, DOMIDS, domid_next);
    if (*id >= DOMIDS) {
        /* 0 is never given out this way. */
        *id = bitmap_next_clear(domid_used, DOMIDS, 1);
    }
    if (*id >= DOMIDS) {
        return -ENOSPC;
    }
    domid_next = *id + 1;
    return 0;
}

int domid_claim(domid_t id, domid_t *out)
{
    unsigned int chosen;
    int rc;

    spin_lock(&domid_lock);
    rc = choose_id(id, &chosen);
    if (rc == 0 && !domid_leaf[chosen >> LEAF_BITS]) {
        struct domain **leaf = xzalloc_array(LEAF_SIZE, sizeof(*leaf));

        if (leaf) {
            atomic_set_release(&domid_leaf[chosen >> LEAF_BITS], leaf);
        } else {
            rc = -ENOMEM;
        }
    }
    if (rc == 0) {
        bitmap_set(domid_used, chosen);
        *out = (domid_t)chosen;
    }
    spin_unlock(&domid_lock);
    return rc;
}

void domid_release(domid_t id)
{
    spin_lock(&domid_lock);
    BUG_ON(!bitmap_test_and_clear(domid_used, id));
    spin_unlock(&domid_lock);
}

void domid_publish(struct domain *d)
{
    struct domain **slot = slot_of(d->id);

    BUG_ON(!slot || *slot);
    atomic_inc(&domid_count);
    /* Pairs with the acquire of the readers: @d is complete. */
    atomic_set_release(slot, d);
}

void domid_unpublish(struct domain *d)
{
    struct domain **slot = slot_of(d->id);

    BUG_ON(!slot || *slot != d);
    atomic_set_release(slot, NULL);
    atomic_dec(&domid_count);
}

struct domain *domain_by_id(domid_t id)
{
    struct domain **slot;

    if (unlikely(id >= DOMIDS)) {
        return NULL;
    }
    slot = slot_of((unsigned int)index_nospec(id, DOMIDS));
    return slot ? atomic_read_acquire(slot) : NULL;
}

struct domain *domain_next(unsigned int id)
{
    while (id < DOMIDS) {
        struct domain **slot = slot_of(id);

        if (!slot) {
            id = (id | (LEAF_SIZE - 1)) + 1;
            continue;
        }

        struct domain *d = atomic_read_acquire(slot);

        if (d) {
            return d;
        }
        id++;
    }
    return NULL;
}

unsigned int domain_count(void)
{
    return atomic_read_relaxed(&domid_count);
}
