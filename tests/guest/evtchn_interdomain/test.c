/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels between two domains: binding in either direction, sending,
 * the upcall by both kinds of vector, closing, resetting, limits, the FIFO
 * ABI in the other domain, its end, and what it may not do to others.
 * Public header "event_channel.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/hvm/params.h>

#define SHARED_GFN   CHILD_GFN_FREE
#define FIFO_GFN     (CHILD_GFN_FREE + 1)
#define ARRAY_GFN    (CHILD_GFN_FREE + 2)
#define SHARED_GPA   ((uint64_t)SHARED_GFN << PAGE_SHIFT)
#define VECTOR_TYPE  (2ull << 56)

static struct child c;

static int64_t child_evtchn(unsigned int op, void *arg, unsigned int size)
{
    return child_op(&c, __HYPERVISOR_event_channel_op, op, arg, size);
}

static int64_t child_alloc(uint16_t dom, uint16_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    const int64_t rc = child_evtchn(EVTCHNOP_alloc_unbound, &a, sizeof(a));

    return rc ? rc : a.port;
}

static int64_t child_bind(uint16_t remote, uint32_t port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = remote,
                                         .remote_port = port };
    const int64_t rc = child_evtchn(EVTCHNOP_bind_interdomain, &b,
                                    sizeof(b));

    return rc ? rc : b.local_port;
}

static int64_t child_send_event(uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return child_evtchn(EVTCHNOP_send, &s, sizeof(s));
}

static int64_t child_close(uint32_t port)
{
    struct evtchn_close s = { .port = port };

    return child_evtchn(EVTCHNOP_close, &s, sizeof(s));
}

static int64_t status(uint16_t dom, uint32_t port, struct evtchn_status *s)
{
    memset(s, 0, sizeof(*s));
    s->dom = dom;
    s->port = port;
    return evtchn_op(EVTCHNOP_status, s);
}

static bool child_pending(uint32_t port)
{
    const uint64_t gpa = SHARED_GPA +
        offsetof(struct shared_info, evtchn_pending) + port / 64 * 8;
    const uint64_t word = child_peek(&c, gpa);

    child_poke(&c, gpa, word & ~(1ull << (port % 64)));
    return word >> (port % 64) & 1;
}

/* The child is ready for another upcall. */
static void child_clear_upcall(void)
{
    child_poke(&c, SHARED_GPA, 0);
    child_poke(&c, SHARED_GPA + 8, 0);
}

static bool prepare(void)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
        .gpfn = SHARED_GFN,
    };
    struct xen_hvm_param p = {
        .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ,
        .value = VECTOR_TYPE | CHILD_VEC_EVTCHN,
    };

    c.mailbox->vcpu_info = SHARED_GPA;
    return check_eq("the child maps its shared_info",
                    child_op(&c, __HYPERVISOR_memory_op,
                             XENMEM_add_to_physmap, &xatp, sizeof(xatp)),
                    0) &&
           check_eq("and sets its vector",
                    child_op(&c, __HYPERVISOR_hvm_op, HVMOP_set_param, &p,
                             sizeof(p)), 0);
}

static uint32_t local;
static uint32_t remote;

static void bind(void)
{
    struct evtchn_status s;
    int64_t port = child_alloc(DOMID_SELF, 0);

    check("the child allocates", port > 0, "%ld", port);
    remote = (uint32_t)port;
    check_eq("its state", status(c.domid, remote, &s), 0);
    check_eq("unbound", s.status, EVTCHNSTAT_unbound);
    check_eq("for us", s.u.unbound.dom, 0);
    port = evtchn_bind_interdomain(c.domid, remote);
    check("we bind", port > 0, "%ld", port);
    local = (uint32_t)port;
    evtchn_mask(local);
    CHECK("ours is pending at once", evtchn_is_pending(local));
    evtchn_clear_pending(local);
    check_eq("our state", status(DOMID_SELF, local, &s), 0);
    check_eq("interdomain", s.status, EVTCHNSTAT_interdomain);
    check_eq("with the child", s.u.interdomain.dom, c.domid);
    check_eq("its port", s.u.interdomain.port, remote);
    check_eq("its state", status(c.domid, remote, &s), 0);
    check_eq("interdomain", s.status, EVTCHNSTAT_interdomain);
    check_eq("with us", s.u.interdomain.dom, 0);
    check_eq("our port", s.u.interdomain.port, local);
    check_eq("binding it again", evtchn_bind_interdomain(c.domid, remote),
             -XEN_EINVAL);
}

static void sending(void)
{
    uint32_t before;

    child_clear_upcall();
    before = c.mailbox->upcalls;
    check_eq("we send", evtchn_send(local), 0);
    CHECK("the child is alive", child_is_alive(&c));
    for (unsigned int i = 0; i < 100 && c.mailbox->upcalls == before; i++) {
        child_relax(1000000);
    }
    check_eq("one upcall", c.mailbox->upcalls - before, 1);
    CHECK("its port is pending", child_pending(remote));
    check_eq("sent again while the upcall is pending", evtchn_send(local),
             0);
    child_is_alive(&c);
    check("no further upcall by that", c.mailbox->upcalls - before <= 2,
          "%u", c.mailbox->upcalls - before);
    child_pending(remote);
    child_clear_upcall();
    evtchn_clear_pending(local);
    check_eq("the child sends", child_send_event(remote), 0);
    CHECK("ours is pending", evtchn_is_pending(local));
    evtchn_clear_pending(local);
    check_eq("it sends to a port it has not", child_send_event(100),
             -XEN_EINVAL);
}

/* The vector of one vCPU goes by its local APIC and wants an EOI. */
static void by_apic(void)
{
    /* mov $0x1b, %ecx; rdmsr; or $0xc00, %eax; wrmsr;
     * mov $0x80f, %ecx; mov $0x1ff, %eax; xor %edx, %edx; wrmsr; ret */
    static const uint8_t x2apic[] = {
        0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x0d, 0, 0x0c, 0, 0, 0x0f, 0x30,
        0xb9, 0x0f, 0x08, 0, 0, 0xb8, 0xff, 0x01, 0, 0, 0x31, 0xd2, 0x0f,
        0x30, 0xc3,
    };
    struct xen_hvm_evtchn_upcall_vector v = { .vcpu = 0,
                                              .vector = CHILD_VEC_EVTCHN };
    struct xen_hvm_param p = {
        .domid = c.domid, .index = HVM_PARAM_CALLBACK_IRQ, .value = 1,
    };
    uint32_t before;

    check_eq("CALLBACK_IRQ 1: not by the domain's vector",
             hvm_op(HVMOP_set_param, &p), 0);
    child_run(&c, 0, x2apic, sizeof(x2apic), 0, 0);
    check_eq("x2APIC without a fault", c.mailbox->fault, 0);
    c.mailbox->eoi = 1;
    check_eq("set_evtchn_upcall_vector",
             child_op(&c, __HYPERVISOR_hvm_op,
                      HVMOP_set_evtchn_upcall_vector, &v, sizeof(v)), 0);
    child_clear_upcall();
    for (unsigned int i = 0; i < 3; i++) {
        before = c.mailbox->upcalls;
        evtchn_send(local);
        child_is_alive(&c);
        /* QEMU can deliver what Xen injects a second time. */
        check("one upcall by the APIC", c.mailbox->upcalls - before == 1 ||
              (on_xen() && c.mailbox->upcalls - before == 2), "%u",
              c.mailbox->upcalls - before);
        CHECK("pending", child_pending(remote));
        child_clear_upcall();
    }
}

static void closing(void)
{
    struct evtchn_status s;

    check_eq("the child closes", child_close(remote), 0);
    check_eq("our state", status(DOMID_SELF, local, &s), 0);
    check_eq("unbound", s.status, EVTCHNSTAT_unbound);
    check_eq("for the child", s.u.unbound.dom, c.domid);
    check_eq("sending there", evtchn_send(local), 0);
    check_eq("its state", status(c.domid, remote, &s), 0);
    check_eq("closed", s.status, EVTCHNSTAT_closed);
    remote = (uint32_t)child_bind(0, local);
    check("the child binds to it anew", (int32_t)remote > 0, "%d",
          (int32_t)remote);
    check_eq("we close", evtchn_close(local), 0);
    check_eq("its state", status(c.domid, remote, &s), 0);
    check_eq("unbound", s.status, EVTCHNSTAT_unbound);
    check_eq("for us", s.u.unbound.dom, 0);
    check_eq("it closes", child_close(remote), 0);
    check_eq("and again", child_close(remote), -XEN_EINVAL);
}

static void for_others(void)
{
    struct evtchn_status s;
    struct evtchn_status by_child = { .dom = 0, .port = 1 };
    struct evtchn_reset r = { .dom = 0 };
    int64_t port;

    port = child_alloc(DOMID_SELF, 0x7001);
    check("it allocates for an absent domain", port > 0, "%ld", port);
    check_eq("we bind to that",
             evtchn_bind_interdomain(c.domid, (uint32_t)port), -XEN_EINVAL);
    child_close((uint32_t)port);
    port = evtchn_alloc_unbound(DOMID_SELF, 0x7001);
    check_eq("it binds to a port for another", child_bind(0, (uint32_t)port),
             -XEN_EINVAL);
    evtchn_close((uint32_t)port);
    check_eq("it binds to no port", child_bind(0, 0), -XEN_EINVAL);
    check_eq("it binds to one out of range", child_bind(0, 1u << 20),
             -XEN_EINVAL);
    check_eq("it binds to an absent domain", child_bind(0x7001, 1),
             -XEN_ESRCH);
    check_eq("it allocates for dom0", child_alloc(0, 0), -XEN_EPERM);
    check_eq("it looks at dom0's ports",
             child_evtchn(EVTCHNOP_status, &by_child, sizeof(by_child)),
             -XEN_EPERM);
    check_eq("it resets dom0", child_evtchn(EVTCHNOP_reset, &r, sizeof(r)),
             -XEN_EPERM);
    port = evtchn_alloc_unbound(c.domid, 0);
    check("we allocate in it", port > 0, "%ld", port);
    check_eq("its state", status(c.domid, (uint32_t)port, &s), 0);
    check_eq("unbound", s.status, EVTCHNSTAT_unbound);
    check_eq("it closes that", child_close((uint32_t)port), 0);
    check_eq("state of a port of an absent domain", status(0x7001, 1, &s),
             -XEN_ESRCH);
}

static void reset(void)
{
    struct evtchn_reset r = { .dom = c.domid };
    struct evtchn_status s;
    int64_t port;

    port = child_alloc(DOMID_SELF, 0);
    local = (uint32_t)evtchn_bind_interdomain(c.domid, (uint32_t)port);
    evtchn_mask(local);
    check_eq("we reset it while it runs", evtchn_op(EVTCHNOP_reset, &r),
             -XEN_EINVAL);
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    check_eq("we reset it", evtchn_op(EVTCHNOP_reset, &r), 0);
    check_eq("unpause", domctl_plain(XEN_DOMCTL_unpausedomain, c.domid), 0);
    check_eq("its port", status(c.domid, (uint32_t)port, &s), 0);
    check_eq("is closed", s.status, EVTCHNSTAT_closed);
    status(DOMID_SELF, local, &s);
    check_eq("ours is unbound", s.status, EVTCHNSTAT_unbound);
    evtchn_close(local);
    r.dom = 0x7001;
    check_eq("reset of nobody", evtchn_op(EVTCHNOP_reset, &r), -XEN_ESRCH);
}

static void virqs(void)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

    check_eq("it binds VIRQ_TIMER",
             child_evtchn(EVTCHNOP_bind_virq, &b, sizeof(b)), 0);
    check_eq("twice", child_evtchn(EVTCHNOP_bind_virq, &b, sizeof(b)),
             -XEN_EEXIST);
    b = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 1 };
    check_eq("on no vCPU", child_evtchn(EVTCHNOP_bind_virq, &b, sizeof(b)),
             -XEN_ENOENT);
    b = (struct evtchn_bind_virq){ .virq = 100 };
    check_eq("no VIRQ", child_evtchn(EVTCHNOP_bind_virq, &b, sizeof(b)),
             -XEN_EINVAL);
    b = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC };
    check_eq("a global one is bound, and stays silent",
             child_evtchn(EVTCHNOP_bind_virq, &b, sizeof(b)), 0);
}

/* Under the FIFO ABI its event word becomes pending and a queue ready. */
static void fifo(void)
{
    struct evtchn_init_control init = { .control_gfn = FIFO_GFN };
    struct evtchn_expand_array array = { .array_gfn = ARRAY_GFN };
    const uint64_t control = (uint64_t)FIFO_GFN << PAGE_SHIFT;
    const uint64_t words = (uint64_t)ARRAY_GFN << PAGE_SHIFT;
    int64_t port;

    check_eq("init_control",
             child_evtchn(EVTCHNOP_init_control, &init, sizeof(init)), 0);
    check_eq("expand_array",
             child_evtchn(EVTCHNOP_expand_array, &array, sizeof(array)), 0);
    port = child_alloc(DOMID_SELF, 0);
    local = (uint32_t)evtchn_bind_interdomain(c.domid, (uint32_t)port);
    evtchn_mask(local);
    child_poke(&c, words + 4 * (uint64_t)(port & ~1), 0);
    check_eq("we send", evtchn_send(local), 0);
    check_eq("its word: pending, linked",
             (uint32_t)(child_peek(&c, words + 4 * (uint64_t)port)) >> 29,
             5);
    check("a queue is ready", (uint32_t)child_peek(&c, control) != 0,
          "none");
    evtchn_close(local);
}

static void limit(void)
{
    const struct child_config cfg = { .max_evtchn_port = 7 };
    struct child few;
    int64_t port = 0;
    unsigned int n = 0;

    check_eq("a domain for few ports", child_create(&few, &cfg), 0);
    while (n < 20 && (port = evtchn_alloc_unbound(few.domid, 0)) > 0) {
        n++;
    }
    check_eq("seven ports", n, 7);
    check_eq("no more", port, -XEN_ENOSPC);
    CHECK("it goes", child_destroy(&few));
}

static void death(void)
{
    struct evtchn_status s;
    int64_t port = evtchn_alloc_unbound(c.domid, 0);

    local = (uint32_t)evtchn_bind_interdomain(c.domid, (uint32_t)port);
    evtchn_mask(local);
    CHECK("it goes", child_destroy(&c));
    check_eq("our state", status(DOMID_SELF, local, &s), 0);
    check_eq("unbound", s.status, EVTCHNSTAT_unbound);
    check_eq("sending there", evtchn_send(local), 0);
    check_eq("close", evtchn_close(local), 0);
}

TEST(evtchn_interdomain, "Event channels between two domains", TEST_DOM0)
{
    evtchn_reset();
    evtchn_init_cpu();
    if (!child_boot(&c, NULL)) {
        return;
    }
    if (prepare()) {
        bind();
        sending();
        by_apic();
        closing();
        for_others();
        reset();
        virqs();
        fifo();
    }
    limit();
    death();
}
