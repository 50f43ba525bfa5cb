/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: the table of ports of a domain, its life and end, and what
 * the rest of the hypervisor asks.  Ports live in buckets that are allocated
 * when a port number first needs them and freed with the domain, so that a
 * number below nr_ports may be looked up without a lock.
 * Locking: evtchn_priv.h.
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

/* Add one bucket behind the last. */
static int evtchn_grow(struct evtchn_domain *ed)
{
    const uint32_t first = ed->nr_ports;
    struct evtchn_group **const group = &ed->group[first / EVTCHN_PER_GROUP];
    struct evtchn *bucket;

    if (*group == NULL) {
        *group = xzalloc(sizeof(**group));
        if (*group == NULL) {
            return -ENOMEM;
        }
    }
    bucket = xzalloc(EVTCHN_PER_BUCKET * sizeof(*bucket));
    if (bucket == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < EVTCHN_PER_BUCKET; i++) {
        spin_init(&bucket[i].lock, LOCK_EVTCHN_PORT);
        bucket[i].port = first + i;
        bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    }
    (*group)->bucket[first / EVTCHN_PER_BUCKET % EVTCHN_BUCKETS_PER_GROUP] =
        bucket;
    /* Release: pairs with evtchn_find(). */
    __atomic_store_n(&ed->nr_ports, first + EVTCHN_PER_BUCKET,
                     __ATOMIC_RELEASE);
    return 0;
}

int evtchn_alloc_port(struct domain *d, struct evtchn **chn)
{
    struct evtchn_domain *const ed = d->evtchn;
    const uint32_t limit =
        min(ed->max_port, ed->abi->max_ports(d) - 1);
    bool are_all_used = true;

    if (d->dying != DOMAIN_ALIVE) {
        return -EINVAL;
    }
    for (uint32_t port = ed->first_free; port <= limit; port++) {
        if (port == ed->nr_ports) {
            const int rc = evtchn_grow(ed);

            if (rc != 0) {
                return rc;
            }
        }
        struct evtchn *const c = evtchn_find(ed, port);

        if (c->state == EVTCHN_FREE) {
            if (!ed->abi->is_busy(d, c)) {
                *chn = c;
                return 0;
            }
            are_all_used = false;
        }
        if (are_all_used) {
            ed->first_free = port + 1;
        }
    }
    return -ENOSPC;
}

void evtchn_bind(struct domain *d, struct evtchn *chn, enum evtchn_state state,
                 unsigned int vcpu)
{
    struct evtchn_domain *const ed = d->evtchn;

    chn->state = (uint8_t)state;
    WRITE_ONCE(chn->vcpu, (uint16_t)vcpu);
    ed->active++;
    ed->abi->init(d, chn);
}

void evtchn_unbind(struct domain *d, struct evtchn *chn)
{
    struct evtchn_domain *const ed = d->evtchn;

    /* A new binding must not begin with an old event. */
    ed->abi->clear_pending(d, chn);
    chn->state = EVTCHN_FREE;
    chn->remote = NULL;
    WRITE_ONCE(chn->vcpu, 0);
    ed->active--;
    ed->first_free = min(ed->first_free, chn->port);
}

void evtchn_raise_upcall(struct vcpu *v)
{
    struct vcpu_info *const info = READ_ONCE(v->info);

    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1,
                            __ATOMIC_SEQ_CST) == 0) {
        arch_vcpu_upcall(v);
    }
}

void evtchn_wake_pollers(struct domain *d, unsigned int port)
{
    /*
     * Ordered behind the atomic that made the port pending; a poller counts
     * itself first and looks at the port then, so one of us sees the other.
     */
    if (unlikely(READ_ONCE(d->nr_pollers) != 0)) {
        vcpu_wake_pollers(d, port);
    }
}

bool evtchn_port_is_pending(struct domain *d, unsigned int port)
{
    struct evtchn_domain *const ed = d->evtchn;
    const struct evtchn *const chn = evtchn_find(ed, port);
    bool is_pending;

    if (chn == NULL) {
        return false;
    }
    spin_lock(&ed->lock);
    is_pending = ed->abi->is_pending(d, chn);
    spin_unlock(&ed->lock);
    return is_pending;
}

bool evtchn_port_is_valid(const struct domain *d, unsigned int port)
{
    return evtchn_find(d->evtchn, port) != NULL;
}

void evtchn_vcpu_resync(struct vcpu *v)
{
    struct vcpu_info *const info = READ_ONCE(v->info);

    /* Every selector: the guest looks at all words of the 2-level ABI. */
    __atomic_store_n(&info->evtchn_pending_sel, ~(xen_ulong_t)0,
                     __ATOMIC_SEQ_CST);
    __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    arch_vcpu_upcall(v);
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
    const struct vcpu_info *const info = READ_ONCE(v->info);

    return READ_ONCE(info->evtchn_upcall_pending) != 0;
}

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
    struct evtchn_domain *const ed = xzalloc(sizeof(*ed));
    int rc;

    if (ed == NULL) {
        return -ENOMEM;
    }
    spin_init(&ed->lock, LOCK_EVTCHN);
    ed->abi = &evtchn_abi_2l;
    ed->max_port = min_t(uint32_t, max_port, EVTCHN_FIFO_NR_CHANNELS - 1);
    rc = evtchn_grow(ed);
    d->evtchn = ed;
    if (rc != 0) {
        evtchn_domain_free(d);
        return rc;
    }
    evtchn_find(ed, 0)->state = EVTCHN_RESERVED;
    ed->first_free = 1;
    return 0;
}

void evtchn_domain_free(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;

    if (ed == NULL) {
        return;
    }
    for (unsigned int g = 0; g < EVTCHN_GROUPS; g++) {
        if (ed->group[g] == NULL) {
            break;
        }
        for (unsigned int b = 0; b < EVTCHN_BUCKETS_PER_GROUP; b++) {
            xfree(ed->group[g]->bucket[b]);
        }
        xfree(ed->group[g]);
    }
    xfree(ed);
    d->evtchn = NULL;
}

int evtchn_vcpu_init(struct vcpu *v)
{
    struct evtchn_vcpu *const ev = xzalloc(sizeof(*ev));

    if (ev == NULL) {
        return -ENOMEM;
    }
    spin_init(&ev->lock, LOCK_EVTCHN_QUEUE);
    v->evtchn = ev;
    return 0;
}

void evtchn_vcpu_free(struct vcpu *v)
{
    xfree(v->evtchn);
    v->evtchn = NULL;
}

/* Close ports from close_next on: 0 all done, -ERESTART after a batch. */
static int evtchn_close_batch(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;
    uint32_t port = ed->close_next;
    const uint32_t end = min(port + EVTCHN_CLOSE_BATCH, ed->nr_ports);

    for (; port < end && READ_ONCE(ed->active) != 0; port++) {
        /* A port that is free is as good as closed. */
        (void)!evtchn_close(d, port);
    }
    spin_lock(&ed->lock);
    ed->close_next = port;
    spin_unlock(&ed->lock);
    return port < ed->nr_ports && READ_ONCE(ed->active) != 0 ? -ERESTART : 0;
}

int evtchn_domain_close_all(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;

    /*
     * Whoever allocates looks at d->dying under this lock: after it, nobody
     * will.  A reset that was under way left the lower ports closed.
     */
    spin_lock(&ed->lock);
    if (ed->close_next == 0) {
        ed->close_next = 1;
    }
    spin_unlock(&ed->lock);

    if (evtchn_close_batch(d) != 0) {
        return -ERESTART;
    }
    spin_lock(&ed->lock);
    const bool is_restart_due = ed->active != 0;

    if (is_restart_due) {
        ed->close_next = 1;
    } else {
        evtchn_fifo_destroy(d);
    }
    spin_unlock(&ed->lock);
    return is_restart_due ? -ERESTART : 0;
}

int evtchn_reset(struct domain *d, bool is_resumed)
{
    struct evtchn_domain *const ed = d->evtchn;
    bool may_start;
    int rc;

    spin_lock(&ed->lock);
    may_start = is_resumed ? ed->close_next != 0 : ed->close_next == 0;
    if (may_start && !is_resumed) {
        ed->close_next = 1;
    }
    spin_unlock(&ed->lock);
    if (!may_start) {
        return -EBUSY;
    }
    rc = evtchn_close_batch(d);
    if (rc != 0) {
        return rc;
    }
    spin_lock(&ed->lock);
    ed->close_next = 0;
    if (ed->active != 0) {
        rc = -EAGAIN; /* Other vCPUs bind behind our back. */
    } else {
        evtchn_fifo_destroy(d);
    }
    spin_unlock(&ed->lock);
    return rc;
}

static const char *const evtchn_state_names[] = {
    [EVTCHN_FREE] = "free",
    [EVTCHN_RESERVED] = "reserved",
    [EVTCHN_UNBOUND] = "unbound",
    [EVTCHN_INTERDOMAIN] = "interdomain",
    [EVTCHN_VIRQ] = "virq",
    [EVTCHN_IPI] = "ipi",
};

static void evtchn_dump_port(const struct domain *d, const struct evtchn *chn)
{
    const struct evtchn_abi *const abi = d->evtchn->abi;

    printk_raw("  %5u v%u p%u %c%c %s", chn->port, chn->vcpu, chn->priority,
           abi->is_pending(d, chn) ? 'P' : '-',
           abi->is_masked(d, chn) ? 'M' : '-',
           evtchn_state_names[chn->state]);
    if (chn->state == EVTCHN_UNBOUND) {
        printk_raw(" for d%u", chn->unbound_to);
    } else if (chn->state == EVTCHN_INTERDOMAIN) {
        printk_raw(" d%u:%u", chn->remote->id, chn->number);
    } else if (chn->state == EVTCHN_VIRQ) {
        printk_raw(" %u", chn->number);
    }
    printk_raw("\n");
}

void evtchn_dump(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;

    spin_lock(&ed->lock);
    printk_raw("d%u event channels: %s, %u in use\n", d->id, ed->abi->name,
           ed->active);
    for (uint32_t port = 1; port < ed->nr_ports; port++) {
        const struct evtchn *const chn = evtchn_find(ed, port);

        if (chn->state != EVTCHN_FREE) {
            evtchn_dump_port(d, chn);
        }
    }
    spin_unlock(&ed->lock);
}

/* Does the other end, or the vCPU's table, know of @chn? */
static bool evtchn_is_sound(const struct domain *d, const struct evtchn *chn)
{
    const struct evtchn *peer;
    const struct vcpu *v;

    switch (chn->state) {
    case EVTCHN_INTERDOMAIN:
        peer = evtchn_find(chn->remote->evtchn, chn->number);
        return peer != NULL && peer->state == EVTCHN_INTERDOMAIN &&
               peer->remote == d && peer->number == chn->port;
    case EVTCHN_VIRQ:
        v = domain_vcpu(d, evtchn_virq_is_global(chn->number) ? 0
                                                              : chn->vcpu);
        return v != NULL && v->evtchn->virq_port[chn->number] == chn->port;
    default:
        return true;
    }
}

unsigned int evtchn_audit(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;
    unsigned int active = 0;
    unsigned int faults = 0;

    spin_lock(&ed->lock);
    for (uint32_t port = 1; port < ed->nr_ports; port++) {
        const struct evtchn *const chn = evtchn_find(ed, port);

        active += chn->state != EVTCHN_FREE;
        if (!evtchn_is_sound(d, chn)) {
            printk_raw("audit: d%u port without its other end:\n", d->id);
            evtchn_dump_port(d, chn);
            faults++;
        }
    }
    if (active != ed->active) {
        printk_raw("audit: d%u has %u ports, %u counted\n", d->id, active,
                   ed->active);
        faults++;
    }
    spin_unlock(&ed->lock);
    return faults;
}
