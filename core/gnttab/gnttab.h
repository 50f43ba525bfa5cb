/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables, as the rest of the hypervisor uses them.  Operations of the
 * guest come without guest pointers: the hypercall layer copies each element
 * in and out.
 */
#ifndef CORE_GNTTAB_GNTTAB_H
#define CORE_GNTTAB_GNTTAB_H

#include <core/abi/grant_table.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct page;

#define GNTTAB_DEFAULT_FRAMES 64
#define GNTTAB_DEFAULT_MAPTRACK 1024
#define GNTTAB_MAX_FRAMES 1024
#define GNTTAB_MAX_MAPTRACK 32768

/*
 * Limits of zero or less: the defaults.  @max_version 0: the default, 2.
 * 0, -EINVAL, -ENOMEM.
 */
int __must_check gnttab_domain_init(struct domain *d, int max_frames,
                                    int max_maptrack,
                                    unsigned int max_version);
/* Release all that @d maps of others; 0 or -ERESTART.  None of it runs. */
int __must_check gnttab_release_mappings(struct domain *d);
/* The last reference is gone: nobody maps anything of @d's any more. */
void gnttab_domain_free(struct domain *d);

/*
 * Place frame @idx of the table (of the status array, if @is_status) at @gfn
 * of @d itself, growing the table if it may; an earlier place is given up.
 * XENMAPSPACE_grant_table.  0, -EINVAL, -ENOMEM, or as physmap_add().
 */
int __must_check gnttab_map_frame(struct domain *d, unsigned int idx,
                                  bool is_status, gfn_t gfn);
/*
 * The page of that frame with a reference, for XENMEM_acquire_resource by
 * another domain.  0, -EINVAL, -ENOMEM.
 */
int __must_check gnttab_get_frame(struct domain *d, unsigned int idx,
                                  bool is_status, struct page **pg);
/* Where @d has it, or INVALID_GFN: GNTTABOP_setup_table. */
gfn_t gnttab_frame_gfn(struct domain *d, unsigned int idx);
/* Number of frames the table may grow to. */
unsigned int gnttab_max_frames(const struct domain *d, bool is_status);
/* Grow to at least @nr frames.  0, -EINVAL, -ENOMEM. */
int __must_check gnttab_grow(struct domain *d, unsigned int nr);

/* --- operations; @d is the caller; results in op->status: GNTST_* --- */

void gnttab_map(struct domain *d, struct gnttab_map_grant_ref *op);

/* Mappings whose entries are gone, to release when no CPU can use them. */
#define GNTTAB_UNMAP_BATCH 32u
struct gnttab_unmap_batch {
    struct domain *d;
    unsigned int nr;
    struct {
        struct domain *granter;
        struct page *page;
        uint32_t ref;
        bool is_write;
    } gone[GNTTAB_UNMAP_BATCH];
};

/* begin, up to GNTTAB_UNMAP_BATCH times unmap, end.  No lock is held over. */
void gnttab_unmap_begin(struct gnttab_unmap_batch *b, struct domain *d);
void gnttab_unmap(struct gnttab_unmap_batch *b,
                  struct gnttab_unmap_grant_ref *op);
void gnttab_unmap_end(struct gnttab_unmap_batch *b);

void gnttab_copy(struct domain *d, struct gnttab_copy *op);
void gnttab_swap(struct domain *d, struct gnttab_swap_grant_ref *op);
void gnttab_query_size(struct domain *d, struct gnttab_query_size *op);

/* @version in: wanted, out: in force.  0, -EINVAL, -ENOSYS, -EBUSY... */
int __must_check gnttab_set_version(struct domain *d, uint32_t *version);
uint32_t gnttab_version(const struct domain *d);

void gnttab_dump(struct domain *d);
/*
 * How many uses of the grants of @d are counted, and how many mappings of
 * @granter's @d has: for the audit, which compares sums over all domains.
 */
unsigned long gnttab_uses(struct domain *d);
unsigned long gnttab_mappings_of(struct domain *d, domid_t granter);
/* Frames that @d owns for its table. */
unsigned int gnttab_owned_frames(const struct domain *d);

#endif /* CORE_GNTTAB_GNTTAB_H */
