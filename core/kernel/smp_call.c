/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls on other CPUs: a stack of requests per CPU, emptied by a softirq in
 * the order they came.
 *
 * Locking: SMP_CALL of the receiving CPU around the stack; none during calls.
 */
#include <core/kernel/bug.h>
#include <core/kernel/smp_call.h>
#include <core/kernel/softirq.h>
#include <core/sync/lock_check.h>

static void run_calls(void)
{
    struct cpu *const c = this_cpu();
    struct smp_call *list;
    struct smp_call *in_order = NULL;

    spin_lock(&c->call_lock);
    list = c->calls;
    c->calls = NULL;
    spin_unlock(&c->call_lock);
    while (list) {
        struct smp_call *const call = list;

        list = call->next;
        call->next = in_order;
        in_order = call;
    }
    while (in_order) {
        struct smp_call *const call = in_order;
        void (*const fn)(void *data) = call->fn;
        void *const data = call->data;

        in_order = call->next;
        /* From here on it may be queued again, or be gone. */
        atomic_set_release(&call->is_queued, 0u);
        fn(data);
    }
}

bool smp_call_async(unsigned int cpu, struct smp_call *call)
{
    struct cpu *const c = cpu_of(cpu);

    if (atomic_exchange(&call->is_queued, 1u) != 0) {
        return false;
    }
    spin_lock(&c->call_lock);
    call->next = c->calls;
    c->calls = call;
    spin_unlock(&c->call_lock);
    softirq_raise(cpu, SOFTIRQ_CALL);
    return true;
}

struct sync_call {
    struct smp_call call;
    void (*fn)(void *data);
    void *data;
    uint32_t is_done; /* [a] */
};

static void run_sync(void *data)
{
    struct sync_call *const sc = data;

    sc->fn(sc->data);
    /* Release pairs with the acquire in smp_call_sync(). */
    atomic_set_release(&sc->is_done, 1u);
}

void smp_call_sync(unsigned int cpu, void (*fn)(void *data), void *data)
{
    struct sync_call sc = { .fn = fn, .data = data };

    lock_check_none_held();
    if (cpu == this_cpu_id()) {
        fn(data);
        return;
    }
    sc.call.fn = run_sync;
    sc.call.data = &sc;
    BUG_ON(!smp_call_async(cpu, &sc.call));
    while (!atomic_read_acquire(&sc.is_done)) {
        /* The other may be waiting for this CPU in the same way. */
        run_calls();
        cpu_relax();
    }
}

void smp_call_all(void (*fn)(void *data), void *data)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        smp_call_sync(cpu, fn, data);
    }
}

void smp_call_init(void)
{
    softirq_register(SOFTIRQ_CALL, run_calls);
}
