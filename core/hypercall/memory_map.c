/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall memory_op: what a domain's frames show.  Its shared_info and
 * grant table, its own RAM at another frame, and for the hardware domain the
 * memory of others.
 *
 * A foreign page is held by two references, to the page and to its domain,
 * from before it is mapped until physmap.c gives it up.
 * Locking: physmap_lock in the functions called; the other domain's d->lock
 * while it is held on to.  Chapter: xen/memory.h.
 */
#include <core/hypercall/memory_priv.h>

#include <core/domain/access.h>
#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/gnttab/gnttab.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>

/* Frames of a resource that one run maps. */
#define RESOURCE_BATCH 32u

/* The domain @domid if it is another than @d.  0, -ESRCH, -EPERM. */
static int memory_find_remote(struct domain *d, domid_t domid,
                              struct domain **from)
{
    *from = domain_by_id(domid);
    if (*from == NULL) {
        return -ESRCH;
    }
    return *from == d ? -EPERM : 0;
}

/* Hold @d for a page of its, unless it is on its way out. */
static bool memory_hold(struct domain *d)
{
    bool is_alive;

    /* Who destroys it says so under this lock, before anything goes. */
    spin_lock(&d->lock);
    is_alive = d->dying == DOMAIN_ALIVE;
    if (is_alive) {
        domain_page_hold(d);
    }
    spin_unlock(&d->lock);
    return is_alive;
}

/* Map a page of @from, with a reference of the caller's which is consumed. */
static int memory_map_foreign_page(struct domain *d, struct domain *from,
                                   struct page *pg, gfn_t gfn,
                                   enum p2m_type type)
{
    int rc;

    if (!memory_hold(from)) {
        page_put(pg);
        return -EINVAL;
    }
    rc = physmap_add(d, gfn, page_mfn(pg), 0, type);
    if (rc != 0) {
        domain_page_put_foreign(pg);
    }
    return rc;
}

static int memory_map_foreign(struct domain *d, struct domain *from,
                              gfn_t idx, gfn_t gfn)
{
    enum p2m_type type;
    struct page *const pg = p2m_get_page(from, idx, false, &type);

    if (pg == NULL) {
        return -EINVAL;
    }
    if (!physmap_is_ram(type)) {
        page_put(pg);
        return -EINVAL;
    }
    return memory_map_foreign_page(
        d, from, pg, gfn,
        type == P2M_RAM_RO ? P2M_FOREIGN_RO : P2M_FOREIGN_RW);
}

/* Frame @idx of the machine, if the hypervisor shares it: the trace. */
static int memory_map_shared(struct domain *d, uint64_t idx, gfn_t gfn)
{
    struct page *const pg = page_is_ram(MFN(idx)) ? page_of(MFN(idx)) : NULL;
    int rc;

    if (pg == NULL || !(pg->flags & PAGE_F_SHARED) ||
        !page_get(pg, DOMID_XEN)) {
        return -EINVAL;
    }
    rc = physmap_add(d, gfn, page_mfn(pg), 0, P2M_FOREIGN_RW);
    if (rc != 0) {
        page_put(pg);
    }
    return rc;
}

static int memory_map_grant_frame(struct domain *d, uint64_t idx, gfn_t gfn)
{
    const bool is_status = gnttab_version(d) == 2 &&
                           (idx & XENMAPIDX_grant_table_status);

    if (is_status) {
        idx &= ~(uint64_t)XENMAPIDX_grant_table_status;
    }
    return idx > UINT32_MAX
               ? -EINVAL
               : gnttab_map_frame(d, (unsigned int)idx, is_status, gfn);
}

int memory_map_one(struct domain *d, unsigned int space, struct domain *from,
                   uint64_t idx, gfn_t gfn)
{
    if (!gfn_valid(gfn)) {
        return -EINVAL;
    }
    switch (space) {
    case XENMAPSPACE_shared_info:
        return idx != 0 ? -EINVAL
                        : physmap_add(d, gfn,
                                      page_mfn(va_page(d->shared_info)), 0,
                                      P2M_XENPAGE_RW);
    case XENMAPSPACE_grant_table:
        return memory_map_grant_frame(d, idx, gfn);
    case XENMAPSPACE_gmfn:
        return physmap_move(d, GFN(idx), gfn);
    case XENMAPSPACE_gmfn_foreign:
        return from ? memory_map_foreign(d, from, GFN(idx), gfn)
                    : memory_map_shared(d, idx, gfn);
    default:
        return -EINVAL;
    }
}

/* May @d change @domid's map by @space, and which domain is that? */
static int memory_map_target(struct domain *d, domid_t domid,
                             unsigned int space, struct domain **target)
{
    const int rc = access_find(d, domid, TARGET_ANY, target);

    if (rc != 0) {
        return rc;
    }
    if (space == XENMAPSPACE_dev_mmio && (!d->is_hardware || *target != d)) {
        return -EACCES;
    }
    return 0;
}

/* XENMAPSPACE_gmfn_range: a batch of it. */
static int64_t memory_map_range(struct domain *target,
                                const struct xen_add_to_physmap *op,
                                struct hcall_regs *r)
{
    const uint64_t start = r->arg[0] >> MEMOP_EXTENT_SHIFT;
    uint64_t end;

    if (op->size < start) {
        return -EILSEQ;
    }
    if (op->gpfn + op->size < op->gpfn || op->idx + op->size < op->idx) {
        return -EOVERFLOW;
    }
    end = min_t(uint64_t, op->size, start + HCALL_BATCH);
    for (uint64_t i = start; i < end; i++) {
        const int rc = memory_map_one(target, XENMAPSPACE_gmfn, NULL,
                                      op->idx + i, GFN(op->gpfn + i));

        if (rc != 0) {
            return rc;
        }
    }
    return end == op->size ? 0 : memory_continue(r, end);
}

int64_t memory_add_to_physmap(struct domain *d, struct hcall_regs *r)
{
    struct xen_add_to_physmap op;
    struct domain *target;
    int rc;

    if (r->arg[0] >> MEMOP_EXTENT_SHIFT > UINT16_MAX) {
        return -EDOM;
    }
    if (layout_read(xen_add_to_physmap, &op, r->arg[1], 1) != 0) {
        return -EFAULT;
    }
    if (op.space == XENMAPSPACE_gmfn_foreign) {
        return -ENOSYS; /* Has no place for the other domain's number. */
    }
    rc = memory_map_target(d, op.domid, op.space, &target);
    if (rc != 0) {
        return rc;
    }
    if (op.space == XENMAPSPACE_gmfn_range) {
        return memory_map_range(target, &op, r);
    }
    return memory_map_one(target, op.space, NULL, op.idx, GFN(op.gpfn));
}

/*
 * The other domain of a batch, if its space has one; NULL is the hypervisor,
 * too.  0 or -errno.
 */
static int memory_batch_from(struct domain *target,
                             const struct xen_add_to_physmap_batch *op,
                             struct domain **from)
{
    int rc;

    *from = NULL;
    if (op->space == XENMAPSPACE_dev_mmio) {
        return op->u.res0 != 0 ? -EOPNOTSUPP : 0;
    }
    if (op->space != XENMAPSPACE_gmfn_foreign) {
        return 0;
    }
    /* Only of a domain that never dies: nobody cleans up behind another. */
    if (!target->is_hardware) {
        return -EPERM;
    }
    if (op->u.foreign_domid == DOMID_XEN) {
        return target->is_control ? 0 : -EPERM;
    }
    rc = memory_find_remote(target, op->u.foreign_domid, from);
    return rc != 0 ? rc : access_check(target, *from, TARGET_ANY);
}

/*
 * Element @i: its error goes to the guest's list.  @from_rc: what finding the
 * other domain gave, an error of each element.  0 or what ends the call.
 */
static int memory_batch_one(struct domain *target, struct domain *from,
                            const struct xen_add_to_physmap_batch *op,
                            int from_rc, uint64_t i)
{
    xen_ulong_t idx;
    xen_pfn_t gfn;
    int err = from_rc;

    if (layout_read_frames(&idx, handle_gva(op->idxs), i, 1) != 0 ||
        layout_read_frames(&gfn, handle_gva(op->gpfns), i, 1) != 0) {
        return -EFAULT;
    }
    if (!gfn_valid(GFN(gfn))) {
        return -EINVAL;
    }
    if (err == 0) {
        err = memory_map_one(target, op->space, from, idx, GFN(gfn));
    }
    return handle_write(op->errs, i, &err);
}

int64_t memory_add_to_physmap_batch(struct domain *d, struct hcall_regs *r)
{
    const uint64_t start = r->arg[0] >> MEMOP_EXTENT_SHIFT;
    struct xen_add_to_physmap_batch op;
    struct domain *target;
    struct domain *from;
    uint64_t end;
    int rc;

    if (start > UINT16_MAX) {
        return -EDOM;
    }
    if (layout_read(xen_add_to_physmap_batch, &op, r->arg[1], 1) != 0) {
        return -EFAULT;
    }
    if (op.space == XENMAPSPACE_gmfn_range) {
        return -EOPNOTSUPP;
    }
    rc = memory_map_target(d, op.domid, op.space, &target);
    if (rc != 0) {
        return rc;
    }
    if (op.size <= start) {
        return op.size == 0 && start == 0 ? 0 : -EILSEQ;
    }
    rc = memory_batch_from(target, &op, &from);
    if (rc == -EOPNOTSUPP) {
        return rc;
    }
    end = min_t(uint64_t, op.size, start + HCALL_BATCH);
    for (uint64_t i = start; i < end; i++) {
        const int fatal = memory_batch_one(target, from, &op, rc, i);

        if (fatal != 0) {
            return fatal;
        }
    }
    return end == op.size ? 0 : memory_continue(r, end);
}

int64_t memory_remove_from_physmap(struct domain *d, struct hcall_regs *r)
{
    struct xen_remove_from_physmap op;
    struct domain *target;
    int rc;

    if (layout_read(xen_remove_from_physmap, &op, r->arg[1], 1) != 0) {
        return -EFAULT;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    return rc != 0 ? rc : physmap_remove(target, GFN(op.gpfn));
}

/* Frames of the resource, or 0 if there is none of that number. */
static unsigned int memory_resource_size(const struct domain *from,
                                         unsigned int id)
{
    switch (id) {
    case XENMEM_resource_grant_table_id_shared:
        return gnttab_max_frames(from, false);
    case XENMEM_resource_grant_table_id_status:
        return gnttab_max_frames(from, true);
    default:
        return 0;
    }
}

/* One run: map frames from @start on where the guest's list says. */
static int64_t memory_resource_map(struct domain *d, struct domain *from,
                                   const struct xen_mem_acquire_resource *op,
                                   uint64_t start, struct hcall_regs *r)
{
    const bool is_status = op->id == XENMEM_resource_grant_table_id_status;
    const uint64_t end =
        min_t(uint64_t, op->nr_frames, start + RESOURCE_BATCH);
    xen_pfn_t gfn[RESOURCE_BATCH];

    if (handle_read_array(gfn, op->frame_list, start, end - start) != 0) {
        return -EFAULT;
    }
    for (uint64_t i = start; i < end; i++) {
        struct page *pg;
        int rc = gnttab_get_frame(from, (unsigned int)(op->frame + i),
                                  is_status, &pg);

        if (rc == 0) {
            rc = memory_map_foreign_page(d, from, pg, GFN(gfn[i - start]),
                                         P2M_FOREIGN_RW);
        }
        if (rc != 0) {
            /* Part of it is mapped: tell that apart. */
            return i == start ? rc : -EIO;
        }
    }
    return end == op->nr_frames ? 0 : memory_continue(r, end);
}

int64_t memory_acquire_resource(struct domain *d, struct hcall_regs *r)
{
    const uint64_t start = r->arg[0] >> MEMOP_EXTENT_SHIFT;
    struct xen_mem_acquire_resource op;
    struct domain *from;
    unsigned int size;
    int rc;

    if (!d->is_hardware) {
        return -EACCES;
    }
    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (op.pad != 0 || op.frame >> 32 != 0 ||
        (op.frame + op.nr_frames) >> 32 != 0) {
        return -EINVAL;
    }
    rc = memory_find_remote(d, op.domid, &from);
    if (rc == 0) {
        rc = access_check(d, from, TARGET_OTHER);
    }
    if (rc != 0) {
        return rc;
    }
    if (op.type != XENMEM_resource_grant_table) {
        return -EOPNOTSUPP;
    }
    size = memory_resource_size(from, op.id);
    if (size == 0) {
        return -EINVAL;
    }
    if (handle_is_null(op.frame_list)) {
        if (op.nr_frames != 0 || start != 0) {
            return -EINVAL;
        }
        op.nr_frames = size;
        return gva_write_field(r->arg[1], &op, nr_frames);
    }
    if (start >= op.nr_frames || op.nr_frames > MEMOP_MAX_EXTENTS) {
        return -EINVAL;
    }
    return memory_resource_map(d, from, &op, start, r);
}
