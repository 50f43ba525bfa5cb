/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time stamp counter: its rate where CPUID gives it, and the difference
 * between CPUs.  SDM 3, "Time-Stamp Counter"; SDM 2, CPUID leaf 15H.
 *
 * Comparing, the master (M) and the slave (S) alternate on one word:
 *
 *   M: request = n, t0        S: sees n, ts = tsc, answer = n
 *   M: sees answer n, t1; if t1 - t0 is the least yet, the slave's ts belongs
 *      to the middle: skew = ts - (t0 + t1) / 2, exact to (t1 - t0) / 2
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/tsc.h>
#include <core/console/printk.h>
#include <core/kernel/time.h>
#include <core/sync/atomic.h>
#include <core/sync/barrier.h>

#define SYNC_ROUNDS 5u

static struct {
    uint32_t request;
    uint32_t answer;
    uint64_t slave_tsc;
    int64_t skew;
    uint64_t error;
} sync;

bool tsc_is_invariant(void)
{
    return cpu_has(CPU_FEATURE_INVARIANT_TSC);
}

void INIT_TEXT tsc_init(void)
{
    struct cpuid_regs r;
    uint64_t hz;

    if (!tsc_is_invariant()) {
        printk(LOG_WARN, "TSC: not invariant, time may drift when the CPU "
               "changes its speed\n");
    }
    if (cpu_info.max_leaf < CPUID_LEAF_TSC) {
        return;
    }
    r = cpuid_raw(CPUID_LEAF_TSC, 0);
    if (!r.eax || !r.ebx || !r.ecx) {
        return;
    }
    hz = (uint64_t)r.ecx * r.ebx / r.eax;
    printk(LOG_INFO, "TSC: %lu kHz by CPUID\n", hz / 1000);
    time_calibrate_known(hz);
}

void tsc_sync_master(void)
{
    uint64_t best = UINT64_MAX;

    for (uint32_t n = 1; n <= SYNC_ROUNDS; n++) {
        const uint64_t t0 = arch_cycles();
        uint64_t t1;

        atomic_set_release(&sync.request, n);
        while (atomic_read_acquire(&sync.answer) != n) {
            cpu_relax();
        }
        t1 = arch_cycles();
        if (t1 - t0 < best) {
            best = t1 - t0;
            sync.skew = (int64_t)(sync.slave_tsc - (t0 + best / 2));
        }
    }
    sync.error = best / 2;
    atomic_set_release(&sync.request, SYNC_ROUNDS + 1);
    while (atomic_read_acquire(&sync.answer) != SYNC_ROUNDS + 1) {
        cpu_relax();
    }
    sync.answer = 0;
    atomic_set_release(&sync.request, 0);
}

int64_t tsc_sync_slave(void)
{
    int64_t skew = 0;

    for (uint32_t n = 1; n <= SYNC_ROUNDS + 1; n++) {
        while (atomic_read_acquire(&sync.request) != n) {
            cpu_relax();
        }
        if (n <= SYNC_ROUNDS) {
            sync.slave_tsc = arch_cycles();
        } else if (sync.skew > (int64_t)sync.error ||
                   sync.skew < -(int64_t)sync.error) {
            skew = sync.skew;
        }
        atomic_set_release(&sync.answer, n);
    }
    return skew;
}
