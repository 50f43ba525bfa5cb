/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: the table itself, its frames, size, version, life and end.
 *
 * Frames of the table belong to the domain as pages do, but are not on its
 * list of pages and do not count; the table holds a reference to each.  The
 * domain places them in its own map, where they are taken out again when
 * they go; another domain that maps one holds a reference and the domain.
 * Locking: gnttab_priv.h.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/console/printk.h>
#include <core/domain/access.h>
#include <core/domain/physmap.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

/* A cleared frame of @d's; false without memory. */
static bool gnttab_frame_alloc(struct domain *d, struct gnttab_frame *f)
{
    struct page *const pg = page_alloc(0, d->id, PAGE_ZERO, PAGE_ANY_NODE);

    if (pg == NULL) {
        return false;
    }
    f->va = page_va(pg);
    f->gfn = INVALID_GFN;
    return true;
}

static void gnttab_frame_free(struct gnttab_frame *f)
{
    page_put(va_page(f->va));
    f->va = NULL;
}

/* Take the frame out of its owner's map, if it is there. */
static void gnttab_frame_unhook(struct domain *d, struct gnttab_frame *f)
{
    if (gfn_valid(f->gfn)) {
        /* The guest may have put something else there: then nothing. */
        (void)!physmap_unhook(d, f->gfn, page_mfn(va_page(f->va)),
                              P2M_XENPAGE_RW, P2M_XENPAGE_RW);
        f->gfn = INVALID_GFN;
    }
}

int gnttab_add_status(struct domain *d, uint32_t nr_frames)
{
    struct gnttab *const gt = d->gnttab;
    const uint32_t wanted = gnttab_status_frames(nr_frames);

    while (gt->nr_status < wanted) {
        if (!gnttab_frame_alloc(d, &gt->status[gt->nr_status])) {
            return -ENOMEM;
        }
        gt->nr_status++;
    }
    return 0;
}

void gnttab_drop_status(struct domain *d)
{
    struct gnttab *const gt = d->gnttab;

    while (gt->nr_status != 0) {
        struct gnttab_frame *const f = &gt->status[--gt->nr_status];

        gnttab_frame_unhook(d, f);
        gnttab_frame_free(f);
    }
}

int gnttab_grow_locked(struct domain *d, uint32_t nr)
{
    struct gnttab *const gt = d->gnttab;

    if (nr > gt->max_frames) {
        return -EINVAL;
    }
    if (gt->version == 2) {
        const int rc = gnttab_add_status(d, max(nr, gt->nr_frames));

        if (rc != 0) {
            return rc;
        }
    }
    while (gt->nr_frames < nr) {
        if (!gnttab_frame_alloc(d, &gt->shared[gt->nr_frames])) {
            return -ENOMEM; /* Larger than before, which does no harm. */
        }
        gt->nr_frames++;
    }
    return 0;
}

int gnttab_grow(struct domain *d, unsigned int nr)
{
    int rc;

    spin_lock(&d->gnttab->lock);
    rc = gnttab_grow_locked(d, nr);
    spin_unlock(&d->gnttab->lock);
    return rc;
}

struct gnttab_active *gnttab_active_make(struct gnttab *gt, uint32_t ref)
{
    struct gnttab_active **const page = &gt->active[ref / ACTIVE_PER_PAGE];

    if (*page == NULL) {
        *page = xzalloc(PAGE_SIZE);
    }
    return gnttab_active(gt, ref);
}

/* Frame @idx, growing.  REQUIRES gt->lock.  0, -EINVAL, -ENOMEM. */
static int gnttab_find_frame(struct domain *d, uint32_t idx, bool is_status,
                             struct gnttab_frame **f)
{
    struct gnttab *const gt = d->gnttab;
    int rc;

    if (is_status && gt->version != 2) {
        return -EINVAL;
    }
    if (idx >= gnttab_max_frames(d, is_status)) {
        return -EINVAL;
    }
    rc = gnttab_grow_locked(
        d, min(is_status ? idx * (uint32_t)FRAMES_PER_STATUS + 1 : idx + 1,
               gt->max_frames));
    if (rc == 0) {
        *f = is_status ? &gt->status[index_nospec(idx, gt->nr_status)]
                       : &gt->shared[index_nospec(idx, gt->nr_frames)];
    }
    return rc;
}

int gnttab_map_frame(struct domain *d, unsigned int idx, bool is_status,
                     gfn_t gfn)
{
    struct gnttab *const gt = d->gnttab;
    struct gnttab_frame *f;
    int rc;

    spin_lock(&gt->lock);
    rc = gnttab_find_frame(d, idx, is_status, &f);
    if (rc == 0) {
        rc = physmap_add(d, gfn, page_mfn(va_page(f->va)), 0, P2M_XENPAGE_RW);
    }
    if (rc == 0 && !gfn_eq(f->gfn, gfn)) {
        gnttab_frame_unhook(d, f);
        f->gfn = gfn;
    }
    spin_unlock(&gt->lock);
    return rc;
}

int gnttab_get_frame(struct domain *d, unsigned int idx, bool is_status,
                     struct page **pg)
{
    struct gnttab_frame *f;
    int rc;

    spin_lock(&d->gnttab->lock);
    rc = gnttab_find_frame(d, idx, is_status, &f);
    if (rc == 0) {
        *pg = va_page(f->va);
        page_get_more(*pg);
    }
    spin_unlock(&d->gnttab->lock);
    return rc;
}

gfn_t gnttab_frame_gfn(struct domain *d, unsigned int idx)
{
    struct gnttab *const gt = d->gnttab;
    gfn_t gfn = INVALID_GFN;

    spin_lock(&gt->lock);
    if (idx < gt->nr_frames) {
        gfn = gt->shared[idx].gfn;
    }
    spin_unlock(&gt->lock);
    return gfn;
}

unsigned int gnttab_max_frames(const struct domain *d, bool is_status)
{
    const uint32_t frames = d->gnttab->max_frames;

    return is_status ? gnttab_status_frames(frames) : frames;
}

uint32_t gnttab_version(const struct domain *d)
{
    return READ_ONCE(d->gnttab->version);
}

/* True if an entry that does not survive a change of version is in use. */
static bool gnttab_is_busy(struct gnttab *gt)
{
    for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES;
         ref < gnttab_nr_entries(gt); ref++) {
        const struct gnttab_active *const act = gnttab_active(gt, ref);

        if (act == NULL) {
            ref |= ACTIVE_PER_PAGE - 1;
        } else if (act->readers != 0 || act->writers != 0) {
            return true;
        }
    }
    return false;
}

/* REQUIRES gt->lock. */
static int gnttab_change_version(struct domain *d, uint32_t version)
{
    struct gnttab *const gt = d->gnttab;
    int rc;

    if (gt->version == version) {
        return 0;
    }
    if (gnttab_is_busy(gt)) {
        return -EBUSY;
    }
    rc = version == 2 ? gnttab_add_status(d, gt->nr_frames) : 0;
    if (rc == 0) {
        rc = gnttab_entry_convert(gt, version);
    }
    if (gt->version == 1) {
        gnttab_drop_status(d); /* What is not, or no longer, needed. */
    }
    return rc;
}

int gnttab_set_version(struct domain *d, uint32_t *version)
{
    struct gnttab *const gt = d->gnttab;
    int rc = -EINVAL;

    spin_lock(&gt->lock);
    if (*version == 2 && gt->max_version == 1) {
        rc = -ENOSYS; /* As before there were versions. */
    } else if (*version == 1 || *version == 2) {
        rc = gnttab_change_version(d, *version);
    }
    *version = gt->version;
    spin_unlock(&gt->lock);
    return rc;
}

void gnttab_query_size(struct domain *d, struct gnttab_query_size *op)
{
    struct domain *target;
    const int rc = access_find(d, op->dom, TARGET_ANY, &target);

    if (rc != 0) {
        op->status = rc == -ESRCH ? GNTST_bad_domain
                                  : GNTST_permission_denied;
        return;
    }
    op->nr_frames = READ_ONCE(target->gnttab->nr_frames);
    op->max_nr_frames = target->gnttab->max_frames;
    op->status = GNTST_okay;
}

/* True if entry @ref may be exchanged: exists and is not in use. */
static int16_t gnttab_swap_check(struct gnttab *gt, uint32_t ref)
{
    const struct gnttab_active *act;

    if (ref >= gnttab_nr_entries(gt)) {
        return GNTST_bad_gntref;
    }
    act = gnttab_active(gt, ref);
    return act != NULL && (act->readers != 0 || act->writers != 0)
               ? GNTST_eagain
               : GNTST_okay;
}

void gnttab_swap(struct domain *d, struct gnttab_swap_grant_ref *op)
{
    struct gnttab *const gt = d->gnttab;

    spin_lock(&gt->lock);
    op->status = gnttab_swap_check(gt, op->ref_a);
    if (op->status == GNTST_okay) {
        op->status = gnttab_swap_check(gt, op->ref_b);
    }
    if (op->status == GNTST_okay && op->ref_a != op->ref_b) {
        gnttab_entry_swap(gt, op->ref_a, op->ref_b);
    }
    spin_unlock(&gt->lock);
}

/* The arrays that the limits size.  0, -ENOMEM. */
static int gnttab_alloc_arrays(struct gnttab *gt)
{
    const uint32_t frames = gt->max_frames;

    gt->shared = xzalloc_array(frames, sizeof(*gt->shared));
    gt->status = xzalloc_array(gnttab_status_frames(frames),
                               sizeof(*gt->status));
    gt->active = xzalloc_array(frames * (V1_PER_PAGE / ACTIVE_PER_PAGE),
                               sizeof(*gt->active));
    return gt->shared == NULL || gt->status == NULL || gt->active == NULL
               ? -ENOMEM
               : 0;
}

int gnttab_domain_init(struct domain *d, int max_frames, int max_maptrack,
                       unsigned int max_version)
{
    struct gnttab *gt;
    int rc;

    if (max_frames > GNTTAB_MAX_FRAMES || max_maptrack > GNTTAB_MAX_MAPTRACK ||
        max_version > 2) {
        return -EINVAL;
    }
    gt = xzalloc_type(struct gnttab);
    if (gt == NULL) {
        return -ENOMEM;
    }
    spin_init(&gt->lock, LOCK_GNTTAB);
    spin_init(&gt->maptrack_lock, LOCK_MAPTRACK);
    gt->version = 1;
    gt->max_version = max_version != 0 ? max_version : 2;
    gt->max_frames =
        (uint32_t)(max_frames > 0 ? max_frames : GNTTAB_DEFAULT_FRAMES);
    gt->max_maptrack =
        (uint32_t)(max_maptrack > 0 ? max_maptrack : GNTTAB_DEFAULT_MAPTRACK);
    gt->free_maptrack = MAPTRACK_NONE;
    d->gnttab = gt;

    rc = gnttab_alloc_arrays(gt);
    if (rc == 0) {
        rc = gnttab_grow_locked(d, 1);
    }
    if (rc != 0) {
        gnttab_domain_free(d);
    }
    return rc;
}

void gnttab_domain_free(struct domain *d)
{
    struct gnttab *const gt = d->gnttab;

    if (gt == NULL) {
        return;
    }
    while (gt->nr_frames != 0) {
        gnttab_frame_free(&gt->shared[--gt->nr_frames]);
    }
    while (gt->nr_status != 0) {
        gnttab_frame_free(&gt->status[--gt->nr_status]);
    }
    if (gt->active != NULL) {
        for (uint32_t i = 0;
             i < gt->max_frames * (V1_PER_PAGE / ACTIVE_PER_PAGE); i++) {
            xfree(gt->active[i]);
        }
    }
    maptrack_free_all(gt);
    xfree(gt->active);
    xfree(gt->status);
    xfree(gt->shared);
    xfree(gt);
    d->gnttab = NULL;
}

static void gnttab_dump_entry(struct gnttab *gt, uint32_t ref)
{
    const struct gnttab_active *const act = gnttab_active(gt, ref);

    if (act != NULL && (act->readers != 0 || act->writers != 0)) {
        printk_raw("  %5u to d%u, mfn %x, %u read, %u write\n", ref,
                   act->domid, act->mfn, act->readers, act->writers);
    }
}

void gnttab_dump(struct domain *d)
{
    struct gnttab *const gt = d->gnttab;

    spin_lock(&gt->lock);
    printk_raw("d%u grant table: version %u, %u of %u frames, "
               "%u handles\n", d->id, gt->version, gt->nr_frames,
               gt->max_frames, gt->nr_maptrack);
    for (uint32_t ref = 0; ref < gnttab_nr_entries(gt); ref++) {
        gnttab_dump_entry(gt, ref);
    }
    spin_unlock(&gt->lock);
}

unsigned long gnttab_uses(struct domain *d)
{
    struct gnttab *const gt = d->gnttab;
    unsigned long uses = 0;

    spin_lock(&gt->lock);
    for (uint32_t ref = 0; ref < gnttab_nr_entries(gt); ref++) {
        const struct gnttab_active *const act = gnttab_active(gt, ref);

        uses += act != NULL ? act->readers + act->writers : 0;
    }
    spin_unlock(&gt->lock);
    return uses;
}

unsigned int gnttab_owned_frames(const struct domain *d)
{
    return d->gnttab->nr_frames + d->gnttab->nr_status;
}
