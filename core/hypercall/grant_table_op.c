/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall grant_table_op: an array of elements, each copied in, worked
 * on and copied back.  Errors of an element are its status; the call itself
 * fails only for what concerns the array.
 *
 * Of the operations, those that real Xen refuses to a domain with its own
 * physical map are refused here: transfer, unmap_and_replace,
 * get_status_frames, cache_flush.
 * Locking: none here.  Chapter: xen/grant_table.h.
 */
#include <core/hypercall/hypercall.h>

#include <core/domain/access.h>
#include <core/gnttab/gnttab.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>

static_assert(GNTTAB_UNMAP_BATCH <= HCALL_BATCH, "unmap batches");

/* @done of the elements are through: 0, or -ERESTART with the rest. */
static int64_t grant_continue(struct hcall_regs *r, unsigned int done,
                              size_t size)
{
    const unsigned int count = (unsigned int)r->arg[2];

    if (done == count) {
        return 0;
    }
    r->arg[1] += done * size;
    r->arg[2] = count - done;
    return -ERESTART;
}

static unsigned int grant_batch(const struct hcall_regs *r, unsigned int limit)
{
    return min((unsigned int)r->arg[2], limit);
}

static int64_t grant_map(struct domain *d, struct hcall_regs *r)
{
    const unsigned int n = grant_batch(r, HCALL_BATCH);

    for (unsigned int i = 0; i < n; i++) {
        const gva_t at = r->arg[1] + i * sizeof(struct gnttab_map_grant_ref);
        struct gnttab_map_grant_ref op;

        if (gva_read(&op, at) != 0) {
            return -EFAULT;
        }
        gnttab_map(d, &op);
        if (gva_write(at, &op) != 0) {
            return -EFAULT;
        }
    }
    return grant_continue(r, n, sizeof(struct gnttab_map_grant_ref));
}

static int64_t grant_unmap(struct domain *d, struct hcall_regs *r)
{
    const unsigned int n = grant_batch(r, GNTTAB_UNMAP_BATCH);
    struct gnttab_unmap_batch batch;
    int rc = 0;

    gnttab_unmap_begin(&batch, d);
    for (unsigned int i = 0; i < n && rc == 0; i++) {
        const gva_t at =
            r->arg[1] + i * sizeof(struct gnttab_unmap_grant_ref);
        struct gnttab_unmap_grant_ref op;

        rc = gva_read(&op, at);
        if (rc == 0) {
            gnttab_unmap(&batch, &op);
            rc = gva_write_field(at, &op, status);
        }
    }
    gnttab_unmap_end(&batch);
    if (rc != 0) {
        return rc;
    }
    return grant_continue(r, n, sizeof(struct gnttab_unmap_grant_ref));
}

static int64_t grant_copy(struct domain *d, struct hcall_regs *r)
{
    const unsigned int n = grant_batch(r, HCALL_BATCH);
    const size_t size = layout_size(gnttab_copy);

    for (unsigned int i = 0; i < n; i++) {
        const gva_t at = r->arg[1] + i * size;
        struct gnttab_copy op;

        if (layout_read(gnttab_copy, &op, at, 1) != 0) {
            return -EFAULT;
        }
        gnttab_copy(d, &op);
        if (layout_write_field(gnttab_copy, at, &op, status) != 0) {
            return -EFAULT;
        }
    }
    return grant_continue(r, n, size);
}

static int64_t grant_swap(struct domain *d, struct hcall_regs *r)
{
    const unsigned int n = grant_batch(r, HCALL_BATCH);

    for (unsigned int i = 0; i < n; i++) {
        const gva_t at = r->arg[1] + i * sizeof(struct gnttab_swap_grant_ref);
        struct gnttab_swap_grant_ref op;

        if (gva_read(&op, at) != 0) {
            return -EFAULT;
        }
        gnttab_swap(d, &op);
        if (gva_write_field(at, &op, status) != 0) {
            return -EFAULT;
        }
    }
    return grant_continue(r, n, sizeof(struct gnttab_swap_grant_ref));
}

static int64_t grant_query_size(struct domain *d, struct hcall_regs *r)
{
    struct gnttab_query_size op;

    if ((unsigned int)r->arg[2] != 1) {
        return -EINVAL;
    }
    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    gnttab_query_size(d, &op);
    return gva_write(r->arg[1], &op);
}

/* Grow the table and say where the guest has put its frames. */
static int16_t grant_setup(struct domain *d,
                           const struct gnttab_setup_table *op)
{
    struct domain *target;
    const int rc = access_find(d, op->dom, TARGET_ANY, &target);

    if (rc != 0) {
        return rc == -ESRCH ? GNTST_bad_domain : GNTST_permission_denied;
    }
    if (gnttab_grow(target, op->nr_frames) != 0) {
        return GNTST_general_error;
    }
    for (unsigned int i = 0; i < op->nr_frames; i++) {
        const xen_pfn_t gfn = gfn_x(gnttab_frame_gfn(target, i));

        if (layout_write_frame(handle_gva(op->frame_list), i, gfn) != 0) {
            return GNTST_bad_virt_addr;
        }
    }
    return GNTST_okay;
}

static int64_t grant_setup_table(struct domain *d, struct hcall_regs *r)
{
    struct gnttab_setup_table op;

    if ((unsigned int)r->arg[2] != 1) {
        return -EINVAL;
    }
    if (layout_read(gnttab_setup_table, &op, r->arg[1], 1) != 0) {
        return -EFAULT;
    }
    op.status = grant_setup(d, &op);
    return layout_write_field(gnttab_setup_table, r->arg[1], &op, status);
}

static int64_t grant_set_version(struct domain *d, struct hcall_regs *r)
{
    struct gnttab_set_version op;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    rc = gnttab_set_version(d, &op.version);
    /* The version in force, also after an error. */
    return gva_write(r->arg[1], &op) != 0 ? -EFAULT : rc;
}

static int64_t grant_get_version(struct domain *d, struct hcall_regs *r)
{
    struct gnttab_get_version op;
    struct domain *target;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    rc = access_find(d, op.dom, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    op.version = gnttab_version(target);
    return gva_write_field(r->arg[1], &op, version);
}

int64_t hcall_grant_table_op(struct vcpu *v, struct hcall_regs *r)
{
    struct domain *const d = v->domain;

    if ((int)r->arg[2] < 0) {
        return -EINVAL;
    }
    switch ((unsigned int)r->arg[0]) {
    case GNTTABOP_map_grant_ref:
        return grant_map(d, r);
    case GNTTABOP_unmap_grant_ref:
        return grant_unmap(d, r);
    case GNTTABOP_setup_table:
        return grant_setup_table(d, r);
    case GNTTABOP_copy:
        return grant_copy(d, r);
    case GNTTABOP_query_size:
        return grant_query_size(d, r);
    case GNTTABOP_set_version:
        return grant_set_version(d, r);
    case GNTTABOP_get_version:
        return grant_get_version(d, r);
    case GNTTABOP_swap_grant_ref:
        return grant_swap(d, r);
    default:
        return -ENOSYS;
    }
}
