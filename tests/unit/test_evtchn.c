/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: bindings and errors, delivery by the 2-level ABI.
 * Links: core tests/unit/fake_domain.c tests/unit/fake_p2m.c
 * Links: core/domain/access.c core/domain/domain_pages.c
 * Links: core/domain/pod.c
 * Links: core/domain/physmap.c
 * Links: core/evtchn/evtchn.c core/evtchn/evtchn_2l.c
 * Links: core/evtchn/evtchn_bind.c core/evtchn/evtchn_fifo.c
 * Links: core/evtchn/evtchn_op.c core/evtchn/evtchn_send.c
 * Links: core/gnttab/gnttab.c core/gnttab/gnttab_copy.c
 * Links: core/gnttab/gnttab_entry.c core/gnttab/gnttab_map.c
 * Links: core/gnttab/gnttab_pin.c core/gnttab/maptrack.c
 * Links: core/hypercall/event_channel_op.c
 */
#include <tests/unit/evtchn_calls.h>

TEST(lowest_port_first)
{
    setup();
    CHECK_EQ(op_ipi(domu, 0), 1);
    CHECK_EQ(op_ipi(domu, 1), 2);
    CHECK_EQ(op_ipi(domu, 1), 3);
    CHECK_EQ(op_close(domu, 2), 0);
    CHECK_EQ(op_close(domu, 1), 0);
    CHECK_EQ(op_ipi(domu, 0), 1);
    CHECK_EQ(op_ipi(domu, 0), 2);
    CHECK_EQ(op_ipi(domu, 0), 4);
}

TEST(errors)
{
    struct evtchn_bind_pirq pirq = { .pirq = 1 };
    struct evtchn_set_priority prio = { .port = 1, .priority = 3 };

    setup();
    CHECK_EQ(op(domu, 99, &pirq), -ENOSYS);
    CHECK_EQ(op(domu, EVTCHNOP_send, NULL), -EFAULT);
    CHECK_EQ(op(domu, EVTCHNOP_bind_pirq, &pirq), -ENOSYS);
    CHECK_EQ(op_send(domu, 1), -EINVAL);
    CHECK_EQ(op_send(domu, 0), -EINVAL);
    CHECK_EQ(op_send(domu, ~0u), -EINVAL);
    CHECK_EQ(op_close(domu, 0), -EINVAL);
    CHECK_EQ(op_close(domu, 5), -EINVAL);
    CHECK_EQ(op_unmask(domu, 1u << 20), -EINVAL);
    CHECK_EQ(op_ipi(domu, 2), -ENOENT);
    CHECK_EQ(op_virq(domu, NR_VIRQS, 0), -EINVAL);
    CHECK_EQ(op_virq(domu, VIRQ_CONSOLE, 1), -EINVAL);
    CHECK_EQ(op_virq(domu, VIRQ_TIMER, 7), -ENOENT);
    CHECK_EQ(op_unbound(domu, 0, 1), -EPERM);
    CHECK_EQ(op_unbound(domu, 7, 1), -ESRCH);
    CHECK_EQ(op_connect(domu, 7, 1), -ESRCH);
    CHECK_EQ(op_connect(domu, 0, 1), -EINVAL);
    CHECK_EQ(op_status(domu, 0, 1), ~0u);
    CHECK_EQ(op_virq(domu, VIRQ_TIMER, 1), 1);
    CHECK_EQ(op_virq(domu, VIRQ_TIMER, 1), -EEXIST);
    CHECK_EQ(op_virq(domu, VIRQ_TIMER, 0), 2);
    CHECK_EQ(op_bind_vcpu(domu, 1, 0), -EINVAL);
    CHECK_EQ(op_bind_vcpu(domu, 1, 9), -ENOENT);
    CHECK_EQ(op_bind_vcpu(domu, 99, 0), -EINVAL);
    CHECK_EQ(op(domu, EVTCHNOP_set_priority, &prio), -ENOSYS);
    /* A port can be sent through only by who may. */
    CHECK_EQ(op_send(domu, 1), -EINVAL);
}

TEST(status)
{
    struct evtchn_status s = { .dom = DOMID_SELF };

    setup();
    const int a = op_unbound(dom0, DOMID_SELF, 1);
    const int b = op_connect(domu, 0, (uint32_t)a);

    CHECK_EQ(op_ipi(domu, 1), b + 1);
    CHECK_EQ(op_virq(domu, VIRQ_DEBUG, 0), b + 2);
    s.port = (uint32_t)b;
    CHECK_EQ(op(domu, EVTCHNOP_status, &s), 0);
    CHECK_EQ(s.status, EVTCHNSTAT_interdomain);
    CHECK_EQ(s.u.interdomain.dom, 0);
    CHECK_EQ(s.u.interdomain.port, a);
    CHECK_EQ(op_status(domu, DOMID_SELF, (uint32_t)b + 1), EVTCHNSTAT_ipi);
    CHECK_EQ(op_status(dom0, 1, (uint32_t)b + 2), EVTCHNSTAT_virq);
    CHECK_EQ(op_status(dom0, 1, (uint32_t)b + 3), EVTCHNSTAT_closed);
    CHECK_EQ(op_status(domu, 0, (uint32_t)a), ~0u);
    CHECK_EQ(op_close(domu, (uint32_t)b), 0);
    s.dom = 0;
    s.port = (uint32_t)a;
    CHECK_EQ(op(dom0, EVTCHNOP_status, &s), 0);
    CHECK_EQ(s.status, EVTCHNSTAT_unbound);
    CHECK_EQ(s.u.unbound.dom, 1);
}

TEST(two_level_delivery)
{
    setup();
    const uint32_t a = (uint32_t)op_unbound(dom0, DOMID_SELF, 1);

    /* Nobody listens: dropped, but the bind raises the new port once. */
    CHECK_EQ(op_send(dom0, a), 0);
    const uint32_t b = (uint32_t)op_connect(domu, 0, a);

    CHECK(is_pending(domu, b));
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 1);
    CHECK_EQ(domu->vcpu[0]->info->evtchn_pending_sel, 1);

    /* Pending already: nothing happens. */
    CHECK_EQ(op_send(dom0, a), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 0);

    /* The guest takes all, masks, and is not disturbed. */
    domu->vcpu[0]->info->evtchn_upcall_pending = 0;
    domu->vcpu[0]->info->evtchn_pending_sel = 0;
    domu->shared_info->evtchn_pending[0] = 0;
    domu->shared_info->evtchn_mask[0] = ~0ul;
    CHECK_EQ(op_send(dom0, a), 0);
    CHECK(is_pending(domu, b));
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 0);
    CHECK_EQ(op_unmask(domu, b), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 1);
    CHECK_EQ(domu->shared_info->evtchn_mask[0], ~(1ul << b));

    /* Another vCPU is told after a move. */
    domu->shared_info->evtchn_pending[0] = 0;
    CHECK_EQ(op_bind_vcpu(domu, b, 1), 0);
    CHECK_EQ(op_send(dom0, a), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[1]), 1);

    /* Close takes the event away. */
    CHECK_EQ(op_close(domu, b), 0);
    CHECK(!is_pending(domu, b));
    CHECK_EQ(op_send(dom0, a), 0);
}

/* The tools make ports of a domain, and may send, before its vCPUs. */
TEST(no_vcpu_yet)
{
    setup();
    const int far = op_unbound(dom0, 1, 0);
    const int near = op_connect(dom0, 1, (uint32_t)far);
    struct vcpu *const v = domu->vcpu[0];

    domu->vcpu[0] = NULL;
    CHECK_EQ(op_send(dom0, (uint32_t)near), 0);
    domu->vcpu[0] = v;
    CHECK(evtchn_port_is_pending(domu, (unsigned int)far));
}

TEST(two_level_32bit)
{
    setup();
    domu->is_32bit = true;
    const uint32_t port = (uint32_t)op_ipi(domu, 0);
    char *const si = (char *)domu->shared_info;
    uint32_t *const sel = (uint32_t *)(void *)(
        (char *)domu->vcpu[0]->info + 4);

    for (unsigned int i = 0; i < 40; i++) {
        CHECK(op_ipi(domu, 0) > 0);
    }
    CHECK_EQ(op_send(domu, port + 35), 0);
    CHECK_EQ(si[2048 + (port + 35) / 8], 1 << (port + 35) % 8);
    CHECK_EQ(*sel, 2);
    /* Its mask lies behind 128 bytes of pending bits. */
    si[2176 + port / 8] = 1 << port % 8;
    CHECK_EQ(op_send(domu, port), 0);
    CHECK_EQ(*sel, 2);
    CHECK_EQ(op_unmask(domu, port), 0);
    CHECK_EQ(*sel, 3);
}

TEST(virqs)
{
    setup();
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    const int dom_exc = op_virq(dom0, VIRQ_DOM_EXC, 0);
    const int timer = op_virq(domu, VIRQ_TIMER, 1);

    CHECK(!is_pending(dom0, (unsigned int)dom_exc));
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    CHECK(is_pending(dom0, (unsigned int)dom_exc));
    CHECK_EQ(fake_upcalls(dom0->vcpu[0]), 1);
    CHECK_EQ(op_bind_vcpu(dom0, (uint32_t)dom_exc, 2), 0);
    dom0->shared_info->evtchn_pending[0] = 0;
    evtchn_send_global_virq(VIRQ_DOM_EXC);
    CHECK_EQ(fake_upcalls(dom0->vcpu[2]), 1);

    evtchn_send_vcpu_virq(domu->vcpu[0], VIRQ_TIMER);
    CHECK(!is_pending(domu, (unsigned int)timer));
    evtchn_send_vcpu_virq(domu->vcpu[1], VIRQ_TIMER);
    CHECK(is_pending(domu, (unsigned int)timer));
    CHECK_EQ(op_close(domu, (uint32_t)timer), 0);
    evtchn_send_vcpu_virq(domu->vcpu[1], VIRQ_TIMER);
    CHECK(!is_pending(domu, (unsigned int)timer));
    CHECK_EQ(op_virq(domu, VIRQ_TIMER, 1), timer);
}

TEST(loopback)
{
    setup();
    const uint32_t a = (uint32_t)op_unbound(dom0, DOMID_SELF, DOMID_SELF);
    const uint32_t b = (uint32_t)op_connect(dom0, DOMID_SELF, a);

    dom0->shared_info->evtchn_pending[0] = 0;
    CHECK_EQ(op_send(dom0, a), 0);
    CHECK(is_pending(dom0, b) && !is_pending(dom0, a));
    CHECK_EQ(op_send(dom0, b), 0);
    CHECK(is_pending(dom0, a));
    CHECK_EQ(op_close(dom0, a), 0);
    CHECK_EQ(op_status(dom0, DOMID_SELF, b), EVTCHNSTAT_unbound);
    CHECK_EQ(op_close(dom0, b), 0);
}

TEST(limits_and_pollers)
{
    unsigned int n = 0;

    setup();
    while (op_ipi(domu, 0) > 0) {
        n++;
    }
    CHECK_EQ(n, 4095);
    CHECK_EQ(op_ipi(domu, 0), -ENOSPC);
    CHECK_EQ(op_close(domu, 4095), 0);
    CHECK_EQ(op_ipi(domu, 1), 4095);
    CHECK_EQ(op_send(domu, 4095), 0);
    CHECK_EQ(fake_polled(), 0);
    domu->nr_pollers = 1;
    CHECK_EQ(op_send(domu, 4094), 0);
    CHECK_EQ(fake_polled(), 1);
    CHECK(evtchn_port_is_pending(domu, 4094));
    CHECK(!evtchn_port_is_pending(domu, 1));
    domu->nr_pollers = 0;
}

TEST(reset)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };
    unsigned int runs;

    setup();
    for (unsigned int i = 0; i < 1000; i++) {
        REQUIRE(op_ipi(domu, i % 2) > 0);
    }
    CHECK_EQ(fake_hypercall(domu->vcpu[0], hcall_event_channel_op, &runs,
                            EVTCHNOP_reset, (uintptr_t)&r, 0), 0);
    CHECK(runs > 1);
    CHECK_EQ(op_ipi(domu, 0), 1);
    r.dom = 1;
    CHECK_EQ(op(dom0, EVTCHNOP_reset, &r), -EINVAL);
    domu->tool_pauses = 1;
    CHECK_EQ(op(dom0, EVTCHNOP_reset, &r), 0);
    CHECK_EQ(op(dom0, EVTCHNOP_reset_cont, &r), -EBUSY);
}

TEST(death_of_a_peer)
{
    setup();
    const uint32_t a = (uint32_t)op_unbound(dom0, DOMID_SELF, 1);
    const int b = op_connect(domu, 0, a);

    CHECK(b > 0);
    fake_domain_kill(domu);
    CHECK_EQ(op_status(dom0, DOMID_SELF, a), EVTCHNSTAT_unbound);
    CHECK_EQ(op_send(dom0, a), 0);
    CHECK_EQ(op_ipi(domu, 0), -EINVAL);
    CHECK(fake_domain_reap(domu));
}
