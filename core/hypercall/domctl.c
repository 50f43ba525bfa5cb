/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a domctl's number to its handler: copy in once, find and check the
 * domain, call, copy back.
 *
 * Locking: one lock for all control operations (CONTROL), tried, never waited
 * for: who does not get it passes the loop head and comes back.  So its
 * holder may wait for other CPUs to get there.
 */
#include <core/hypercall/domctl.h>

#include <core/domain/access.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/hypercall.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>

struct domctl_row {
    domctl_fn *fn;
    int8_t refusal;  /* Without a handler: the answer to a target that is    */
    uint8_t out; /* Copied back: 0, on success, COPY_ALWAYS */
    uint8_t target;
};

#define COPY_ALWAYS 2

#define DOMCTL(name, copy, rule)                                          \
    [XEN_DOMCTL_##name] = {                                               \
        .fn = domctl_##name, .out = (copy), .target = (rule),             \
    },
#define DOMCTL_REFUSED(name, errno, rule)                                 \
    [XEN_DOMCTL_##name] = { .refusal = -(errno), .target = (rule) },
static const struct domctl_row domctl_table[] = {
#include <core/hypercall/domctl.def>
};
#undef DOMCTL
#undef DOMCTL_REFUSED

static struct spinlock control_lock = SPINLOCK_INIT(CONTROL);

NO_LOCK_ANALYSIS bool control_begin(void)
{
    return spin_trylock(&control_lock);
}

NO_LOCK_ANALYSIS void control_end(void)
{
    spin_unlock(&control_lock);
}

static int find_target(struct domain *caller, const struct xen_domctl *op,
                       enum access_target rule, struct domain **d)
{
    *d = NULL;
    if (rule == TARGET_NONE) {
        return 0;
    }
    *d = domain_by_id(op->domain);
    if (!*d) {
        return -ESRCH;
    }
    /* The tools' own domain is the wrong one, not a forbidden one. */
    if (rule == TARGET_OTHER && *d == caller) {
        return -EINVAL;
    }
    return access_check(caller, *d, rule);
}

int64_t hcall_domctl(struct vcpu *v, struct hcall_regs *r)
{
    const struct domctl_row *row;
    struct xen_domctl op;
    struct domain *d;
    int rc;

    if (gva_read(&op, r->arg[0]) != 0) {
        return -EFAULT;
    }
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
        return -EACCES;
    }
    if (op.cmd >= ARRAY_SIZE(domctl_table)) {
        return -ENOSYS;
    }
    row = &domctl_table[index_nospec(op.cmd, ARRAY_SIZE(domctl_table))];
    if (!row->fn && !row->refusal) {
        return -ENOSYS;
    }
    rc = find_target(v->domain, &op, row->target, &d);
    if (rc) {
        return rc;
    }
    if (!row->fn) {
        return row->refusal;
    }
    if (!control_begin()) {
        return -ERESTART;
    }
    rc = row->fn(d, &op);
    control_end();
    if ((rc == 0 ? row->out != 0
                 : row->out == COPY_ALWAYS) &&
        gva_write(r->arg[0], &op) != 0) {
        rc = -EFAULT;
    }
    return rc;
}
