/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the hypercall memory_op: one function each, called by
 * memory_op.c with the operation's payload address and the number of extents
 * that earlier runs have done.
 */
#ifndef CORE_HYPERCALL_MEMORY_PRIV_H
#define CORE_HYPERCALL_MEMORY_PRIV_H

#include <core/abi/memory.h>
#include <core/domain/domain.h>
#include <core/hypercall/hypercall.h>
#include <core/lib/errno.h>
#include <core/lib/types.h>

/* The command word: the operation, and above it the extents done so far. */
#define MEMOP_EXTENT_SHIFT 6u
#define MEMOP_CMD_MASK ((1u << MEMOP_EXTENT_SHIFT) - 1u)
#define MEMOP_MAX_EXTENTS (UINT32_MAX >> MEMOP_EXTENT_SHIFT)

/* Come again with @done extents: -ERESTART. */
static inline int64_t memory_continue(struct hcall_regs *r, uint64_t done)
{
    r->arg[0] = (r->arg[0] & MEMOP_CMD_MASK) | done << MEMOP_EXTENT_SHIFT;
    return -ERESTART;
}

/* --- memory_reservation.c --- */

/* What one run does to at most HCALL_BATCH frames.  Without guest pointers. */
struct memory_extents {
    struct domain *d;       /* Whose memory                                  */
    unsigned int order;
    unsigned int flags;     /* Of page_alloc()                               */
    unsigned int node;
    bool is_on_demand;      /* Only marked, see pod.h                        */
    unsigned int nr;        /* Extents in the list                           */
    uint64_t gfn[HCALL_BATCH];
};

/* Return how many of the extents were done before one failed. */
unsigned int memory_populate(const struct memory_extents *e);
unsigned int memory_decrease(const struct memory_extents *e);
unsigned int memory_increase(const struct memory_extents *e);

/*
 * Fill order, flags and node from a reservation's by @caller; false if they
 * cannot be had.
 */
bool __must_check memory_extents_init(struct memory_extents *e,
                                      const struct domain *caller,
                                      const struct xen_memory_reservation *r);

int64_t memory_reservation(struct domain *d, struct hcall_regs *r);
int64_t memory_exchange(struct domain *d, struct hcall_regs *r);
int64_t memory_claim(struct domain *d, struct hcall_regs *r);

/* --- memory_map.c --- */

/*
 * Put frame @idx of @space at @gfn of @d.  For XENMAPSPACE_gmfn_foreign @from
 * is the other domain, or NULL: what the hypervisor shares.  0, -EINVAL,
 * -EPERM, -ENXIO, -ENOMEM.
 */
int __must_check memory_map_one(struct domain *d, unsigned int space,
                                struct domain *from, uint64_t idx, gfn_t gfn);

int64_t memory_add_to_physmap(struct domain *d, struct hcall_regs *r);
int64_t memory_add_to_physmap_batch(struct domain *d, struct hcall_regs *r);
int64_t memory_remove_from_physmap(struct domain *d, struct hcall_regs *r);
int64_t memory_acquire_resource(struct domain *d, struct hcall_regs *r);

#endif /* CORE_HYPERCALL_MEMORY_PRIV_H */
