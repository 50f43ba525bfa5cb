/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a hypercall's number to its handler.  The table is expanded from
 * hypercalls.def; an entry without a handler is a call that does not exist.
 * No locking.
 */
#include <core/hypercall/hypercall.h>

#include <core/domain/access.h>
#include <core/domain/domain.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>

struct hcall_entry {
    hcall_fn *fn;
    uint8_t access;
};

#define HYPERCALL(nr, name, args, access)                                 \
    [nr] = { hcall_##name, access },
static const struct hcall_entry hcall_table[] = {
#include <core/hypercall/hypercalls.def>
};
#undef HYPERCALL

#define HYPERCALL(nr, name, args, access)                                 \
    static_assert((args) <= HCALL_ARGS, #name " has too many arguments");
#include <core/hypercall/hypercalls.def>
#undef HYPERCALL

/* Calls that are not for everybody, or not there. */
static __noinline int64_t call_restricted(struct vcpu *v,
                                          struct hcall_regs *r,
                                          const struct hcall_entry *e)
{
    if (e->access == ACCESS_NONE) {
        return -ENOSYS;
    }
    if (!access_is_allowed(v->domain, e->access)) {
        return -EPERM;
    }
    return e->fn(v, r);
}

int64_t hypercall_call(struct vcpu *v, struct hcall_regs *r)
{
    if (unlikely(r->nr >= ARRAY_SIZE(hcall_table))) {
        return -ENOSYS;
    }

    const struct hcall_entry *e =
        &hcall_table[index_nospec(r->nr, ARRAY_SIZE(hcall_table))];

    if (likely(e->access == ACCESS_ANY)) {
        return e->fn(v, r);
    }
    return call_restricted(v, r, e);
}

enum hcall_outcome hypercall_dispatch(struct vcpu *v, struct hcall_regs *r)
{
    const int64_t rc = hypercall_call(v, r);

    if (unlikely(rc == -ERESTART)) {
        return HCALL_CONTINUE;
    }
    r->result = rc;
    return HCALL_DONE;
}
