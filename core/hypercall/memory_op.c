/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall memory_op: dispatch, and the operations that only ask or set
 * a number or the memory map.
 * Locking: d->lock for the memory map.  Chapter: xen/memory.h.
 */
#include <core/hypercall/memory_priv.h>

#include <core/arch/arch_p2m.h>
#include <core/domain/access.h>
#include <core/domain/e820.h>
#include <core/domain/pod.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>
#include <core/mm/slab.h>

/* The command as given, without the extents. */
static unsigned int memory_cmd(const struct hcall_regs *r)
{
    return (unsigned int)r->arg[0] & MEMOP_CMD_MASK;
}

/* XENMEM_current_reservation, maximum_reservation, maximum_gpfn. */
static int64_t memory_count(struct domain *d, struct hcall_regs *r)
{
    struct xen_memory_domain op;
    struct domain *target;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    switch (memory_cmd(r)) {
    case XENMEM_current_reservation:
        return pod_total(target);
    case XENMEM_maximum_reservation:
        return READ_ONCE(target->max_pages);
    default:
        return (int64_t)gfn_x(p2m_max_gfn(target));
    }
}

/* Copy of @d's map, so that no lock is held while the guest is written. */
static struct e820_map *memory_map_copy(struct domain *d)
{
    struct e820_map *const copy = xzalloc_type(struct e820_map);

    if (copy == NULL) {
        return NULL;
    }
    spin_lock(&d->lock);
    if (d->e820 != NULL) {
        *copy = *d->e820;
    }
    spin_unlock(&d->lock);
    return copy;
}

static int64_t memory_map_show(const struct e820_map *map, gva_t arg)
{
    struct xen_memory_map op;

    if (map->count == 0) {
        return -ENOSYS; /* Nobody has set one. */
    }
    if (layout_read(xen_memory_map, &op, arg, 1) != 0) {
        return -EFAULT;
    }
    op.nr_entries = min(op.nr_entries, map->count);
    if (handle_write_bytes(op.buffer, 0, map->entry,
                           op.nr_entries * sizeof(map->entry[0])) != 0) {
        return -EFAULT;
    }
    return layout_write_field(xen_memory_map, arg, &op, nr_entries);
}

static int64_t memory_map(struct domain *d, struct hcall_regs *r)
{
    struct e820_map *const copy = memory_map_copy(d);
    int64_t rc;

    if (copy == NULL) {
        return -ENOMEM;
    }
    rc = memory_map_show(copy, r->arg[1]);
    xfree(copy);
    return rc;
}

static int64_t memory_set_map(struct domain *d, struct hcall_regs *r)
{
    struct xen_foreign_memory_map op;
    struct e820_map *map;
    struct domain *target;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (op.map.nr_entries > E820_MAX) {
        return -EINVAL;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    map = xzalloc_type(struct e820_map);
    if (map == NULL) {
        return -ENOMEM;
    }
    map->count = op.map.nr_entries;
    if (handle_read_bytes(map->entry, op.map.buffer, 0,
                          map->count * sizeof(map->entry[0])) != 0) {
        xfree(map);
        return -EFAULT;
    }
    spin_lock(&target->lock);
    struct e820_map *const old = target->e820;

    target->e820 = map;
    spin_unlock(&target->lock);
    xfree(old);
    return 0;
}

/* XENMEM_set_pod_target, get_pod_target. */
static int64_t memory_pod_target(struct domain *d, struct hcall_regs *r)
{
    struct xen_pod_target op;
    struct domain *target;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    if (!d->is_control) {
        return -EPERM;
    }
    if (memory_cmd(r) == XENMEM_set_pod_target) {
        if (op.target_pages > READ_ONCE(target->max_pages)) {
            return -EINVAL;
        }
        rc = pod_set_target(target, op.target_pages);
        if (rc != 0) {
            return rc;
        }
    }
    op.tot_pages = pod_total(target);
    op.pod_cache_pages = READ_ONCE(target->pod_reserve);
    op.pod_entries = READ_ONCE(target->pod_entries);
    return gva_write(r->arg[1], &op);
}

static int64_t memory_vnuma(struct domain *d, struct hcall_regs *r)
{
    struct xen_vnuma_topology_info op;
    struct domain *target;
    int rc;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (op.pad != 0) {
        return -EINVAL;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    return rc != 0 ? rc : -EOPNOTSUPP; /* No domain has a virtual topology. */
}

/* No memory is reserved for devices: no IOMMU says so. */
static int64_t memory_reserved_device(struct hcall_regs *r)
{
    struct xen_reserved_device_memory_map op;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (op.flags & ~XENMEM_RDM_ALL) {
        return -EINVAL;
    }
    op.nr_entries = 0;
    return gva_write(r->arg[1], &op);
}

/* Operations that are done in one run: those that only ask. */
static int64_t memory_op_ask(struct domain *d, struct hcall_regs *r)
{
    switch (memory_cmd(r)) {
    case XENMEM_maximum_ram_page:
        return (int64_t)page_count;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return memory_count(d, r);
    case XENMEM_get_vnumainfo:
        return memory_vnuma(d, r);
    case XENMEM_reserved_device_memory_map:
        return memory_reserved_device(r);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0; /* Nothing is shared. */
    default:
        return -ENOSYS;
    }
}

/* Those that change something, and all others. */
static int64_t memory_op_simple(struct domain *d, struct hcall_regs *r)
{
    switch (memory_cmd(r)) {
    case XENMEM_exchange:
        return memory_exchange(d, r);
    case XENMEM_remove_from_physmap:
        return memory_remove_from_physmap(d, r);
    case XENMEM_memory_map:
        return memory_map(d, r);
    case XENMEM_set_memory_map:
        return memory_set_map(d, r);
    case XENMEM_set_pod_target:
    case XENMEM_get_pod_target:
        return memory_pod_target(d, r);
    case XENMEM_claim_pages:
        return memory_claim(d, r);
    default:
        return memory_op_ask(d, r);
    }
}

int64_t hcall_memory_op(struct vcpu *v, struct hcall_regs *r)
{
    struct domain *const d = v->domain;

    switch (memory_cmd(r)) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return memory_reservation(d, r);
    case XENMEM_add_to_physmap:
        return memory_add_to_physmap(d, r);
    case XENMEM_add_to_physmap_batch:
        return memory_add_to_physmap_batch(d, r);
    case XENMEM_acquire_resource:
        return memory_acquire_resource(d, r);
    default:
        /* What needs no continuation must not claim to be one. */
        return r->arg[0] >> MEMOP_EXTENT_SHIFT != 0 ? -EINVAL
                                                    : memory_op_simple(d, r);
    }
}
