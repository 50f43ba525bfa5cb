/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that guests grant: mapped in the window, or copied from and to.
 */
#ifndef DOM0_RT_GRANT_H
#define DOM0_RT_GRANT_H

#include <core/abi/grant_table.h>
#include <core/lib/util.h>

struct grant_map {
    void *page;                 /* NULL: not mapped */
    grant_handle_t handle;
};

/* 0; -ENOMEM: no frame; -EINVAL: the guest grants nothing there. */
int __must_check grant_map(struct grant_map *m, domid_t domid,
                           grant_ref_t ref);

/* Harmless on what is not mapped. */
void grant_unmap(struct grant_map *m);

/*
 * Copies, each within a page on both sides. Their status says how each went;
 * returns whether all went well. count <= GRANT_COPY_MAX.
 */
#define GRANT_COPY_MAX 64u
bool grant_copy(struct gnttab_copy *op, unsigned int count);

/* Copies to or from a guest's pages, to be done as one. */
struct grant_batch {
    domid_t domid;
    bool is_to;                 /* The guest's pages are written. */
    unsigned int count;
    struct gnttab_copy op[GRANT_COPY_MAX];
};

/* Adds one within a guest's page, in a part for each page that it is here. */
static inline void grant_batch_add(struct grant_batch *b, grant_ref_t ref,
                                   unsigned int offset, const void *here,
                                   size_t size)
{
    struct gnttab_copy_ptr guest = {
        .u.ref = ref, .domid = b->domid, .offset = (uint16_t)offset,
    };

    for (uint64_t at = (uint64_t)here; size != 0;) {
        const size_t part = min(size, PAGE_SIZE - page_offset(at));
        const struct gnttab_copy_ptr own = {
            .u.gmfn = at >> PAGE_SHIFT, .domid = DOMID_SELF,
            .offset = (uint16_t)page_offset(at),
        };

        b->op[b->count++] = (struct gnttab_copy){
            .source = b->is_to ? own : guest,
            .dest = b->is_to ? guest : own,
            .len = (uint16_t)part,
            .flags = b->is_to ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
        };
        guest.offset = (uint16_t)(guest.offset + part);
        at += part;
        size -= part;
    }
}

/* Panic after so many calls of grant_copy(), in the midst of a request. */
extern unsigned int grant_crash_after;

#endif
