/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: the operations of the hypercall, as a table of payload
 * size, direction and handler.  The handlers get a copy of the payload and
 * see no guest pointer.
 * Locking: taken by the handlers, see evtchn_priv.h.
 * Chapter: xen/event_channel.h.
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/domain/access.h>
#include <core/lib/errno.h>

static int evtchn_op_bind_interdomain(struct domain *d,
                                      union evtchn_payload *p)
{
    return evtchn_bind_interdomain(d, &p->bind_interdomain);
}

static int evtchn_op_bind_virq(struct domain *d, union evtchn_payload *p)
{
    return evtchn_bind_virq(d, &p->bind_virq);
}

/* A domain of ours takes its device interrupts by its interrupt controllers. */
static int evtchn_op_bind_pirq(struct domain *d, union evtchn_payload *p)
{
    (void)d;
    (void)p;
    return -ENOSYS;
}

static int evtchn_op_close(struct domain *d, union evtchn_payload *p)
{
    return evtchn_close(d, p->close.port);
}

static int evtchn_op_send(struct domain *d, union evtchn_payload *p)
{
    return evtchn_send(d, p->send.port);
}

static void evtchn_fill_status(const struct evtchn *chn,
                               struct evtchn_status *op)
{
    op->vcpu = chn->vcpu;
    switch (chn->state) {
    case EVTCHN_UNBOUND:
        op->status = EVTCHNSTAT_unbound;
        op->u.unbound.dom = chn->unbound_to;
        break;
    case EVTCHN_INTERDOMAIN:
        op->status = EVTCHNSTAT_interdomain;
        op->u.interdomain.dom = chn->remote->id;
        op->u.interdomain.port = chn->number;
        break;
    case EVTCHN_VIRQ:
        op->status = EVTCHNSTAT_virq;
        op->u.virq = chn->number;
        break;
    case EVTCHN_IPI:
        op->status = EVTCHNSTAT_ipi;
        break;
    default:
        op->status = EVTCHNSTAT_closed;
        break;
    }
}

static int evtchn_op_status(struct domain *d, union evtchn_payload *p)
{
    struct domain *target;
    const struct evtchn *chn;
    const int rc = access_find(d, p->status.dom, TARGET_ANY, &target);

    if (rc != 0) {
        return rc;
    }
    chn = evtchn_find(target->evtchn, p->status.port);
    if (chn == NULL) {
        return -EINVAL;
    }
    spin_lock(&target->evtchn->lock);
    evtchn_fill_status(chn, &p->status);
    spin_unlock(&target->evtchn->lock);
    return 0;
}

static int evtchn_op_alloc_unbound(struct domain *d, union evtchn_payload *p)
{
    return evtchn_alloc_unbound(d, &p->alloc_unbound);
}

static int evtchn_op_bind_ipi(struct domain *d, union evtchn_payload *p)
{
    return evtchn_bind_ipi(d, &p->bind_ipi);
}

static int evtchn_op_bind_vcpu(struct domain *d, union evtchn_payload *p)
{
    return evtchn_bind_vcpu(d, &p->bind_vcpu);
}

static int evtchn_op_unmask(struct domain *d, union evtchn_payload *p)
{
    return evtchn_unmask(d, p->unmask.port);
}

static int evtchn_op_do_reset(struct domain *d, const struct evtchn_reset *op,
                              bool is_resumed)
{
    struct domain *target;
    const int rc = access_find(d, op->dom, TARGET_ANY, &target);

    if (rc != 0) {
        return rc;
    }
    /* Another domain's vCPUs must not bind meanwhile. */
    if (target != d && READ_ONCE(target->tool_pauses) == 0) {
        return -EINVAL;
    }
    return evtchn_reset(target, is_resumed);
}

static int evtchn_op_reset(struct domain *d, union evtchn_payload *p)
{
    return evtchn_op_do_reset(d, &p->reset, false);
}

static int evtchn_op_reset_cont(struct domain *d, union evtchn_payload *p)
{
    return evtchn_op_do_reset(d, &p->reset, true);
}

static int evtchn_op_init_control(struct domain *d, union evtchn_payload *p)
{
    return evtchn_fifo_init_control(d, &p->init_control);
}

static int evtchn_op_expand_array(struct domain *d, union evtchn_payload *p)
{
    return evtchn_fifo_expand_array(d, &p->expand_array);
}

static int evtchn_op_set_priority(struct domain *d, union evtchn_payload *p)
{
    struct evtchn *const chn = evtchn_find(d->evtchn, p->set_priority.port);

    if (chn == NULL) {
        return -EINVAL;
    }
    if (evtchn_abi(d) != &evtchn_abi_fifo) {
        return -ENOSYS;
    }
    if (p->set_priority.priority > EVTCHN_FIFO_PRIORITY_MIN) {
        return -EINVAL;
    }
    /* For future events; one that is on a queue is taken from there. */
    WRITE_ONCE(chn->priority, (uint8_t)p->set_priority.priority);
    return 0;
}

#define ROW_SIZED(name, payload, out)                                     \
    [EVTCHNOP_##name] = {                                                 \
        .size = sizeof(((union evtchn_payload *)0)->payload),             \
        .is_out = (out),                                                  \
        .fn = evtchn_op_##name,                                           \
    }
#define ROW(name, out) ROW_SIZED(name, name, out)

static const struct evtchn_op_row evtchn_op_rows[] = {
    ROW(bind_interdomain, true),
    ROW(bind_virq, true),
    ROW(bind_pirq, false),
    ROW(close, false),
    ROW(send, false),
    ROW(status, true),
    ROW(alloc_unbound, true),
    ROW(bind_ipi, true),
    ROW(bind_vcpu, false),
    ROW(unmask, false),
    ROW(reset, false),
    ROW(init_control, true),
    ROW(expand_array, false),
    ROW(set_priority, false),
    ROW_SIZED(reset_cont, reset, false),
};

const struct evtchn_op_row *evtchn_op_row(unsigned int cmd)
{
    if (unlikely(cmd >= ARRAY_SIZE(evtchn_op_rows))) {
        return NULL;
    }
    return &evtchn_op_rows[index_nospec(cmd, ARRAY_SIZE(evtchn_op_rows))];
}
