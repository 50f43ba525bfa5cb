/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: what must be refused, and running out of ports.
 * Public header "event_channel.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define PORTS_2L 4096

static const uint32_t bad_ports[] = {
    0, 3000, 4095, 4096, 0x1ffff, 0x20000, 0x7fffffff, 0x80000000u,
    0xffffffffu,
};

static void ports(void)
{
    for (unsigned int i = 0; i < sizeof(bad_ports) / 4; i++) {
        const uint32_t p = bad_ports[i];
        struct evtchn_bind_vcpu bind = { .port = p, .vcpu = 0 };
        struct evtchn_status st = { .dom = DOMID_SELF, .port = p };
        struct evtchn_set_priority prio = { .port = p, .priority = 3 };
        int64_t rc;

        check_quiet("close", evtchn_close(p) == -XEN_EINVAL, "port %x", p);
        check_quiet("send", evtchn_send(p) == -XEN_EINVAL, "port %x", p);
        check_quiet("bind_vcpu", evtchn_op(EVTCHNOP_bind_vcpu, &bind) ==
                    -XEN_EINVAL, "port %x", p);
        rc = evtchn_op(EVTCHNOP_status, &st);
        check_quiet("status", rc == -XEN_EINVAL ||
                    (rc == 0 && st.status == EVTCHNSTAT_closed),
                    "port %x: %ld", p, rc);
        rc = evtchn_bind_interdomain(DOMID_SELF, p);
        check_quiet("bind_interdomain", rc == -XEN_EINVAL,
                    "port %x: %ld", p, rc);
        rc = evtchn_op(EVTCHNOP_set_priority, &prio);
        check_quiet("set_priority", rc < 0, "port %x: %ld", p, rc);
        rc = evtchn_unmask_op(p);
        check_quiet("unmask", rc <= 0, "port %x: %ld", p, rc);
    }
    check("bad ports are refused", true, "-");
}

static void domains(void)
{
    struct evtchn_status st = { .dom = 99, .port = 1 };
    struct evtchn_reset reset = { .dom = 99 };

    check_eq("alloc_unbound in an absent domain",
             evtchn_alloc_unbound(99, 0), -XEN_ESRCH);
    check_eq("bind_interdomain to an absent domain",
             evtchn_bind_interdomain(99, 1), -XEN_ESRCH);
    check_eq("status of an absent domain",
             evtchn_op(EVTCHNOP_status, &st), -XEN_ESRCH);
    check_eq("reset of an absent domain",
             evtchn_op(EVTCHNOP_reset, &reset), -XEN_ESRCH);
}

static void remotes(void)
{
    const int64_t a = evtchn_alloc_unbound(DOMID_SELF, 42);
    int64_t rc;

    check("alloc_unbound for an absent remote", a > 0, "%ld", a);
    rc = evtchn_bind_interdomain(DOMID_SELF, (uint32_t)a);
    check_eq("not ours to bind", rc, -XEN_EINVAL);
    evtchn_close((uint32_t)a);
}

static void binding(void)
{
    const uint32_t virq = (uint32_t)evtchn_bind_virq(VIRQ_TIMER, 0);
    const uint32_t free_port = (uint32_t)evtchn_alloc_unbound(DOMID_SELF,
                                                              DOMID_SELF);
    struct evtchn_bind_vcpu bind = { .port = virq, .vcpu = 0 };
    struct evtchn_bind_pirq pirq = { .pirq = 9 };
    int64_t rc;

    check_eq("a per-vCPU VIRQ stays where it is",
             evtchn_op(EVTCHNOP_bind_vcpu, &bind), -XEN_EINVAL);
    bind = (struct evtchn_bind_vcpu){ .port = free_port, .vcpu = 0 };
    check_eq("an unbound port may move",
             evtchn_op(EVTCHNOP_bind_vcpu, &bind), 0);
    bind.vcpu = 200;
    check_eq("but not to an absent vCPU",
             evtchn_op(EVTCHNOP_bind_vcpu, &bind), -XEN_ENOENT);
    rc = evtchn_op(EVTCHNOP_bind_pirq, &pirq);
    /* Xen gives out a port that will never be sent to; a guest without
     * PIRQs may as well be told so. */
    check("bind_pirq is not for PVH", rc < 0 || on_xen(), "%ld", rc);
    if (rc == 0) {
        evtchn_close(pirq.port);
    }
    evtchn_close(virq);
    evtchn_close(free_port);
}

static void pointers(void)
{
    void *hole = mm_map(MM_WINDOW, 0, 0);

    for (unsigned int op = 0; op <= EVTCHNOP_set_priority; op++) {
        const int64_t rc = evtchn_op(op, hole);

        check_quiet("unmapped argument", rc == -XEN_EFAULT ||
                    rc == -XEN_ENOSYS, "op %u: %ld", op, rc);
    }
    check_eq("unknown op", evtchn_op(100, hole), -XEN_ENOSYS);
    check_eq("op -1", evtchn_op(UINT32_MAX, hole), -XEN_ENOSYS);
}

static void exhaust(void)
{
    static uint16_t got[PORTS_2L];
    unsigned int n = 0;
    int64_t rc;

    while ((rc = evtchn_alloc_unbound(DOMID_SELF, 0)) > 0 &&
           n < PORTS_2L) {
        got[n++] = (uint16_t)rc;
    }
    check("ports run out with ENOSPC", rc == -XEN_ENOSPC, "%ld", rc);
    check("all 4095 ports can be had", n > 4000 && n <= 4095, "%u", n);
    while (n > 0) {
        evtchn_close(got[--n]);
    }
    rc = evtchn_alloc_unbound(DOMID_SELF, 0);
    check("and again afterwards", rc > 0, "%ld", rc);
    evtchn_close((uint32_t)rc);
}

TEST(evtchn_errors, "Event channels: refusals and limits", 0)
{
    ports();
    domains();
    remotes();
    binding();
    pointers();
    exhaust();
}
