/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: what a domain has mapped of others, by handle.  Pages of
 * records are added as mappings are made, and freed with the domain; free
 * records are a list through their ref.
 * Locking: gnttab.maptrack_lock, taken here.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/lib/util.h>
#include <core/mm/slab.h>

static struct maptrack *maptrack_at(const struct gnttab *gt, uint32_t handle)
{
    return &gt->maptrack[handle / MAPTRACK_PER_PAGE]
                        [handle % MAPTRACK_PER_PAGE];
}

/* One more page of records, onto the free list. */
static bool maptrack_grow(struct gnttab *gt)
{
    const uint32_t first = gt->nr_maptrack;
    struct maptrack *page;

    if (first / MAPTRACK_PER_PAGE >= gt->max_maptrack) {
        return false;
    }
    if (gt->maptrack == NULL) {
        gt->maptrack = xzalloc_array(gt->max_maptrack, sizeof(*gt->maptrack));
        if (gt->maptrack == NULL) {
            return false;
        }
    }
    page = xzalloc(PAGE_SIZE);
    if (page == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < MAPTRACK_PER_PAGE; i++) {
        page[i].ref = first + i + 1;
    }
    page[MAPTRACK_PER_PAGE - 1].ref = gt->free_maptrack;
    gt->maptrack[first / MAPTRACK_PER_PAGE] = page;
    gt->free_maptrack = first;
    gt->nr_maptrack = first + (uint32_t)MAPTRACK_PER_PAGE;
    return true;
}

uint32_t maptrack_alloc(struct gnttab *gt)
{
    uint32_t handle = MAPTRACK_NONE;

    spin_lock(&gt->maptrack_lock);
    if (gt->free_maptrack != MAPTRACK_NONE || maptrack_grow(gt)) {
        handle = gt->free_maptrack;
        gt->free_maptrack = maptrack_at(gt, handle)->ref;
    }
    spin_unlock(&gt->maptrack_lock);
    return handle;
}

void maptrack_set(struct gnttab *gt, uint32_t handle,
                  const struct maptrack *mt)
{
    spin_lock(&gt->maptrack_lock);
    *maptrack_at(gt, handle) = *mt;
    spin_unlock(&gt->maptrack_lock);
}

bool maptrack_take(struct gnttab *gt, uint32_t handle, struct maptrack *mt)
{
    bool is_valid = false;

    spin_lock(&gt->maptrack_lock);
    if (handle < gt->nr_maptrack) {
        struct maptrack *const at = maptrack_at(
            gt, (uint32_t)index_nospec(handle, gt->nr_maptrack));

        *mt = *at;
        is_valid = at->flags != 0;
        at->flags = 0;
    }
    spin_unlock(&gt->maptrack_lock);
    return is_valid;
}

void maptrack_put(struct gnttab *gt, uint32_t handle)
{
    spin_lock(&gt->maptrack_lock);
    struct maptrack *const at = maptrack_at(gt, handle);

    at->flags = 0;
    at->ref = gt->free_maptrack;
    gt->free_maptrack = handle;
    spin_unlock(&gt->maptrack_lock);
}

unsigned long gnttab_mappings_of(struct domain *d, domid_t granter)
{
    struct gnttab *const gt = d->gnttab;
    unsigned long nr = 0;

    spin_lock(&gt->maptrack_lock);
    for (uint32_t i = 0; i < gt->nr_maptrack; i++) {
        const struct maptrack *const mt = maptrack_at(gt, i);

        nr += mt->flags != 0 && mt->domid == granter;
    }
    spin_unlock(&gt->maptrack_lock);
    return nr;
}

void maptrack_free_all(struct gnttab *gt)
{
    for (uint32_t i = 0; i < gt->nr_maptrack / MAPTRACK_PER_PAGE; i++) {
        xfree(gt->maptrack[i]);
    }
    xfree(gt->maptrack);
    gt->maptrack = NULL;
    gt->nr_maptrack = 0;
}
