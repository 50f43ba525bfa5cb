/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: copying between two pages, each either granted by a domain
 * or the caller's own.
 * Locking: a granter's gnttab.lock while its grant is pinned or unpinned,
 * none during the copy.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/domain/physmap.h>
#include <core/lib/string.h>
#include <core/mm/page.h>

/* One side of a copy. */
struct gnttab_copy_side {
    struct domain *granter; /* NULL: the caller's own frame                  */
    uint32_t ref;
    bool is_write;
    struct gnttab_pin pin;
};

/* Who is meant; GNTST_*. */
static int16_t gnttab_copy_find(struct domain *d,
                                const struct gnttab_copy_ptr *ptr,
                                bool is_ref, struct gnttab_copy_side *side)
{
    side->granter = NULL;
    if (!is_ref) {
        return ptr->domid == DOMID_SELF ? GNTST_okay
                                        : GNTST_permission_denied;
    }
    side->ref = ptr->u.ref;
    side->granter = ptr->domid == DOMID_SELF ? d : domain_by_id(ptr->domid);
    return side->granter != NULL ? GNTST_okay : GNTST_bad_domain;
}

/* The caller's own frame, RAM or a grant that it has mapped. */
static int16_t gnttab_copy_own(struct domain *d, uint64_t frame,
                               struct gnttab_copy_side *side)
{
    enum p2m_type type;

    side->pin.page = p2m_get_page(d, GFN(frame), side->is_write, &type);
    side->pin.start = 0;
    side->pin.length = PAGE_SIZE;
    if (side->pin.page == NULL) {
        return GNTST_bad_page;
    }
    if (physmap_is_foreign(type)) {
        page_put(side->pin.page);
        return GNTST_bad_page;
    }
    return GNTST_okay;
}

static int16_t gnttab_copy_begin(struct domain *d,
                                 const struct gnttab_copy_ptr *ptr,
                                 struct gnttab_copy_side *side)
{
    if (side->granter == NULL) {
        return gnttab_copy_own(d, ptr->u.gmfn, side);
    }
    return gnttab_pin(side->granter, side->ref, d->id, side->is_write, false,
                      &side->pin);
}

static void gnttab_copy_end(struct gnttab_copy_side *side)
{
    if (side->granter != NULL) {
        gnttab_unpin(side->granter, side->ref, side->is_write);
    }
    page_put(side->pin.page);
}

static bool gnttab_copy_fits(const struct gnttab_pin *pin,
                             unsigned int offset, unsigned int len)
{
    return offset >= pin->start &&
           offset + len <= (unsigned int)pin->start + pin->length;
}

/* Both sides are pinned. */
static int16_t gnttab_copy_bytes(const struct gnttab_copy *op,
                                 const struct gnttab_pin *source,
                                 const struct gnttab_pin *dest)
{
    if ((unsigned int)op->source.offset + op->len > PAGE_SIZE ||
        (unsigned int)op->dest.offset + op->len > PAGE_SIZE) {
        return GNTST_bad_copy_arg;
    }
    if (!gnttab_copy_fits(source, op->source.offset, op->len) ||
        !gnttab_copy_fits(dest, op->dest.offset, op->len)) {
        return GNTST_general_error;
    }
    char *const to = (char *)page_va(dest->page) + op->dest.offset;
    const char *const from =
        (const char *)page_va(source->page) + op->source.offset;

    if (likely(dest->page != source->page)) {
        memcpy(to, from, op->len);
    } else {
        memmove(to, from, op->len);
    }
    return GNTST_okay;
}

void gnttab_copy(struct domain *d, struct gnttab_copy *op)
{
    struct gnttab_copy_side source = { .is_write = false };
    struct gnttab_copy_side dest = { .is_write = true };
    int16_t rc = gnttab_copy_find(d, &op->source,
                                  op->flags & GNTCOPY_source_gref, &source);

    if (rc == GNTST_okay) {
        rc = gnttab_copy_find(d, &op->dest, op->flags & GNTCOPY_dest_gref,
                              &dest);
    }
    if (rc == GNTST_okay) {
        rc = gnttab_copy_begin(d, &op->source, &source);
    }
    if (rc != GNTST_okay) {
        op->status = rc;
        return;
    }
    rc = gnttab_copy_begin(d, &op->dest, &dest);
    if (rc == GNTST_okay) {
        rc = gnttab_copy_bytes(op, &source.pin, &dest.pin);
        gnttab_copy_end(&dest);
    }
    gnttab_copy_end(&source);
    op->status = rc;
}
