/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: mapping a granted page into the caller's physical map, and
 * taking it away again, by the guest or at the end of the mapper.
 *
 * The record of a mapping is invalid while it is made or undone, so of two
 * calls with one handle only one goes on.  A page is released only when no
 * CPU can reach it through the mapper's map: the releases of a batch come
 * after one invalidation.
 * Locking: gnttab_priv.h; none is held across the steps.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/lib/errno.h>

/* Mappings that one call of gnttab_release_mappings() looks at. */
#define GNTTAB_RELEASE_BATCH 1024u

static bool maptrack_is_write(const struct maptrack *mt)
{
    return !(mt->flags & GNTMAP_readonly);
}

/* GNTST_* for a mapping of @pin at @gfn; owns nothing. */
static int16_t gnttab_map_page(struct domain *d, gfn_t gfn,
                               const struct page *page, bool is_write)
{
    const int rc = physmap_add(d, gfn, page_mfn(page), 0,
                               is_write ? P2M_GRANT_RW : P2M_GRANT_RO);

    return rc == 0 ? GNTST_okay : GNTST_general_error;
}

/* With a handle: pin the grant, map the page. */
static int16_t gnttab_map_with(struct domain *d, struct domain *granter,
                               const struct gnttab_map_grant_ref *op,
                               uint32_t handle)
{
    const struct maptrack mt = {
        .gfn = op->host_addr >> PAGE_SHIFT,
        .ref = op->ref,
        .domid = granter->id,
        .flags = op->flags & (GNTMAP_host_map | GNTMAP_readonly),
    };
    const bool is_write = maptrack_is_write(&mt);
    struct gnttab_pin pin;
    int16_t rc = gnttab_pin(granter, op->ref, d->id, is_write, true, &pin);

    if (rc != GNTST_okay) {
        return rc;
    }
    rc = gnttab_map_page(d, GFN(mt.gfn), pin.page, is_write);
    if (rc != GNTST_okay) {
        gnttab_unpin(granter, op->ref, is_write);
        domain_page_put_foreign(pin.page);
        return rc;
    }
    maptrack_set(d->gnttab, handle, &mt);
    return GNTST_okay;
}

void gnttab_map(struct domain *d, struct gnttab_map_grant_ref *op)
{
    struct domain *granter;
    uint32_t handle;

    if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
        op->status = GNTST_bad_gntref;
        return;
    }
    if (op->flags & (GNTMAP_device_map | GNTMAP_application_map |
                     GNTMAP_contains_pte)) {
        op->status = GNTST_general_error;
        return;
    }
    granter = domain_by_id(op->dom);
    if (granter == NULL) {
        op->status = GNTST_bad_domain;
        return;
    }
    handle = maptrack_alloc(d->gnttab);
    if (handle == MAPTRACK_NONE) {
        op->status = GNTST_no_space;
        return;
    }
    op->status = gnttab_map_with(d, granter, op, handle);
    if (op->status != GNTST_okay) {
        maptrack_put(d->gnttab, handle);
        return;
    }
    op->handle = handle;
    op->dev_bus_addr = 0; /* Machine addresses are not the guest's business. */
}

void gnttab_unmap_begin(struct gnttab_unmap_batch *b, struct domain *d)
{
    b->d = d;
    b->nr = 0;
    p2m_begin_batch(d);
}

/*
 * Remove @mt, which was taken, from @d's map.  Returns the page, or NULL if
 * the entry is not what we made.
 */
static struct page *gnttab_unhook(struct domain *d, const struct maptrack *mt)
{
    const struct p2m_entry e = p2m_lookup(d, GFN(mt->gfn));

    /* Only we remove grants, and we have the record: it cannot change. */
    if (!physmap_is_grant(e.type) ||
        physmap_unhook(d, GFN(mt->gfn), e.mfn, P2M_GRANT_RW, P2M_GRANT_RO) !=
            0) {
        return NULL;
    }
    return page_of(e.mfn);
}

void gnttab_unmap(struct gnttab_unmap_batch *b,
                  struct gnttab_unmap_grant_ref *op)
{
    struct gnttab *const gt = b->d->gnttab;
    struct page *page = NULL;
    struct maptrack mt;

    if (!maptrack_take(gt, op->handle, &mt)) {
        op->status = GNTST_bad_handle;
        return;
    }
    if (op->host_addr == 0) {
        /* Unmaps the host mapping of nowhere: the mapping stays. */
        maptrack_set(gt, op->handle, &mt);
        op->status = GNTST_okay;
        return;
    }
    if (op->host_addr >> PAGE_SHIFT == mt.gfn) {
        page = gnttab_unhook(b->d, &mt);
    }
    if (page == NULL) {
        maptrack_set(gt, op->handle, &mt);
        op->status = GNTST_general_error;
        return;
    }
    b->gone[b->nr].granter = domain_by_id(mt.domid);
    b->gone[b->nr].page = page;
    b->gone[b->nr].ref = mt.ref;
    b->gone[b->nr].is_write = maptrack_is_write(&mt);
    b->nr++;
    maptrack_put(gt, op->handle);
    op->status = GNTST_okay;
}

void gnttab_unmap_end(struct gnttab_unmap_batch *b)
{
    p2m_end_batch(b->d);
    for (unsigned int i = 0; i < b->nr; i++) {
        gnttab_unpin(b->gone[i].granter, b->gone[i].ref, b->gone[i].is_write);
        /* Drops the granter too. */
        domain_page_put_foreign(b->gone[i].page);
    }
    b->nr = 0;
}

/* Undo what is behind @handle, if it is a mapping. */
static void gnttab_release_one(struct domain *d, uint32_t handle)
{
    struct gnttab *const gt = d->gnttab;
    struct maptrack mt;
    struct page *page;

    if (!maptrack_take(gt, handle, &mt)) {
        return;
    }
    page = gnttab_unhook(d, &mt);
    if (page != NULL) {
        gnttab_unpin(domain_by_id(mt.domid), mt.ref, maptrack_is_write(&mt));
        domain_page_put_foreign(page);
    }
    maptrack_put(gt, handle);
}

int gnttab_release_mappings(struct domain *d)
{
    struct gnttab *const gt = d->gnttab;
    uint32_t handle = gt->release_next;
    const uint32_t end = min(handle + GNTTAB_RELEASE_BATCH, gt->nr_maptrack);

    /* Whoever maps of us has seen that we die, or holds us: gnttab_pin(). */
    spin_lock(&gt->lock);
    spin_unlock(&gt->lock);
    for (; handle < end; handle++) {
        gnttab_release_one(d, handle);
    }
    if (handle < gt->nr_maptrack) {
        gt->release_next = handle;
        return -ERESTART;
    }
    gt->release_next = 0;
    return 0;
}
