/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: operations, the upcall, 2-level and FIFO consumption.
 * Bits shared with the hypervisor are changed by locked instructions only.
 * Public header "event_channel.h".
 */
#include <tests/guest/lib/evtchn.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/x86.h>

#define WORD(bit) (1u << (bit))
#define FIFO_PAGES 8

volatile uint32_t evtchn_count[EVTCHN_PORTS];
volatile uint32_t evtchn_order[64];
volatile uint32_t evtchn_order_n;

static bool fifo;
static volatile struct evtchn_fifo_control_block *fifo_control[GUEST_MAX_CPUS];
static uint32_t fifo_head[GUEST_MAX_CPUS][EVTCHN_FIFO_MAX_QUEUES];
static volatile uint32_t *fifo_pages[FIFO_PAGES];
static unsigned int fifo_page_count;

static void handle(uint32_t port)
{
    const uint32_t n =
        __atomic_fetch_add(&evtchn_order_n, 1, __ATOMIC_SEQ_CST);

    evtchn_order[n % 64] = port;
    if (port < EVTCHN_PORTS) {
        __atomic_fetch_add(&evtchn_count[port], 1, __ATOMIC_SEQ_CST);
    }
}

static void consume_2l(volatile struct vcpu_info *vi)
{
    uint64_t sel = __atomic_exchange_n(&vi->evtchn_pending_sel, 0,
                                       __ATOMIC_SEQ_CST);

    while (sel) {
        const unsigned int word = (unsigned int)__builtin_ctzll(sel);
        uint64_t bits;

        sel &= sel - 1;
        bits = shared_info->evtchn_pending[word] &
               ~shared_info->evtchn_mask[word];
        while (bits) {
            const uint32_t bit = (uint32_t)__builtin_ctzll(bits);

            bits &= bits - 1;
            evtchn_clear_pending(word * 64 + bit);
            handle(word * 64 + bit);
        }
    }
}

static void consume_queue(unsigned int cpu, unsigned int prio)
{
    uint32_t head = fifo_head[cpu][prio];

    if (head == 0) {
        head = fifo_control[cpu]->head[prio];
    }
    while (head) {
        volatile uint32_t *w = evtchn_fifo_word(head);
        uint32_t old = *w;
        uint32_t next;

        /* Take the event off the queue, keeping PENDING and MASKED. */
        do {
            next = old & EVTCHN_FIFO_LINK_MASK;
        } while (!__atomic_compare_exchange_n(
                     w, &old,
                     old & ~(WORD(EVTCHN_FIFO_LINKED) |
                             EVTCHN_FIFO_LINK_MASK),
                     false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
        if ((old & WORD(EVTCHN_FIFO_PENDING)) &&
            !(old & WORD(EVTCHN_FIFO_MASKED))) {
            evtchn_clear_pending(head);
            handle(head);
        }
        head = next;
    }
    fifo_head[cpu][prio] = 0;
}

static void consume_fifo(unsigned int cpu)
{
    uint32_t ready;

    while ((ready = __atomic_exchange_n(&fifo_control[cpu]->ready, 0,
                                        __ATOMIC_SEQ_CST)) != 0) {
        while (ready) {
            const unsigned int prio = (unsigned int)__builtin_ctz(ready);

            ready &= ready - 1;
            consume_queue(cpu, prio);
            ready |= __atomic_exchange_n(&fifo_control[cpu]->ready, 0,
                                         __ATOMIC_SEQ_CST);
        }
    }
}

static void upcall(struct trap_frame *f)
{
    const unsigned int cpu = this_cpu()->id;
    volatile struct vcpu_info *vi = shared_vcpu_info(cpu);

    (void)f;
    apic_eoi();
    while (__atomic_exchange_n(&vi->evtchn_upcall_pending, 0,
                               __ATOMIC_SEQ_CST)) {
        if (fifo && fifo_control[cpu]) {
            consume_fifo(cpu);
        } else {
            consume_2l(vi);
        }
    }
}

void evtchn_init_cpu(void)
{
    struct xen_hvm_evtchn_upcall_vector arg = {
        .vcpu = this_cpu()->id,
        .vector = VEC_EVTCHN,
    };

    trap_irq_handlers[VEC_EVTCHN] = upcall;
    hvm_op(HVMOP_set_evtchn_upcall_vector, &arg);
}

int64_t evtchn_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi op = { .vcpu = vcpu };
    const int64_t rc = evtchn_op(EVTCHNOP_bind_ipi, &op);

    return rc ? rc : op.port;
}

int64_t evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
    const int64_t rc = evtchn_op(EVTCHNOP_bind_virq, &op);

    return rc ? rc : op.port;
}

int64_t evtchn_alloc_unbound(uint16_t dom, uint16_t remote)
{
    struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
    const int64_t rc = evtchn_op(EVTCHNOP_alloc_unbound, &op);

    return rc ? rc : op.port;
}

int64_t evtchn_bind_interdomain(uint16_t remote, uint32_t remote_port)
{
    struct evtchn_bind_interdomain op = {
        .remote_dom = remote,
        .remote_port = remote_port,
    };
    const int64_t rc = evtchn_op(EVTCHNOP_bind_interdomain, &op);

    return rc ? rc : op.local_port;
}

int64_t evtchn_close(uint32_t port)
{
    struct evtchn_close op = { .port = port };

    return evtchn_op(EVTCHNOP_close, &op);
}

int64_t evtchn_send(uint32_t port)
{
    struct evtchn_send op = { .port = port };

    return evtchn_op(EVTCHNOP_send, &op);
}

int64_t evtchn_unmask_op(uint32_t port)
{
    struct evtchn_unmask op = { .port = port };

    return evtchn_op(EVTCHNOP_unmask, &op);
}

bool evtchn_is_fifo(void)
{
    return fifo;
}

volatile uint32_t *evtchn_fifo_word(uint32_t port)
{
    return &fifo_pages[port / 1024][port % 1024];
}

bool evtchn_is_pending(uint32_t port)
{
    if (fifo) {
        return *evtchn_fifo_word(port) & WORD(EVTCHN_FIFO_PENDING);
    }
    return (shared_info->evtchn_pending[port / 64] >> (port % 64)) & 1;
}

bool evtchn_is_masked(uint32_t port)
{
    if (fifo) {
        return *evtchn_fifo_word(port) & WORD(EVTCHN_FIFO_MASKED);
    }
    return (shared_info->evtchn_mask[port / 64] >> (port % 64)) & 1;
}

void evtchn_clear_pending(uint32_t port)
{
    if (fifo) {
        __atomic_fetch_and(evtchn_fifo_word(port),
                           ~WORD(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_fetch_and(&shared_info->evtchn_pending[port / 64],
                       ~(1ul << (port % 64)), __ATOMIC_SEQ_CST);
}

void evtchn_mask(uint32_t port)
{
    if (fifo) {
        __atomic_fetch_or(evtchn_fifo_word(port), WORD(EVTCHN_FIFO_MASKED),
                          __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_fetch_or(&shared_info->evtchn_mask[port / 64],
                      1ul << (port % 64), __ATOMIC_SEQ_CST);
}

void evtchn_unmask_raw(uint32_t port)
{
    if (fifo) {
        __atomic_fetch_and(evtchn_fifo_word(port),
                           ~WORD(EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_fetch_and(&shared_info->evtchn_mask[port / 64],
                       ~(1ul << (port % 64)), __ATOMIC_SEQ_CST);
}

static int64_t expand(void)
{
    void *page = mm_alloc(1);
    struct evtchn_expand_array op = { .array_gfn = mm_gfn(page) };
    int64_t rc;

    for (unsigned int i = 0; i < 1024; i++) {
        ((uint32_t *)page)[i] = WORD(EVTCHN_FIFO_MASKED);
    }
    rc = evtchn_op(EVTCHNOP_expand_array, &op);
    if (rc == 0) {
        fifo_pages[fifo_page_count++] = page;
    }
    return rc;
}

int64_t evtchn_fifo_init(unsigned int vcpu)
{
    void *page = mm_alloc(1);
    struct evtchn_init_control op = {
        .control_gfn = mm_gfn(page),
        .offset = 0,
        .vcpu = vcpu,
    };
    const int64_t rc = evtchn_op(EVTCHNOP_init_control, &op);

    if (rc) {
        return rc;
    }
    fifo_control[vcpu] = page;
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++) {
        fifo_head[vcpu][i] = 0;
    }
    if (!fifo) {
        fifo = true;
        fifo_page_count = 0;
        return expand();
    }
    return 0;
}

int64_t evtchn_reset(void)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };
    const int64_t rc = evtchn_op(EVTCHNOP_reset, &op);

    if (rc == 0) {
        fifo = false;
        fifo_page_count = 0;
        for (unsigned int i = 0; i < GUEST_MAX_CPUS; i++) {
            fifo_control[i] = NULL;
        }
    }
    return rc;
}
