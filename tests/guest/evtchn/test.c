/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels under the 2-level ABI: allocation, loopback, delivery,
 * masking, unmasking, VIRQs, IPIs, status, closing.
 * Public header "event_channel.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static uint32_t status(uint32_t port, struct evtchn_status *st)
{
    *st = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    return evtchn_op(EVTCHNOP_status, st) ? UINT32_MAX : st->status;
}

static void unbound(uint32_t port)
{
    struct evtchn_status st;

    check_eq("status: unbound", status(port, &st), EVTCHNSTAT_unbound);
    check_eq("status: for this domain", st.u.unbound.dom, shared_domid());
    check_eq("send to an unbound port is dropped", evtchn_send(port), 0);
    CHECK("not pending", !evtchn_is_pending(port));
}

static void loopback(uint32_t a)
{
    const int64_t b64 = evtchn_bind_interdomain(DOMID_SELF, a);
    const uint32_t b = (uint32_t)b64;
    struct evtchn_status st;

    check("bind_interdomain to self", b64 > 0, "%ld", b64);
    check_eq("status: interdomain", status(b, &st), EVTCHNSTAT_interdomain);
    check_eq("peer port", st.u.interdomain.port, a);
    check_eq("peer domain", st.u.interdomain.dom, shared_domid());
    CHECK("binding marks the local port", evtchn_is_pending(b));
    evtchn_clear_pending(b);
    evtchn_mask(a);
    evtchn_mask(b);
    check_eq("send", evtchn_send(b), 0);
    CHECK("the peer is pending", evtchn_is_pending(a));
    CHECK("the sender is not", !evtchn_is_pending(b));
    evtchn_count[a] = 0;
    irq_window();
    check_eq("masked: no upcall", evtchn_count[a], 0);
    check_eq("unmask op", evtchn_unmask_op(a), 0);
    irq_window();
    check_eq("unmasked: upcall came", evtchn_count[a], 1);
    CHECK("mask bit is clear", !evtchn_is_masked(a));
    evtchn_send(b);
    evtchn_send(b);
    irq_window();
    check_eq("two sends, one upcall", evtchn_count[a], 2);
    check_eq("unmask with nothing pending", evtchn_unmask_op(a), 0);
    irq_window();
    check_eq("no upcall without an event", evtchn_count[a], 2);
    check_eq("close one end", evtchn_close(b), 0);
    check_eq("the other is unbound", status(a, &st), EVTCHNSTAT_unbound);
    check_eq("closed port is free", status(b, &st), EVTCHNSTAT_closed);
    check_eq("close the other", evtchn_close(a), 0);
    check_eq("send to a closed port", evtchn_send(a), -XEN_EINVAL);
}

static void ipi(void)
{
    const int64_t p = evtchn_bind_ipi(0);
    const uint32_t port = (uint32_t)p;
    struct evtchn_status st;

    check("bind_ipi", p > 0, "%ld", p);
    check_eq("status: ipi", status(port, &st), EVTCHNSTAT_ipi);
    check_eq("on vCPU 0", st.vcpu, 0);
    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    irq_enable();
    evtchn_send(port);
    irq_disable();
    check_eq("taken at once with interrupts on", evtchn_count[port], 1);
    check_eq("bind_ipi to an absent vCPU", evtchn_bind_ipi(200),
             -XEN_ENOENT);
    check_eq("close", evtchn_close(port), 0);
}

static void virqs(void)
{
    const int64_t timer = evtchn_bind_virq(VIRQ_TIMER, 0);
    const int64_t debug = evtchn_bind_virq(VIRQ_DEBUG, 0);
    struct evtchn_status st;

    check("bind VIRQ_TIMER", timer > 0, "%ld", timer);
    check("bind VIRQ_DEBUG", debug > 0, "%ld", debug);
    check_eq("status: virq", status((uint32_t)timer, &st),
             EVTCHNSTAT_virq);
    check_eq("which virq", st.u.virq, VIRQ_TIMER);
    check_eq("bound twice", evtchn_bind_virq(VIRQ_TIMER, 0), -XEN_EEXIST);
    check_eq("absent vCPU", evtchn_bind_virq(VIRQ_TIMER, 200),
             -XEN_ENOENT);
    check_eq("virq out of range", evtchn_bind_virq(NR_VIRQS, 0),
             -XEN_EINVAL);
    check_eq("global virq on vCPU 1", evtchn_bind_virq(VIRQ_DOM_EXC, 1),
             -XEN_EINVAL);
    check_eq("close timer", evtchn_close((uint32_t)timer), 0);
    check_eq("close debug", evtchn_close((uint32_t)debug), 0);
    check("bind again after close",
          evtchn_bind_virq(VIRQ_TIMER, 0) == timer, "another port");
    evtchn_close((uint32_t)timer);
}

static void halt_and_wake(void)
{
    const uint32_t a = (uint32_t)evtchn_alloc_unbound(DOMID_SELF,
                                                      DOMID_SELF);
    const uint32_t b = (uint32_t)evtchn_bind_interdomain(DOMID_SELF, a);

    irq_window();
    evtchn_count[a] = 0;
    evtchn_unmask_raw(a);
    evtchn_send(b);
    sti_hlt_cli();
    check_eq("HLT with an event pending wakes", evtchn_count[a], 1);
    evtchn_close(b);
    evtchn_close(a);
}

TEST(evtchn, "Event channels, 2-level", 0)
{
    const int64_t a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
    const int64_t b = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);

    check("alloc_unbound", a > 0, "%ld", a);
    check_eq("the next free port", b, a + 1);
    evtchn_close((uint32_t)b);
    evtchn_mask((uint32_t)a);
    unbound((uint32_t)a);
    loopback((uint32_t)a);
    check_eq("lowest free port first",
             evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF), a);
    evtchn_close((uint32_t)a);
    ipi();
    virqs();
    halt_and_wake();
}
