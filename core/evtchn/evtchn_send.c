/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: raising a port.  By the guest (EVTCHNOP_send), by the
 * hypervisor (VIRQs), again after unmasking.
 * Locking: a sender takes the lock of its own end only; the other end's
 * binding cannot change meanwhile, see evtchn_priv.h.
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/lib/errno.h>

int evtchn_send(struct domain *d, unsigned int port)
{
    struct evtchn *const chn = evtchn_find(d->evtchn, port);
    int rc = 0;

    if (unlikely(chn == NULL)) {
        return -EINVAL;
    }
    spin_lock(&chn->lock);
    switch (chn->state) {
    case EVTCHN_INTERDOMAIN:
        evtchn_set_pending(chn->remote,
                           evtchn_find(chn->remote->evtchn, chn->number));
        break;
    case EVTCHN_IPI:
        evtchn_set_pending(d, chn);
        break;
    case EVTCHN_UNBOUND:
        break; /* Nobody listens yet: the bind will raise it once. */
    default:
        rc = -EINVAL;
        break;
    }
    spin_unlock(&chn->lock);
    return rc;
}

bool evtchn_virq_is_global(unsigned int virq)
{
    switch (virq) {
    case VIRQ_TIMER:
    case VIRQ_DEBUG:
    case VIRQ_XENOPROF:
    case VIRQ_XENPMU:
        return false;
    default:
        return true;
    }
}

/* @v: the vCPU in whose table it is; a global one may notify another. */
static void evtchn_send_virq(struct vcpu *v, unsigned int virq)
{
    const uint32_t port = READ_ONCE(v->evtchn->virq_port[virq]);

    if (port == 0) {
        return;
    }
    struct evtchn *const chn = evtchn_find(v->domain->evtchn, port);

    spin_lock(&chn->lock);
    /* It may have been closed, and the port be used for another thing. */
    if (chn->state == EVTCHN_VIRQ && chn->number == virq) {
        evtchn_set_pending(v->domain, chn);
    }
    spin_unlock(&chn->lock);
}

void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq)
{
    evtchn_send_virq(v, virq);
}

void evtchn_send_global_virq(unsigned int virq)
{
    struct domain *const d = READ_ONCE(hardware_domain);
    struct vcpu *const v = d != NULL ? domain_vcpu(d, 0) : NULL;

    if (v != NULL) {
        evtchn_send_virq(v, virq);
    }
}

int evtchn_unmask(struct domain *d, unsigned int port)
{
    struct evtchn_domain *const ed = d->evtchn;
    struct evtchn *const chn = evtchn_find(ed, port);

    if (chn == NULL) {
        return -EINVAL;
    }
    spin_lock(&ed->lock);
    ed->abi->unmask(d, chn);
    spin_unlock(&ed->lock);
    return 0;
}
