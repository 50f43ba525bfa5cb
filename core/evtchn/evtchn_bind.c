/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: what a port is bound to, from allocation to close.
 * Locking: evtchn_priv.h.  The event locks of two domains are taken together
 * or not at all, in order of address, so that two domains that bind or close
 * towards each other cannot wait for each other.
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/domain/access.h>
#include <core/lib/errno.h>

int evtchn_alloc_unbound(struct domain *d, struct evtchn_alloc_unbound *op)
{
    struct domain *target;
    struct evtchn *chn;
    int rc = access_find(d, op->dom, TARGET_ANY, &target);

    if (rc != 0) {
        return rc;
    }
    spin_lock(&target->evtchn->lock);
    rc = evtchn_alloc_port(target, &chn);
    if (rc == 0) {
        /* Commit: nothing below may fail. */
        spin_lock(&chn->lock);
        chn->unbound_to =
            op->remote_dom == DOMID_SELF ? d->id : op->remote_dom;
        evtchn_bind(target, chn, EVTCHN_UNBOUND, 0);
        spin_unlock(&chn->lock);
        op->port = chn->port;
    }
    spin_unlock(&target->evtchn->lock);
    return rc;
}

/* REQUIRES the event locks of both domains. */
static int evtchn_connect(struct domain *d, struct domain *remote,
                          struct evtchn_bind_interdomain *op)
{
    struct evtchn *const rchn = evtchn_find(remote->evtchn, op->remote_port);
    struct evtchn *lchn;
    int rc;

    if (rchn == NULL || rchn->state != EVTCHN_UNBOUND ||
        rchn->unbound_to != d->id) {
        return -EINVAL;
    }
    rc = evtchn_alloc_port(d, &lchn);
    if (rc != 0) {
        return rc;
    }

    /* Commit: nothing below may fail. */
    spin_lock_both(&lchn->lock, &rchn->lock);
    lchn->remote = remote;
    lchn->number = rchn->port;
    evtchn_bind(d, lchn, EVTCHN_INTERDOMAIN, 0);
    rchn->remote = d;
    rchn->number = lchn->port;
    rchn->state = EVTCHN_INTERDOMAIN;
    /* What the other side sent before anyone listened was dropped. */
    evtchn_set_pending(d, lchn);
    spin_unlock_both(&lchn->lock, &rchn->lock);
    op->local_port = lchn->port;
    return 0;
}

int evtchn_bind_interdomain(struct domain *d,
                            struct evtchn_bind_interdomain *op)
{
    struct domain *const remote =
        op->remote_dom == DOMID_SELF ? d : domain_by_id(op->remote_dom);
    int rc;

    if (remote == NULL) {
        return -ESRCH;
    }
    spin_lock_both(&d->evtchn->lock, &remote->evtchn->lock);
    rc = remote->dying != DOMAIN_ALIVE ? -EINVAL
                                       : evtchn_connect(d, remote, op);
    spin_unlock_both(&d->evtchn->lock, &remote->evtchn->lock);
    return rc;
}

/* A port that only tells one vCPU of @d.  REQUIRES the domain's lock. */
static int evtchn_bind_local(struct domain *d, enum evtchn_state state,
                             uint32_t number, unsigned int vcpu,
                             uint32_t *port)
{
    struct evtchn *chn;
    const int rc = evtchn_alloc_port(d, &chn);

    if (rc != 0) {
        return rc;
    }

    /* Commit: nothing below may fail. */
    spin_lock(&chn->lock);
    chn->number = number;
    evtchn_bind(d, chn, state, vcpu);
    spin_unlock(&chn->lock);
    *port = chn->port;
    return 0;
}

int evtchn_bind_virq(struct domain *d, struct evtchn_bind_virq *op)
{
    uint32_t *slot;
    struct vcpu *v;
    int rc;

    if (op->virq >= NR_VIRQS ||
        (evtchn_virq_is_global(op->virq) && op->vcpu != 0)) {
        return -EINVAL;
    }
    v = domain_vcpu(d, op->vcpu);
    if (v == NULL) {
        return -ENOENT;
    }
    slot = &v->evtchn->virq_port[index_nospec(op->virq, NR_VIRQS)];

    spin_lock(&d->evtchn->lock);
    rc = *slot != 0 ? -EEXIST
                    : evtchn_bind_local(d, EVTCHN_VIRQ, op->virq, v->id,
                                        &op->port);
    if (rc == 0) {
        WRITE_ONCE(*slot, op->port);
    }
    spin_unlock(&d->evtchn->lock);
    return rc;
}

int evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op)
{
    const struct vcpu *const v = domain_vcpu(d, op->vcpu);
    int rc;

    if (v == NULL) {
        return -ENOENT;
    }
    spin_lock(&d->evtchn->lock);
    rc = evtchn_bind_local(d, EVTCHN_IPI, 0, v->id, &op->port);
    spin_unlock(&d->evtchn->lock);
    return rc;
}

int evtchn_bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *op)
{
    const struct vcpu *const v = domain_vcpu(d, op->vcpu);
    struct evtchn *const chn = evtchn_find(d->evtchn, op->port);
    int rc = 0;

    if (v == NULL) {
        return -ENOENT;
    }
    if (chn == NULL) {
        return -EINVAL;
    }
    spin_lock(&d->evtchn->lock);
    if (chn->state == EVTCHN_UNBOUND || chn->state == EVTCHN_INTERDOMAIN ||
        (chn->state == EVTCHN_VIRQ && evtchn_virq_is_global(chn->number))) {
        WRITE_ONCE(chn->vcpu, (uint16_t)v->id);
    } else {
        rc = -EINVAL;
    }
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static struct domain *evtchn_peer(const struct evtchn *chn)
{
    return chn->state == EVTCHN_INTERDOMAIN ? chn->remote : NULL;
}

/*
 * Lock the event tables at both ends of @chn, a port of @d; returns the other
 * end, which is @d where there is none.  A peer seen before its lock was
 * taken may be gone after; as a pointer it lasts until the loop head.
 */
static struct domain *evtchn_lock_ends(struct domain *d,
                                       const struct evtchn *chn)
    NO_LOCK_ANALYSIS
{
    struct domain *peer;

    spin_lock(&d->evtchn->lock);
    for (peer = evtchn_peer(chn); peer != NULL && peer != d;
         peer = evtchn_peer(chn)) {
        struct domain *const seen = peer;

        spin_unlock(&d->evtchn->lock);
        spin_lock_both(&d->evtchn->lock, &seen->evtchn->lock);
        if (evtchn_peer(chn) == seen) {
            return seen;
        }
        spin_unlock(&seen->evtchn->lock);
    }
    return d;
}

/* REQUIRES the domain's lock, and that of the peer's. */
static int evtchn_close_locked(struct domain *d, struct evtchn *chn)
{
    struct evtchn *peer;
    struct vcpu *v;

    switch (chn->state) {
    case EVTCHN_VIRQ:
        v = d->vcpu[evtchn_virq_is_global(chn->number) ? 0 : chn->vcpu];
        WRITE_ONCE(v->evtchn->virq_port[chn->number], 0);
        fallthrough;
    case EVTCHN_UNBOUND:
    case EVTCHN_IPI:
        spin_lock(&chn->lock);
        evtchn_unbind(d, chn);
        spin_unlock(&chn->lock);
        return 0;
    case EVTCHN_INTERDOMAIN:
        peer = evtchn_find(chn->remote->evtchn, chn->number);
        spin_lock_both(&chn->lock, &peer->lock);
        peer->state = EVTCHN_UNBOUND;
        peer->unbound_to = d->id;
        peer->remote = NULL;
        evtchn_unbind(d, chn);
        spin_unlock_both(&chn->lock, &peer->lock);
        return 0;
    default:
        return -EINVAL;
    }
}

int evtchn_close(struct domain *d, unsigned int port) NO_LOCK_ANALYSIS
{
    struct evtchn *const chn = evtchn_find(d->evtchn, port);
    struct domain *other;
    int rc;

    if (chn == NULL) {
        return -EINVAL;
    }
    other = evtchn_lock_ends(d, chn);
    rc = evtchn_close_locked(d, chn);
    spin_unlock_both(&d->evtchn->lock, &other->evtchn->lock);
    return rc;
}
