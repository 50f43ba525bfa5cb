/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine checks.  Corrected errors stay in the banks until mce_poll() logs
 * them; an uncorrected one that the processor has survived is logged there
 * as well; anything worse is a panic.  SDM, "Machine-Check Architecture".
 *
 * Locking: none.  A bank belongs to its CPU.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/mce.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/smp_call.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>

#define MCE_BANK_STRIDE 4u
#define MCE_BANKS_MAX 32u
#define MCE_POLL_INTERVAL (60 * NSEC_PER_SEC)

static struct timer mce_timer;

/* Banks of this CPU; 0 also if the registers are missing, as in an emulator. */
static unsigned int mce_banks(void)
{
    uint64_t cap;

    if (!msr_read_safe(MSR_MCG_CAP, &cap)) {
        return 0;
    }
    return min_t(unsigned int, cap & MCG_CAP_COUNT, MCE_BANKS_MAX);
}

void mce_init_cpu(void)
{
    if (!cpu_has(CPU_FEATURE_MCE) || !cpu_has(CPU_FEATURE_MCA) ||
        !param.mce || !mce_banks()) {
        return;
    }
    if (msr_read(MSR_MCG_CAP) & MCG_CAP_CTL_P) {
        msr_write(MSR_MCG_CTL, ~UINT64_C(0));
    }
    for (unsigned int i = 0; i < mce_banks(); i++) {
        msr_write(MSR_MC0_CTL + i * MCE_BANK_STRIDE, ~UINT64_C(0));
    }
    cr4_write(cr4_read() | CR4_MCE);
}

static void mce_print(unsigned int bank, uint64_t status)
{
    uint64_t addr = 0;
    uint64_t misc = 0;

    if (status & MCI_STATUS_ADDRV) {
        addr = msr_read(MSR_MC0_ADDR + bank * MCE_BANK_STRIDE);
    }
    if (status & MCI_STATUS_MISCV) {
        misc = msr_read(MSR_MC0_MISC + bank * MCE_BANK_STRIDE);
    }
    printk(status & MCI_STATUS_UC ? LOG_ERR : LOG_WARN,
           "CPU %u: %s machine check, bank %u: status %016lx, "
           "address %lx, misc %lx\n",
           this_cpu_id(), status & MCI_STATUS_UC ? "uncorrected" : "corrected",
           bank, status, addr, misc);
}

void mce_poll(void)
{
    if (!(cr4_read() & CR4_MCE)) {
        return;
    }
    for (unsigned int i = 0; i < mce_banks(); i++) {
        const uint32_t msr = MSR_MC0_STATUS + i * MCE_BANK_STRIDE;
        const uint64_t status = msr_read(msr);

        if (status & MCI_STATUS_VAL) {
            mce_print(i, status);
            msr_write(msr, 0);
        }
    }
}

void mce_handle(struct trap_frame *f)
{
    const uint64_t global = msr_read(MSR_MCG_STATUS);
    bool fatal = !(global & MCG_STATUS_RIPV);

    this_cpu()->arch->mce_count++;
    for (unsigned int i = 0; i < mce_banks(); i++) {
        const uint64_t status =
            msr_read(MSR_MC0_STATUS + i * MCE_BANK_STRIDE);

        if ((status & MCI_STATUS_VAL) && (status & MCI_STATUS_EN) &&
            (status & (MCI_STATUS_PCC | MCI_STATUS_OVER)) &&
            (status & MCI_STATUS_UC)) {
            fatal = true;
        }
    }
    if (fatal) {
        this_cpu()->arch->fault = f;
        mce_poll();
        panic("machine check, global status %#lx\n", global);
    }
    /* The banks keep it for mce_poll(). */
    msr_write(MSR_MCG_STATUS, 0);
}

static void mce_poll_fn(void *data)
{
    mce_poll();
}

static void mce_timer_fn(void *data)
{
    static struct smp_call calls[CPU_MAX];
    unsigned int cpu;

    for_each_online_cpu(cpu) {
        calls[cpu].fn = mce_poll_fn;
        smp_call_async(cpu, &calls[cpu]);
    }
    timer_set(&mce_timer, time_now() + MCE_POLL_INTERVAL);
}

void mce_start_polling(void)
{
    if (!(cr4_read() & CR4_MCE)) {
        return;
    }
    timer_init(&mce_timer, 0, mce_timer_fn, NULL);
    timer_set(&mce_timer, time_now() + MCE_POLL_INTERVAL);
}
