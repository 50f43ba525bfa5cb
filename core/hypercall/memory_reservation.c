/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall memory_op: how much memory a domain has.  Populate puts new
 * pages at frames, decrease gives frames back, increase only adds pages.
 *
 * A run reads up to HCALL_BATCH extents (fewer if they are large), works on
 * them without touching guest memory, and continues.  By the ABI these
 * operations have no errors: they return how many extents were done.
 * Locking: physmap_lock and page_lock, in the functions called.
 */
#include <core/hypercall/memory_priv.h>

#include <core/domain/access.h>
#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/domain/pod.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>

static_assert(PHYSMAP_BATCH >= HCALL_BATCH, "one batch a run");

/* Requests below this many address bits cannot be met from "below 4 GiB". */
#define ADDRESS_BITS_LOW 32u

/* False if @caller asks for a node it may not have. */
static bool memory_extents_node(struct memory_extents *e,
                                const struct domain *caller,
                                unsigned int mem_flags)
{
    const unsigned int node = XENMEMF_get_node(mem_flags);
    const bool is_exact = mem_flags & XENMEMF_exact_node_request;

    e->node = PAGE_ANY_NODE;
    if ((mem_flags & XENMEMF_vnode) || node == 0xffu) {
        return true;
    }
    if (!caller->is_control && !caller->is_hardware) {
        return !is_exact;
    }
    if (node >= PAGE_MAX_NODES) {
        return false;
    }
    e->node = node;
    e->flags |= is_exact ? PAGE_EXACT_NODE : 0;
    return true;
}

bool memory_extents_init(struct memory_extents *e, const struct domain *caller,
                         const struct xen_memory_reservation *r)
{
    const unsigned int bits = XENMEMF_get_address_bits(r->mem_flags);

    e->order = r->extent_order;
    e->flags = PAGE_ZERO;
    e->is_on_demand = r->mem_flags & XENMEMF_populate_on_demand;
    if (r->extent_order > PHYSMAP_MAX_ORDER ||
        (bits != 0 && bits < ADDRESS_BITS_LOW)) {
        return false;
    }
    if (bits != 0 && page_count > 1ull << (min(bits, 63u) - PAGE_SHIFT)) {
        e->flags |= PAGE_BELOW_4G;
    }
    return memory_extents_node(e, caller, r->mem_flags);
}

/* 2^order pages of @d's, no longer wanted. */
static void memory_drop(struct domain *d, struct page *pg, unsigned int order)
{
    for (unsigned long i = 0; i < 1ul << order; i++) {
        /* False: a domain that dies has lost them already. */
        (void)!domain_page_remove(d, pg + i);
    }
}

/* Extents of more than one page. */
static unsigned int memory_populate_large(const struct memory_extents *e)
{
    unsigned int i;

    for (i = 0; i < e->nr; i++) {
        struct page *const pg =
            domain_page_alloc(e->d, e->order, e->flags, e->node);

        if (pg == NULL) {
            break;
        }
        if (physmap_add(e->d, GFN(e->gfn[i]), page_mfn(pg), e->order,
                        P2M_RAM_RW) != 0) {
            memory_drop(e->d, pg, e->order);
            break;
        }
    }
    return i;
}

/* Extents that get their pages when they are touched. */
static unsigned int memory_mark(const struct memory_extents *e)
{
    unsigned int i;

    for (i = 0; i < e->nr; i++) {
        if (pod_mark(e->d, GFN(e->gfn[i]), e->order) != 0) {
            break;
        }
    }
    return i;
}

unsigned int memory_populate(const struct memory_extents *e)
{
    mfn_t mfn[HCALL_BATCH];
    unsigned int have = 0;
    unsigned int done = 0;

    if (e->is_on_demand) {
        return memory_mark(e);
    }
    if (e->order != 0) {
        return memory_populate_large(e);
    }
    while (have < e->nr) {
        struct page *const pg = domain_page_alloc(e->d, 0, e->flags, e->node);

        if (pg == NULL) {
            break;
        }
        mfn[have++] = page_mfn(pg);
    }
    while (done < have) {
        done += physmap_fill(e->d, &e->gfn[done], &mfn[done], have - done,
                             P2M_RAM_RW);
        /* Something is there: the long way, which gives it up. */
        if (done < have && physmap_add(e->d, GFN(e->gfn[done]), mfn[done], 0,
                                       P2M_RAM_RW) != 0) {
            break;
        }
        done += done < have;
    }
    for (unsigned int i = done; i < have; i++) {
        memory_drop(e->d, page_of(mfn[i]), 0);
    }
    return done;
}

unsigned int memory_increase(const struct memory_extents *e)
{
    unsigned int i;

    for (i = 0; i < e->nr; i++) {
        if (domain_page_alloc(e->d, e->order, e->flags, e->node) == NULL) {
            break;
        }
    }
    return i;
}

/* One extent larger than a batch. */
static bool memory_decrease_large(const struct memory_extents *e, uint64_t gfn)
{
    for (uint64_t done = 0; done < 1ull << e->order; done += PHYSMAP_BATCH) {
        struct physmap_batch b;
        int rc = 0;

        physmap_begin(&b, e->d);
        for (unsigned int i = 0; i < PHYSMAP_BATCH && rc == 0; i++) {
            rc = physmap_remove_batched(&b, GFN(gfn + done + i), false);
        }
        physmap_end(&b);
        if (rc != 0) {
            return false;
        }
    }
    return true;
}

unsigned int memory_decrease(const struct memory_extents *e)
{
    struct physmap_batch b;
    unsigned int i;

    if (1u << e->order > PHYSMAP_BATCH) {
        for (i = 0; i < e->nr && memory_decrease_large(e, e->gfn[i]); i++) {
        }
        return i;
    }
    physmap_begin(&b, e->d);
    for (i = 0; i < e->nr; i++) {
        int rc = 0;

        for (unsigned int j = 0; j < 1u << e->order && rc == 0; j++) {
            rc = physmap_remove_batched(&b, GFN(e->gfn[i] + j), false);
        }
        if (rc != 0) {
            break;
        }
    }
    physmap_end(&b);
    return i;
}

static unsigned int memory_adjust(unsigned int cmd,
                                  const struct memory_extents *e)
{
    switch (cmd) {
    case XENMEM_increase_reservation:
        return memory_increase(e);
    case XENMEM_decrease_reservation:
        return memory_decrease(e);
    default:
        return memory_populate(e);
    }
}

int64_t memory_reservation(struct domain *d, struct hcall_regs *r)
{
    const unsigned int cmd = (unsigned int)r->arg[0] & MEMOP_CMD_MASK;
    const uint64_t start = r->arg[0] >> MEMOP_EXTENT_SHIFT;
    struct xen_memory_reservation op;
    struct memory_extents e;
    uint64_t done;

    if (layout_read(xen_memory_reservation, &op, r->arg[1], 1) != 0 ||
        op.nr_extents > MEMOP_MAX_EXTENTS ||
        start >= op.nr_extents || !memory_extents_init(&e, d, &op) ||
        access_find(d, op.domid, TARGET_ANY, &e.d) != 0 ||
        (e.is_on_demand && e.d == d)) {
        return (int64_t)start;
    }
    e.nr = (unsigned int)min_t(uint64_t, op.nr_extents - start,
                               max(HCALL_BATCH >> e.order, 1u));
    if (cmd != XENMEM_increase_reservation &&
        layout_read_frames(e.gfn, handle_gva(op.extent_start), start, e.nr) !=
            0) {
        return (int64_t)start;
    }
    done = start + memory_adjust(cmd, &e);
    if (done < start + e.nr || done == op.nr_extents) {
        return (int64_t)done;
    }
    return memory_continue(r, done);
}

int64_t memory_exchange(struct domain *d, struct hcall_regs *r)
{
    struct xen_memory_exchange op;
    int rc = -EOPNOTSUPP;

    (void)d;
    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (max(op.in.extent_order, op.out.extent_order) > PHYSMAP_MAX_ORDER) {
        rc = -EPERM;
    } else if (op.nr_exchanged > op.in.nr_extents ||
               op.in.domid != op.out.domid ||
               op.in.nr_extents > UINT64_MAX >> op.in.extent_order ||
               op.out.nr_extents > UINT64_MAX >> op.out.extent_order ||
               op.in.nr_extents << op.in.extent_order !=
                   op.out.nr_extents << op.out.extent_order) {
        rc = -EINVAL;
    } else if (op.nr_exchanged == op.in.nr_extents) {
        rc = 0;
    }
    /*
     * Machine addresses are not a guest's of ours: as real Xen does for a
     * domain with its own physical map, no page is exchanged.
     */
    return gva_write_field(r->arg[1], &op, nr_exchanged) != 0 ? -EFAULT : rc;
}

int64_t memory_claim(struct domain *d, struct hcall_regs *r)
{
    struct xen_memory_reservation op;
    struct domain *target;

    if (gva_read(&op, r->arg[1]) != 0) {
        return -EFAULT;
    }
    if (!handle_is_null(op.extent_start) || op.extent_order != 0 ||
        op.mem_flags != 0) {
        return -EINVAL;
    }
    target = domain_by_id(op.domid);
    if (target == NULL) {
        return -EINVAL;
    }
    if (!d->is_control) {
        return -EPERM;
    }
    return domain_claim_pages(target, op.nr_extents);
}
