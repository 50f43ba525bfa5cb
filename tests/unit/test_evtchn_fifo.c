/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIFO ABI of event channels against a model of what a guest does, random
 * operations of two domains.
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
#include <string.h>

#include <tests/unit/evtchn_calls.h>

#define CONTROL_GFN(v) (0x100u + (v))
#define ARRAY_GFN(i) (0x200u + (i))
#define QUEUES EVTCHN_FIFO_MAX_QUEUES

/* What a guest keeps: the head of each queue that it is working on. */
static uint32_t guest_head[FAKE_DOMAINS][4][QUEUES];
/* Events that the guest has handled, by port. */
static unsigned int handled[FAKE_DOMAINS][4096];

static int fifo_init(struct domain *d, uint32_t vcpu)
{
    struct evtchn_init_control c = { .control_gfn = CONTROL_GFN(vcpu),
                                     .offset = 64, .vcpu = vcpu };
    const int rc = op(d, EVTCHNOP_init_control, &c);

    return rc != 0 ? rc : c.link_bits;
}

static int fifo_expand(struct domain *d, uint64_t gfn)
{
    struct evtchn_expand_array e = { .array_gfn = gfn };

    return op(d, EVTCHNOP_expand_array, &e);
}

static struct evtchn_fifo_control_block *control(struct domain *d,
                                                 unsigned int vcpu)
{
    return (void *)((char *)fake_see(d, CONTROL_GFN(vcpu)) + 64);
}

static uint32_t *word(struct domain *d, uint32_t port)
{
    return (uint32_t *)fake_see(d, ARRAY_GFN(port / 1024)) + port % 1024;
}

static void fifo_setup(struct domain *d, unsigned int pages)
{
    for (unsigned int v = 0; v < d->max_vcpus; v++) {
        fake_ram(d, CONTROL_GFN(v));
        CHECK_EQ(fifo_init(d, v), 17);
    }
    for (unsigned int i = 0; i < pages; i++) {
        uint32_t *const w = fake_ram(d, ARRAY_GFN(i));

        for (unsigned int j = 0; j < 1024; j++) {
            w[j] = 1u << EVTCHN_FIFO_MASKED;
        }
        CHECK_EQ(fifo_expand(d, ARRAY_GFN(i)), 0);
    }
    memset(guest_head[d->id], 0, sizeof(guest_head[0]));
    memset(handled[d->id], 0, sizeof(handled[0]));
}

static void fifo_consume_one(struct domain *d, unsigned int vcpu,
                             unsigned int q, uint32_t *ready)
{
    uint32_t *const keep = &guest_head[d->id][vcpu][q];
    const uint32_t port = *keep != 0 ? *keep : control(d, vcpu)->head[q];
    uint32_t *const w = word(d, port);
    const uint32_t link = *w & EVTCHN_FIFO_LINK_MASK;

    *w &= ~(1u << EVTCHN_FIFO_LINKED | EVTCHN_FIFO_LINK_MASK);
    if (link == 0) {
        *ready &= ~(1u << q);
    }
    *keep = link;
    if ((*w & 1u << EVTCHN_FIFO_PENDING) && !(*w & 1u << EVTCHN_FIFO_MASKED)) {
        *w &= ~(1u << EVTCHN_FIFO_PENDING);
        handled[d->id][port]++;
    }
}

/* As a guest's interrupt handler; at most @max events. */
static unsigned int fifo_handle(struct domain *d, unsigned int vcpu,
                                unsigned int max)
{
    struct evtchn_fifo_control_block *const c = control(d, vcpu);
    uint32_t ready;
    unsigned int n = 0;

    d->vcpu[vcpu]->info->evtchn_upcall_pending = 0;
    ready = c->ready;
    c->ready = 0;
    while (ready != 0 && n < max) {
        fifo_consume_one(d, vcpu, (unsigned int)__builtin_ctz(ready), &ready);
        ready |= c->ready;
        c->ready = 0;
        n++;
    }
    c->ready |= ready;
    return n;
}

TEST(fifo_errors)
{
    struct evtchn_init_control c = { .control_gfn = 1, .offset = 0 };

    setup();
    CHECK_EQ(fifo_expand(domu, 1), -EOPNOTSUPP);
    c.vcpu = 2;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), -ENOENT);
    c.vcpu = 0;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), -EINVAL);
    fake_ram(domu, 1);
    c.offset = 4096 - 71;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), -EINVAL);
    c.offset = 4;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), -EINVAL);
    c.offset = 4096 - 72;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), 0);
    CHECK_EQ(c.link_bits, 17);
    c.offset = 0;
    CHECK_EQ(op(domu, EVTCHNOP_init_control, &c), -EINVAL);
    CHECK_EQ(fifo_expand(domu, 99), -EINVAL);
}

TEST(fifo_takes_over_pending)
{
    setup();
    const uint32_t port = (uint32_t)op_ipi(domu, 0);

    CHECK_EQ(op_send(domu, port), 0);
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 1);
    fake_ram(domu, CONTROL_GFN(0));
    CHECK_EQ(fifo_init(domu, 0), 17);
    const uint32_t late = (uint32_t)op_ipi(domu, 0);

    CHECK_EQ(op_send(domu, late), 0);
    /* The page comes now, with everything unmasked. */
    fake_ram(domu, ARRAY_GFN(0));
    CHECK_EQ(fifo_expand(domu, ARRAY_GFN(0)), 0);
    CHECK(*word(domu, port) & 1u << EVTCHN_FIFO_PENDING);
    CHECK(*word(domu, late) & 1u << EVTCHN_FIFO_PENDING);
    memset(guest_head, 0, sizeof(guest_head));
    memset(handled, 0, sizeof(handled));
    CHECK_EQ(fifo_handle(domu, 0, 100), 2);
    CHECK_EQ(handled[1][port], 1);
    CHECK_EQ(handled[1][late], 1);
}

TEST(fifo_order_and_priority)
{
    struct evtchn_set_priority prio = { .priority = 2 };
    uint32_t port[4];

    setup();
    fifo_setup(domu, 1);
    fake_upcalls(domu->vcpu[0]);
    for (unsigned int i = 0; i < 4; i++) {
        port[i] = (uint32_t)op_ipi(domu, 0);
        CHECK_EQ(op_unmask(domu, port[i]), 0);
    }
    prio.port = port[3];
    CHECK_EQ(op(domu, EVTCHNOP_set_priority, &prio), 0);
    prio.priority = 16;
    CHECK_EQ(op(domu, EVTCHNOP_set_priority, &prio), -EINVAL);
    for (unsigned int i = 0; i < 4; i++) {
        CHECK_EQ(op_send(domu, port[i]), 0);
        CHECK_EQ(op_send(domu, port[i]), 0);
    }
    /* The second queue's ready bit is new, but the upcall is raised. */
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 1);
    CHECK_EQ(control(domu, 0)->ready, 1u << 7 | 1u << 2);
    CHECK_EQ(control(domu, 0)->head[7], port[0]);
    CHECK_EQ(control(domu, 0)->head[2], port[3]);
    CHECK_EQ(*word(domu, port[0]) & EVTCHN_FIFO_LINK_MASK, port[1]);
    CHECK_EQ(*word(domu, port[1]) & EVTCHN_FIFO_LINK_MASK, port[2]);
    CHECK_EQ(fifo_handle(domu, 0, 1), 1);
    CHECK_EQ(handled[1][port[3]], 1);
    CHECK_EQ(fifo_handle(domu, 0, 100), 3);
    /* Empty again: the next event is a head. */
    CHECK_EQ(op_send(domu, port[1]), 0);
    CHECK_EQ(control(domu, 0)->head[7], port[1]);
    CHECK_EQ(fake_upcalls(domu->vcpu[0]), 1);
}

/* A port that the guest has on a queue is not given out again. */
TEST(fifo_busy_port)
{
    setup();
    fifo_setup(domu, 1);
    const uint32_t port = (uint32_t)op_ipi(domu, 0);

    CHECK_EQ(op_unmask(domu, port), 0);
    CHECK_EQ(op_send(domu, port), 0);
    CHECK_EQ(op_close(domu, port), 0);
    CHECK_EQ(op_ipi(domu, 0), port + 1);
    CHECK_EQ(fifo_handle(domu, 0, 10), 1);
    CHECK_EQ(handled[1][port], 0);
    CHECK_EQ(op_ipi(domu, 0), port);
}

TEST(fifo_high_ports_and_reset)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };
    const unsigned long before = (setup(), fake_free_pages());

    fifo_setup(domu, 5);
    for (unsigned int i = 1; i < 5000; i++) {
        REQUIRE(op_ipi(domu, 0) == (int)i);
    }
    CHECK_EQ(op_unmask(domu, 4999), 0);
    CHECK_EQ(op_send(domu, 4999), 0);
    CHECK_EQ(control(domu, 0)->head[7], 4999);
    CHECK_EQ(op(domu, EVTCHNOP_reset, &r), 0);
    /* Two levels again, and the guest's pages are its own. */
    CHECK_EQ(op_ipi(domu, 0), 1);
    CHECK_EQ(op_send(domu, 1), 0);
    CHECK(is_pending(domu, 1));
    for (unsigned int i = 0; i < 5; i++) {
        CHECK_EQ(page_of(p2m_lookup(domu, GFN(ARRAY_GFN(i))).mfn)->count, 1);
    }
    CHECK(fake_free_pages() <= before);
}

/* --- random operations against a model --- */

#define MODEL_PORTS 64u

struct model_port {
    bool is_bound;
    bool is_ipi;
    bool is_masked;
    bool is_expected;       /* Sent, and not handled yet                     */
    uint32_t peer;          /* INTERDOMAIN: in the other domain; 0: none     */
};

static struct model_port model[2][MODEL_PORTS];

static struct domain *side(unsigned int s)
{
    return s == 0 ? dom0 : domu;
}

static void model_new(unsigned int s, int port, bool is_ipi, uint32_t peer)
{
    if (port <= 0 || port >= (int)MODEL_PORTS) {
        return;
    }
    /* Words come out of their last life masked or not; this guest masks. */
    *word(side(s), (uint32_t)port) |= 1u << EVTCHN_FIFO_MASKED;
    model[s][port] = (struct model_port){ .is_bound = true, .is_ipi = is_ipi,
                                          .is_masked = true, .peer = peer };
}

static void random_bind(unsigned int s)
{
    struct domain *const d = side(s);

    if (unit_random() % 2) {
        model_new(s, op_ipi(d, unit_random() % d->max_vcpus), true, 0);
        return;
    }
    const int a = op_unbound(d, DOMID_SELF, side(!s)->id);
    const int b = a > 0 ? op_connect(side(!s), d->id, (uint32_t)a) : 0;

    if (b > 0 && a < (int)MODEL_PORTS && b < (int)MODEL_PORTS) {
        model_new(s, a, false, (uint32_t)b);
        model_new(!s, b, false, (uint32_t)a);
        model[!s][b].is_expected = true; /* The bind raises it. */
    } else {
        (void)op_close(d, (uint32_t)a);
        (void)op_close(side(!s), (uint32_t)b);
    }
}

static void random_close(unsigned int s, uint32_t port)
{
    struct model_port *const m = &model[s][port];

    CHECK_EQ(op_close(side(s), port), m->is_bound ? 0 : -EINVAL);
    if (m->is_bound && !m->is_ipi) {
        model[!s][m->peer].is_bound = false;
        CHECK_EQ(op_close(side(!s), m->peer), 0);
    }
    m->is_bound = false;
}

static void random_send(unsigned int s, uint32_t port)
{
    struct model_port *const m = &model[s][port];

    CHECK_EQ(op_send(side(s), port), m->is_bound ? 0 : -EINVAL);
    if (m->is_bound) {
        *(m->is_ipi ? &m->is_expected : &model[!s][m->peer].is_expected) =
            true;
    }
}

static void random_mask(unsigned int s, uint32_t port)
{
    struct model_port *const m = &model[s][port];

    if (!m->is_bound) {
        return;
    }
    if (m->is_masked) {
        CHECK_EQ(op_unmask(side(s), port), 0);
    } else {
        *word(side(s), port) |= 1u << EVTCHN_FIFO_MASKED;
    }
    m->is_masked = !m->is_masked;
}

static void check_handled(unsigned int s)
{
    for (uint32_t p = 1; p < MODEL_PORTS; p++) {
        if (handled[s][p] != 0) {
            CHECK(model[s][p].is_expected);
            model[s][p].is_expected = false;
            handled[s][p] = 0;
        }
    }
}

static void random_step(void)
{
    const unsigned int s = unit_random() % 2;
    const uint32_t port = 1 + unit_random() % (MODEL_PORTS - 1);
    struct evtchn_set_priority prio = { .port = port,
                                        .priority = unit_random() % 16 };

    switch (unit_random() % 12) {
    case 0:
        random_bind(s);
        break;
    case 1:
        if (unit_random() % 4 == 0) {
            random_close(s, port);
        }
        break;
    case 2:
    case 3:
        random_mask(s, port);
        break;
    case 4:
        (void)op(side(s), EVTCHNOP_set_priority, &prio);
        break;
    case 5:
        (void)op_bind_vcpu(side(s), port,
                           unit_random() % side(s)->max_vcpus);
        break;
    case 6:
    case 7:
        (void)fifo_handle(side(s), unit_random() % side(s)->max_vcpus,
                          unit_random() % 5);
        check_handled(s);
        break;
    default:
        random_send(s, port);
        break;
    }
}

/* All that was sent to an unmasked port arrives; nothing else does. */
static void check_all_arrives(void)
{
    for (unsigned int s = 0; s < 2; s++) {
        for (unsigned int v = 0; v < side(s)->max_vcpus; v++) {
            (void)fifo_handle(side(s), v, 10000);
            CHECK_EQ(control(side(s), v)->ready, 0);
        }
        check_handled(s);
        for (uint32_t p = 1; p < MODEL_PORTS; p++) {
            const struct model_port *const m = &model[s][p];

            CHECK(!m->is_bound || !m->is_expected || m->is_masked);
        }
    }
}

TEST(random_fifo)
{
    setup();
    memset(model, 0, sizeof(model));
    unit_seed(42);
    fifo_setup(dom0, 1);
    fifo_setup(domu, 1);
    for (unsigned int round = 0; round < 300; round++) {
        for (unsigned int i = 0; i < 300; i++) {
            random_step();
        }
        check_all_arrives();
    }
}

/* A guest that scribbles over its words and heads hurts nobody else. */
TEST(fifo_hostile_words)
{
    setup();
    fifo_setup(domu, 1);
    unit_seed(7);
    for (unsigned int i = 0; i < 40; i++) {
        CHECK(op_ipi(domu, i % 2) > 0);
    }
    for (unsigned int i = 0; i < 20000; i++) {
        *word(domu, unit_random() % 1024) = (uint32_t)unit_random();
        control(domu, 0)->head[unit_random() % 16] = (uint32_t)unit_random();
        control(domu, 1)->ready = (uint32_t)unit_random();
        (void)op_send(domu, unit_random() % 64);
        (void)op_unmask(domu, unit_random() % 64);
        (void)op_bind_vcpu(domu, unit_random() % 64, unit_random() % 3);
    }
    CHECK_EQ(op_send(domu, 1), 0);
}
