/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's event channel operations, for the tests of both ABIs.
 */
#ifndef TESTS_UNIT_EVTCHN_CALLS_H
#define TESTS_UNIT_EVTCHN_CALLS_H

#include <core/evtchn/evtchn.h>
#include <core/lib/errno.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_domain.h>
#include <tests/unit/unit.h>

static struct domain *dom0;
static struct domain *domu;

static inline void setup(void)
{
    fake_domains_init();
    dom0 = fake_domain_add(0, 4);
    domu = fake_domain_add(1, 2);
}

static inline int op(struct domain *d, unsigned int cmd, void *arg)
{
    return (int)fake_hypercall(d->vcpu[0], hcall_event_channel_op, NULL, cmd,
                               (uintptr_t)arg, 0);
}

static inline int op_send(struct domain *d, uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return op(d, EVTCHNOP_send, &s);
}

static inline int op_close(struct domain *d, uint32_t port)
{
    struct evtchn_close c = { .port = port };

    return op(d, EVTCHNOP_close, &c);
}

static inline int op_unmask(struct domain *d, uint32_t port)
{
    struct evtchn_unmask u = { .port = port };

    return op(d, EVTCHNOP_unmask, &u);
}

static inline int op_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

    return op(d, EVTCHNOP_bind_vcpu, &b);
}

/* Return the new port, or -errno. */
static inline int op_ipi(struct domain *d, uint32_t vcpu)
{
    struct evtchn_bind_ipi b = { .vcpu = vcpu };
    const int rc = op(d, EVTCHNOP_bind_ipi, &b);

    return rc != 0 ? rc : (int)b.port;
}

static inline int op_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
    const int rc = op(d, EVTCHNOP_bind_virq, &b);

    return rc != 0 ? rc : (int)b.port;
}

static inline int op_unbound(struct domain *d, domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    const int rc = op(d, EVTCHNOP_alloc_unbound, &a);

    return rc != 0 ? rc : (int)a.port;
}

static inline int op_connect(struct domain *d, domid_t dom, uint32_t port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom,
                                         .remote_port = port };
    const int rc = op(d, EVTCHNOP_bind_interdomain, &b);

    return rc != 0 ? rc : (int)b.local_port;
}

static inline uint32_t op_status(struct domain *d, domid_t dom, uint32_t port)
{
    struct evtchn_status s = { .dom = dom, .port = port };

    return op(d, EVTCHNOP_status, &s) == 0 ? s.status : ~0u;
}

static inline bool is_pending(const struct domain *d, unsigned int port)
{
    return d->shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

#endif /* TESTS_UNIT_EVTCHN_CALLS_H */
