/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that guests grant: mapped in the window, or copied from and to.
 */
#ifndef DOM0_RT_GRANT_H
#define DOM0_RT_GRANT_H

#include <core/abi/grant_table.h>
#include <core/lib/types.h>

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

/* One operation between a guest's page and an address here. */
static inline void grant_copy_from(struct gnttab_copy *op, void *to,
                                   domid_t domid, grant_ref_t ref,
                                   unsigned int offset, size_t size)
{
    *op = (struct gnttab_copy){
        .source = { .u.ref = ref, .domid = domid,
                    .offset = (uint16_t)offset },
        .dest = { .u.gmfn = (uint64_t)to >> PAGE_SHIFT, .domid = DOMID_SELF,
                  .offset = (uint16_t)page_offset((uint64_t)to) },
        .len = (uint16_t)size,
        .flags = GNTCOPY_source_gref,
    };
}

static inline void grant_copy_to(struct gnttab_copy *op, domid_t domid,
                                 grant_ref_t ref, unsigned int offset,
                                 const void *from, size_t size)
{
    *op = (struct gnttab_copy){
        .source = { .u.gmfn = (uint64_t)from >> PAGE_SHIFT,
                    .domid = DOMID_SELF,
                    .offset = (uint16_t)page_offset((uint64_t)from) },
        .dest = { .u.ref = ref, .domid = domid, .offset = (uint16_t)offset },
        .len = (uint16_t)size,
        .flags = GNTCOPY_dest_gref,
    };
}

/* Panic after so many calls of grant_copy(), in the midst of a request. */
extern unsigned int grant_crash_after;

#endif
