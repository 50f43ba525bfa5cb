/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a vCPU of a load guest does: sleeps until a time, then so many
 * instructions as its work is long, and so on.  They are counted, not timed:
 * on the emulators each takes the same time always, and what is taken from
 * the vCPU is not taken from its work.  It sleeps by SCHEDOP_poll, which
 * needs no interrupt.  All of it is copied into the guest, so it calls
 * nothing and has no data.
 */
#include <lab/guest/load.h>

#include <core/abi/sched.h>
#include <core/abi/vcpu.h>

#define WORKER __attribute__((section("worker"), noinline))

WORKER static int64_t call(const struct load_vcpu *w, uint64_t nr,
                           uint64_t a1, uint64_t a2, uint64_t a3)
{
    int64_t ret;

    if (w->vmmcall) {
        asm volatile("vmmcall" : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                     : "0"(nr) : "r8", "r10", "memory");
    } else {
        asm volatile("vmcall" : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                     : "0"(nr) : "r8", "r10", "memory");
    }
    return ret;
}

WORKER static uint64_t now(const struct load_vcpu *w)
{
    const volatile struct vcpu_time_info *t = &w->time;
    uint32_t version;
    uint64_t ns;

    do {
        uint32_t low;
        uint32_t high;
        uint64_t delta;

        version = t->version;
        asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        delta = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift
                                 : delta << t->tsc_shift;
        ns = t->system_time +
             (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >>
                        32);
    } while ((version & 1) || version != t->version);
    return ns;
}

WORKER static void sleep_until(const struct load_vcpu *w, uint64_t at)
{
    struct sched_poll p = { .timeout = at };

    while (now(w) < at) {
        call(w, __HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&p, 0);
    }
}

WORKER static void work(uint64_t instructions)
{
    uint64_t turns = instructions / LOAD_TURN;
    uint64_t rest = instructions % LOAD_TURN / 2;

    if (turns) {
        asm volatile(LOAD_LOOP : "+r"(turns));
    }
    if (rest) {
        asm volatile("1: dec %0; jnz 1b" : "+r"(rest));
    }
}

WORKER void load_worker(struct load_vcpu *w)
{
    struct vcpu_register_time_memory_area area = {
        .addr.p = (uint64_t)&w->time,
    };

    /* None comes; Bochs keeps the machine's from a guest that takes none. */
    asm volatile("sti");
    call(w, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area,
         w->id, (uint64_t)&area);
    w->is_ready = 1;
    sleep_until(w, w->t0 + w->start);
    for (uint64_t i = 0; i < w->jobs; i++) {
        if (w->mode == LOAD_RELEASED) {
            sleep_until(w, w->t0 + w->job[i].at);
        }
        work(w->job[i].work);
        if (w->mode == LOAD_SLEEPS) {
            const uint64_t at = now(w);

            if (w->stop && at >= w->t0 + w->stop) {
                break;
            }
            sleep_until(w, at + w->job[i].at);
        }
    }
    if (w->mode == LOAD_FOREVER) {
        work(UINT64_MAX);
    }
    sleep_until(w, UINT64_MAX / 2);
}
