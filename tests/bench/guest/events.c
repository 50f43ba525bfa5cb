/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of event channels and Xen's timers, 2-level ABI.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/x86.h>

#define LOOPS 32

static uint32_t port;

static void clear_all(void)
{
    volatile struct vcpu_info *vi = shared_vcpu_info(0);

    vi->evtchn_upcall_pending = 0;
    vi->evtchn_pending_sel = 0;
    evtchn_clear_pending(port);
}

static void body(void)
{
    clear_all();
    apic_eoi();
}

static uint64_t sample_self(void)
{
    struct evtchn_send op = { .port = port };
    uint64_t begin;

    irq_enable();
    begin = rdtsc();
    evtchn_op(EVTCHNOP_send, &op);
    irq_disable();
    return bench_span(begin, bench_irq_tsc);
}

static void op_send_masked(void)
{
    evtchn_send(port);
    evtchn_clear_pending(port);
}

static uint64_t sample_masked(void)
{
    return bench_loop(op_send_masked, LOOPS);
}

static void op_bind(void)
{
    const int64_t p = evtchn_bind_ipi(0);

    if (p > 0) {
        evtchn_close((uint32_t)p);
    }
}

static uint64_t sample_bind(void)
{
    return bench_loop(op_bind, LOOPS);
}

static void op_singleshot(void)
{
    static struct vcpu_set_singleshot_timer t;

    t.timeout_abs_ns = ~0ull >> 2;
    vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
}

static uint64_t sample_singleshot(void)
{
    return bench_loop(op_singleshot, LOOPS);
}

void bench_events(void)
{
    const int64_t p = evtchn_bind_ipi(0);

    if (p <= 0) {
        bench_missing("evtchn_self", "bind_ipi fails");
        return;
    }
    port = (uint32_t)p;
    bench_irq_install(VEC_EVTCHN, body);
    evtchn_unmask_raw(port);
    bench_row("evtchn_self", sample_self);
    evtchn_mask(port);
    bench_row("evtchn_masked", sample_masked);
    bench_row("evtchn_bind", sample_bind);
    clear_all();
    evtchn_close(port);
    bench_row("singleshot", sample_singleshot);
    vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
}
