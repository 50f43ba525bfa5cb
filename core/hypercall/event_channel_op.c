/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall event_channel_op: payload in, operation, payload out.
 * Locking: none here.  Chapter: xen/event_channel.h.
 */
#include <core/hypercall/hypercall.h>

#include <core/domain/domain.h>
#include <core/evtchn/evtchn.h>
#include <core/hypercall/guest_handle.h>
#include <core/lib/errno.h>

static __noinline int64_t event_channel_other(struct vcpu *v,
                                              struct hcall_regs *r)
{
    const struct evtchn_op_row *const row =
        evtchn_op_row((unsigned int)r->arg[0]);
    const gva_t arg = r->arg[1];
    union evtchn_payload payload;
    int rc;

    if (unlikely(row == NULL)) {
        return -ENOSYS;
    }
    if (guest_copy_from(&payload, arg, row->size) != 0) {
        return -EFAULT;
    }
    rc = row->fn(v->domain, &payload);
    if (rc == 0 && row->is_out) {
        /* What was done stays done: the guest may ask for the status. */
        return guest_copy_to(arg, &payload, row->size);
    }
    if (rc == -ERESTART) {
        r->arg[0] = EVTCHNOP_reset_cont;
    }
    return rc;
}

int64_t __no_stack_protector hcall_event_channel_op(struct vcpu *v,
                                                    struct hcall_regs *r)
{
    struct evtchn_send op;

    /* What there is by the thousand goes the short way. */
    if (unlikely((unsigned int)r->arg[0] != EVTCHNOP_send)) {
        return event_channel_other(v, r);
    }
    return gva_read(&op, r->arg[1]) != 0 ? -EFAULT
                                         : evtchn_send(v->domain, op.port);
}
