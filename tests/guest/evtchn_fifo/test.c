/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels under the FIFO ABI: the switch with events pending, order
 * within a queue, priorities, masking, the array's growth, and back to
 * 2-level by reset.
 * Public header "event_channel.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define N 4

static uint32_t ports[N];

static int64_t priority(uint32_t port, uint32_t prio)
{
    struct evtchn_set_priority op = { .port = port, .priority = prio };

    return evtchn_op(EVTCHNOP_set_priority, &op);
}

static void bad_control(void)
{
    uint8_t *page = mm_alloc(1);
    struct evtchn_init_control op = {
        .control_gfn = mm_gfn(page),
        .offset = PAGE_SIZE - 64,
        .vcpu = 0,
    };

    check_eq("control block across the page's end",
             evtchn_op(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    op.offset = 4;
    check_eq("control block not aligned to 8",
             evtchn_op(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    op.offset = 0;
    op.vcpu = 200;
    check_eq("control block of an absent vCPU",
             evtchn_op(EVTCHNOP_init_control, &op), -XEN_ENOENT);
    op.vcpu = 0;
    op.control_gfn = 0x380000;
    check_eq("control block in a hole",
             evtchn_op(EVTCHNOP_init_control, &op), -XEN_EINVAL);
}

static void before_the_switch(void)
{
    struct evtchn_expand_array op = { .array_gfn = 0x100 };

    check_eq("expand_array under 2-level",
             evtchn_op(EVTCHNOP_expand_array, &op), -XEN_EOPNOTSUPP);
    check_eq("set_priority under 2-level", priority(ports[0], 3),
             -XEN_ENOSYS);
}

static void order(void)
{
    evtchn_order_n = 0;
    evtchn_send(ports[2]);
    evtchn_send(ports[0]);
    evtchn_send(ports[1]);
    irq_window();
    check_eq("three events", evtchn_order_n, 3);
    CHECK("in the order of sending",
          evtchn_order[0] == ports[2] && evtchn_order[1] == ports[0] &&
          evtchn_order[2] == ports[1]);
}

static void priorities(void)
{
    check_eq("priority 0", priority(ports[1], 0), 0);
    check_eq("priority 15", priority(ports[2], 15), 0);
    check_eq("priority 16 is none", priority(ports[2], 16), -XEN_EINVAL);
    evtchn_order_n = 0;
    evtchn_send(ports[2]);
    evtchn_send(ports[0]);
    evtchn_send(ports[1]);
    irq_window();
    check_eq("three events again", evtchn_order_n, 3);
    CHECK("highest priority first",
          evtchn_order[0] == ports[1] && evtchn_order[1] == ports[0] &&
          evtchn_order[2] == ports[2]);
}

static void masking(void)
{
    evtchn_mask(ports[0]);
    evtchn_count[ports[0]] = 0;
    evtchn_send(ports[0]);
    irq_window();
    check_eq("masked: no upcall", evtchn_count[ports[0]], 0);
    CHECK("but pending", evtchn_is_pending(ports[0]));
    check_eq("unmask", evtchn_unmask_op(ports[0]), 0);
    irq_window();
    check_eq("delivered after unmask", evtchn_count[ports[0]], 1);
    evtchn_send(ports[0]);
    evtchn_send(ports[0]);
    irq_window();
    check_eq("two sends, one event", evtchn_count[ports[0]], 2);
}

static void hostile_links(void)
{
    const uint32_t old = *evtchn_fifo_word(ports[0]);

    /* Garbage in the words must only ever hurt this domain. */
    *evtchn_fifo_word(ports[0]) = 0x3fffffff;
    evtchn_send(ports[0]);
    *evtchn_fifo_word(ports[1]) = 0x2001ffff;
    evtchn_send(ports[1]);
    *evtchn_fifo_word(ports[0]) = old;
    *evtchn_fifo_word(ports[1]) = old;
    CHECK("hypervisor survives garbage links",
          xen_version(XENVER_version, NULL) == 0x40011);
}

TEST(evtchn_fifo, "Event channels, FIFO", 0)
{
    check_eq("start from a clean table", evtchn_reset(), 0);
    for (unsigned int i = 0; i < N; i++) {
        ports[i] = (uint32_t)evtchn_bind_ipi(0);
    }
    before_the_switch();
    bad_control();
    evtchn_mask(ports[3]);
    evtchn_send(ports[3]);
    check_eq("switch to FIFO", evtchn_fifo_init(0), 0);
    CHECK("pending before, pending after", evtchn_is_pending(ports[3]));
    for (unsigned int i = 0; i < N; i++) {
        evtchn_unmask_op(ports[i]);
    }
    irq_window();
    order();
    priorities();
    masking();
    check_eq("control block twice", evtchn_fifo_init(0), -XEN_EINVAL);
    hostile_links();
    check_eq("back to 2-level", evtchn_reset(), 0);
    ports[0] = (uint32_t)evtchn_bind_ipi(0);
    shared_info->evtchn_pending[0] = 0;
    evtchn_unmask_raw(ports[0]);
    evtchn_count[ports[0]] = 0;
    evtchn_send(ports[0]);
    irq_window();
    check_eq("2-level delivers again", evtchn_count[ports[0]], 1);
    evtchn_close(ports[0]);
}
