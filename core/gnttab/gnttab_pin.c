/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: the beginning and end of each use of a grant, whether it is
 * a mapping or a copy.  The first use looks the frame up and remembers it;
 * later ones share it, so that they are not affected by what the guest writes
 * into its table or balloons out meanwhile.
 * Locking: takes the granter's gnttab.lock.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/mm/page.h>

/* More would wrap the counters. */
#define PIN_MAX 0xfff0u

static bool active_is_used(const struct gnttab_active *act)
{
    return act->readers != 0 || act->writers != 0;
}

/* The use bits that the remaining uses do not need. */
static uint16_t active_unneeded(const struct gnttab_active *act,
                                bool was_write)
{
    uint16_t bits = active_is_used(act) ? 0 : GTF_reading;

    if (was_write && act->writers == 0) {
        bits |= GTF_writing;
    }
    return bits;
}

/* The granter's RAM behind @frame, with a reference. */
static struct page *gnttab_page(struct domain *granter, uint64_t frame,
                                bool is_write)
{
    enum p2m_type type;
    struct page *const pg = p2m_get_page(granter, GFN(frame), is_write, &type);

    if (pg != NULL && !physmap_is_ram(type)) {
        page_put(pg);
        return NULL;
    }
    return pg;
}

/*
 * The use needs to be marked in the table: it is the first, or the first that
 * writes.  On success @pin->page has a reference.
 */
static int16_t gnttab_pin_new(struct domain *granter, uint32_t ref,
                              struct gnttab_active *act, domid_t who,
                              bool is_write, bool is_map,
                              struct gnttab_pin *pin)
{
    struct gnttab *const gt = granter->gnttab;
    const bool is_used = active_is_used(act);
    struct gnttab_grant grant;
    const int16_t rc = gnttab_entry_begin(gt, ref, who, is_write, is_map,
                                          is_used, &grant);

    if (rc != GNTST_okay) {
        return rc;
    }
    pin->page = gnttab_page(granter, grant.frame, is_write);
    if (pin->page == NULL) {
        gnttab_entry_end(gt, ref, active_unneeded(act, is_write));
        return GNTST_bad_page;
    }
    if (!is_used) {
        act->domid = who;
        act->is_sub_page = grant.is_sub_page;
        act->start = grant.start;
        act->length = grant.length;
        act->mfn = (uint32_t)mfn_x(page_mfn(pin->page));
    } else if (act->mfn != mfn_x(page_mfn(pin->page))) {
        /* Not the frame that the readers have: a granter that cheats. */
        page_put(pin->page);
        gnttab_entry_end(gt, ref, active_unneeded(act, is_write));
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static int16_t gnttab_pin_locked(struct domain *granter, uint32_t ref,
                                 domid_t who, bool is_write, bool is_map,
                                 struct gnttab_pin *pin)
{
    struct gnttab *const gt = granter->gnttab;
    struct gnttab_active *act;
    int16_t rc;

    if (ref >= gnttab_nr_entries(gt)) {
        return GNTST_bad_gntref;
    }
    ref = (uint32_t)index_nospec(ref, gnttab_nr_entries(gt));
    act = gnttab_active(gt, ref);
    if (unlikely(act == NULL)) {
        act = gnttab_active_make(gt, ref);
        if (act == NULL) {
            return GNTST_no_space;
        }
    }
    if (active_is_used(act) &&
        (act->domid != who || (is_map && act->is_sub_page) ||
         act->readers >= PIN_MAX || act->writers >= PIN_MAX)) {
        return GNTST_general_error;
    }
    if (!active_is_used(act) || (is_write && act->writers == 0)) {
        rc = gnttab_pin_new(granter, ref, act, who, is_write, is_map, pin);
        if (rc != GNTST_okay) {
            return rc;
        }
    } else {
        pin->page = page_of(MFN(act->mfn));
        page_get_more(pin->page);
    }
    if (is_write) {
        act->writers++;
    } else {
        act->readers++;
    }
    pin->start = act->start;
    pin->length = act->length;
    return GNTST_okay;
}

int16_t gnttab_pin(struct domain *granter, uint32_t ref, domid_t who,
                   bool is_write, bool is_map, struct gnttab_pin *pin)
{
    int16_t rc = GNTST_bad_domain;

    spin_lock(&granter->gnttab->lock);
    /* A domain that dies passes through this lock before it lets go. */
    if (READ_ONCE(granter->dying) == DOMAIN_ALIVE) {
        rc = gnttab_pin_locked(granter, ref, who, is_write, is_map, pin);
        if (rc == GNTST_okay && is_map) {
            domain_page_hold(granter);
        }
    }
    spin_unlock(&granter->gnttab->lock);
    return rc;
}

void gnttab_unpin(struct domain *granter, uint32_t ref, bool is_write)
{
    struct gnttab *const gt = granter->gnttab;
    struct gnttab_active *act;
    uint16_t bits;

    spin_lock(&gt->lock);
    act = gnttab_active(gt, ref);
    if (is_write) {
        act->writers--;
    } else {
        act->readers--;
    }
    bits = active_unneeded(act, is_write);
    if (bits != 0) {
        gnttab_entry_end(gt, ref, bits);
    }
    spin_unlock(&gt->lock);
}
