/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start of further vCPUs and their work loop.
 * `work` is written by vCPU 0 and cleared by the worker (release/acquire).
 * Intel SDM, "Multiple-Processor (MP) Initialization".
 */
#include <tests/guest/lib/smp.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/x86.h>

#define STACK_PAGES 4
#define VEC_WAKE    0xf0
#define SECOND      1000000000ull

extern const uint8_t smp_trampoline[];
extern const uint8_t smp_trampoline_end[];
extern const uint8_t smp_trampoline_tsc[];

/* Read by ap_start64. */
uint64_t smp_boot_stack;
uint32_t smp_boot_id;

static uint8_t smp_stacks[GUEST_MAX_CPUS][STACK_PAGES * PAGE_SIZE]
    __attribute__((aligned(16)));

void smp_ap_main(unsigned int id) __attribute__((noreturn));

unsigned int smp_vcpus(void)
{
    unsigned int n = 0;

    while (n < GUEST_MAX_CPUS && vcpu_op(VCPUOP_is_up, n, NULL) >= 0) {
        n++;
    }
    return n;
}

void smp_ap_main(unsigned int id)
{
    struct guest_cpu *c = &guest_cpu_area[id];

    trap_init_cpu(id);
    apic_set_mode(apic_has_x2apic() ? APIC_X2APIC : APIC_XAPIC);
    c->apic_id = smp_apic_id(id);
    evtchn_init_cpu();
    __atomic_store_n(&c->online, true, __ATOMIC_RELEASE);
    for (;;) {
        void (*fn)(void *arg) = __atomic_load_n(&c->work, __ATOMIC_ACQUIRE);

        if (fn) {
            fn(c->work_arg);
            irq_disable();
            __atomic_store_n(&c->work, NULL, __ATOMIC_RELEASE);
        } else {
            sti_hlt_cli();
        }
    }
}

void smp_prepare(unsigned int id)
{
    guest_cpu_area[id].online = false;
    memcpy((void *)(uint64_t)SMP_TRAMPOLINE, smp_trampoline,
           (uint64_t)(smp_trampoline_end - smp_trampoline));
    smp_boot_stack = (uint64_t)smp_stacks[id] + sizeof(smp_stacks[id]);
    smp_boot_id = id;
    mb();
}

bool smp_start(unsigned int id)
{
    struct guest_cpu *c = &guest_cpu_area[id];
    uint64_t end;

    if (c->online) {
        return true;
    }
    smp_prepare(id);
    apic_send(smp_apic_id(id), APIC_DM_INIT | APIC_ICR_ASSERT);
    apic_send(smp_apic_id(id), APIC_DM_SIPI | APIC_ICR_ASSERT |
              SMP_TRAMPOLINE >> 12);
    end = shared_now_ns() + SECOND;
    while (!__atomic_load_n(&c->online, __ATOMIC_ACQUIRE)) {
        if (shared_now_ns() > end) {
            return false;
        }
        sched_op(SCHEDOP_yield, NULL);
        /* As in smp_wait(). */
        cpu_relax();
    }
    return true;
}

void smp_call(unsigned int id, void (*fn)(void *arg), void *arg)
{
    struct guest_cpu *c = &guest_cpu_area[id];

    c->work_arg = arg;
    __atomic_store_n(&c->work, fn, __ATOMIC_RELEASE);
    apic_send(smp_apic_id(id), APIC_DM_FIXED | VEC_WAKE);
}

void smp_wait(unsigned int id)
{
    struct guest_cpu *c = &guest_cpu_area[id];

    while (__atomic_load_n(&c->work, __ATOMIC_ACQUIRE)) {
        sched_op(SCHEDOP_yield, NULL);
        /* QEMU's -icount goes on to the other CPU here, and only here. */
        cpu_relax();
    }
}

uint64_t smp_first_tsc(void)
{
    return *(volatile uint64_t *)
        ((uint64_t)SMP_TRAMPOLINE + (uint64_t)(smp_trampoline_tsc - smp_trampoline));
}
