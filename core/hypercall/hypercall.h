/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: the registers of one call, the table of handlers, the rules
 * that every handler follows.
 *
 * To add a hypercall: a row in hypercalls.def and a function
 * hcall_<name>(v, r) in a file of this folder; the prototype comes from the
 * row.  A handler
 *  - reads its arguments from r->arg[], guest memory by guest_handle.h;
 *  - returns the value for the guest (negative: -errno); -ENOSYS for a
 *    sub-operation that does not exist;
 *  - checks everything before its first side effect;
 *  - with long work, does at most HCALL_BATCH units, leaves in r->arg[] what
 *    is to be passed to the next call, and returns -ERESTART: the vCPU runs
 *    the same instruction again after the loop head, so nothing else may be
 *    kept anywhere.  A guest can forge such arguments: check them again;
 *  - blocks by vcpu_block() or vcpu_poll() and returns the final value.
 *
 * Locking: none here.  Context: the CPU whose current vCPU is @v.
 */
#ifndef CORE_HYPERCALL_HYPERCALL_H
#define CORE_HYPERCALL_HYPERCALL_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct vcpu;

#define HCALL_ARGS 6u

/* Units (pages, ports, entries) that one run of a handler may work on. */
#define HCALL_BATCH 64u

/*
 * One call, independent of the guest's register convention.  The layout is
 * that of struct multicall_entry.
 */
struct hcall_regs {
    uint64_t nr;
    int64_t result; /* Valid after HCALL_DONE                                */
    uint64_t arg[HCALL_ARGS];
};

enum hcall_outcome {
    HCALL_DONE,    /* Give r->result to the guest, go on behind the call     */
    HCALL_CONTINUE /* Write r->arg[] back, execute the instruction again     */
};

/*
 * Execute the call in @r for @v.  The caller has checked the guest's
 * privilege level.  Unknown numbers give -ENOSYS.  After return @v may be
 * blocked, shut down or crashed: go to the loop head before entering it.
 */
enum hcall_outcome hypercall_dispatch(struct vcpu *v, struct hcall_regs *r);

/* The same without the outcome: a result, or -ERESTART.  For multicall. */
int64_t hypercall_call(struct vcpu *v, struct hcall_regs *r);

typedef int64_t hcall_fn(struct vcpu *v, struct hcall_regs *r);

#define HYPERCALL(nr, name, args, access) hcall_fn hcall_##name;
#include <core/hypercall/hypercalls.def>
#undef HYPERCALL

#endif /* CORE_HYPERCALL_HYPERCALL_H */
