/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain's own frames stand for, changed by hypercalls: by ballooning,
 * by placing pages of the hypervisor's, by mapping pages of other domains.
 * On top of the p2m this knows what an entry owes when it goes: RAM goes back
 * to the allocator, a foreign page loses a reference, a grant may go only
 * through gnttab.
 *
 * Locking: d->physmap_lock (PHYSMAP) makes look-up and change one step; it is
 * above the p2m's own lock.  No guest memory is touched under it.
 */
#ifndef CORE_DOMAIN_PHYSMAP_H
#define CORE_DOMAIN_PHYSMAP_H

#include <core/arch/arch_p2m.h>
#include <core/domain/domain.h>

/* The largest extent a guest may ask for at once: 2 MiB. */
#define PHYSMAP_MAX_ORDER 9u

/* Entries that one batch may take away. */
#define PHYSMAP_BATCH 64u

/* Pages whose entry is gone, to give up once no CPU can reach them. */
struct physmap_batch {
    struct domain *d;
    unsigned int nr;
    struct {
        struct page *page;
        bool is_foreign;
    } gone[PHYSMAP_BATCH];
};

/* Takes the lock; end gives the pages up and releases it. */
void physmap_begin(struct physmap_batch *b, struct domain *d);
void physmap_end(struct physmap_batch *b);

/*
 * Between begin and end, up to PHYSMAP_BATCH frames: take away what is at
 * @gfn.  0; -ENOENT: nothing is there; -EPERM: a device; -ENXIO: a page of
 * another domain, unless @may_be_foreign (then only a grant is refused).
 */
int __must_check physmap_remove_batched(struct physmap_batch *b, gfn_t gfn,
                                        bool may_be_foreign);

/*
 * The same for one frame alone, foreign or not.  A foreign page is given up
 * within a millisecond; until then other CPUs and devices may still use it.
 */
int __must_check physmap_remove(struct domain *d, gfn_t gfn);

/* Prepare for foreign pages, which only the hardware domain has.  -ENOMEM. */
int __must_check physmap_later_init(struct domain *d);

/*
 * Put 2^@order frames from @mfn at @gfn, aligned or not.  RAM that is there
 * is given up, a page of the hypervisor's is unhooked.  References are the
 * caller's.
 * 0, -EPERM or -ENXIO if something must not be replaced, -ENOMEM, -EINVAL
 * (beyond the address width).
 */
int __must_check physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn,
                             unsigned int order, enum p2m_type type);

/*
 * Put single frames @mfn[i] at @gfn[i] where nothing is.  Returns how many
 * were put; the next one needs physmap_add().
 */
unsigned int physmap_fill(struct domain *d, const uint64_t *gfn,
                          const mfn_t *mfn, unsigned int nr,
                          enum p2m_type type);

/* Move RAM of @d from @from to @to.  As above; -EINVAL if @from is no RAM. */
int __must_check physmap_move(struct domain *d, gfn_t from, gfn_t to);

/* Take away @gfn if it is @mfn, of type @a or @b.  0, -EINVAL, -ENOMEM. */
int __must_check physmap_unhook(struct domain *d, gfn_t gfn, mfn_t mfn,
                                enum p2m_type a, enum p2m_type b);

static inline bool physmap_is_ram(enum p2m_type type)
{
    return type == P2M_RAM_RW || type == P2M_RAM_RO ||
           type == P2M_RAM_LOGDIRTY;
}

static inline bool physmap_is_foreign(enum p2m_type type)
{
    return type == P2M_FOREIGN_RW || type == P2M_FOREIGN_RO;
}

static inline bool physmap_is_grant(enum p2m_type type)
{
    return type == P2M_GRANT_RW || type == P2M_GRANT_RO;
}

#endif /* CORE_DOMAIN_PHYSMAP_H */
