/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local APIC: modes, EOI, interrupt commands, errors.  The timer is in
 * lapic_timer.c.  SDM 3, "Advanced Programmable Interrupt Controller".
 *
 * Destinations are always physical: logical ones add nothing here, and one
 * emulator gets the logical id of x2APIC mode wrong.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/lapic_priv.h>
#include <arch/x86/cpu/mce.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hw/vectors.h>
#include <arch/x86/mm/ioremap.h>
#include <core/arch/arch_irq.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/timer.h>
#include <drivers/acpi/acpi_madt.h>

/* Polls of the busy bit; each takes at least some 100 ns on hardware. */
#define ICR_WAIT_MAX 10000u

volatile uint8_t *lapic_mmio RO_AFTER_INIT;
bool lapic_x2 RO_AFTER_INIT;

bool lapic_is_x2apic(void)
{
    return lapic_x2;
}

bool lapic_is_ready(void)
{
    return lapic_x2 || lapic_mmio;
}

uint32_t lapic_id(void)
{
    const uint32_t id = lapic_read(APIC_ID);

    return lapic_x2 ? id : id >> APIC_ID_SHIFT;
}

void INIT_TEXT lapic_init(void)
{
    const uint64_t base = msr_read(MSR_APIC_BASE);
    const bool was_x2 = base & APIC_BASE_EXTD;

    lapic_x2 = was_x2 || (cpu_has(CPU_FEATURE_X2APIC) && param.x2apic);
    if (!lapic_x2) {
        lapic_mmio = ioremap(base & APIC_BASE_ADDR, PAGE_SIZE, MAP_RW,
                             MEMTYPE_UC);
        if (!lapic_mmio) {
            panic("no memory to map the local APIC\n");
        }
    }
    printk(LOG_INFO, "Local APIC: %s mode\n", lapic_x2 ? "x2APIC" : "xAPIC");
}

static void lapic_enable_mode(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);

    if (!(base & APIC_BASE_ENABLE)) {
        base |= APIC_BASE_ENABLE;
        msr_write(MSR_APIC_BASE, base);
    }
    if (lapic_x2 && !(base & APIC_BASE_EXTD)) {
        msr_write(MSR_APIC_BASE, base | APIC_BASE_EXTD);
    }
}

/* LINT1 or LINT0 as NMI where the MADT says so for this processor. */
static void lapic_init_lint(void)
{
    const uint32_t uid = this_cpu()->arch->acpi_id;

    lapic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    lapic_write(APIC_LVT_LINT1, APIC_LVT_MASKED);
    for (unsigned int i = 0; i < acpi_madt.nmi_count; i++) {
        const struct acpi_lapic_nmi *nmi = &acpi_madt.nmi[i];

        if (nmi->uid == ACPI_ANY_UID || nmi->uid == uid) {
            lapic_write(nmi->lint ? APIC_LVT_LINT1 : APIC_LVT_LINT0,
                        APIC_LVT_MODE_NMI);
        }
    }
}

static void lapic_clear_esr(void)
{
    if (!lapic_x2) {
        lapic_write(APIC_ESR, 0);
    }
    lapic_write(APIC_ESR, 0);
}

/* What firmware or a former system left in service blocks all below it. */
static void lapic_drain_isr(void)
{
    for (unsigned int i = 0; i < 8; i++) {
        const enum apic_reg reg = (enum apic_reg)(APIC_ISR + i * 16);

        for (unsigned int j = 0; j < 32 && lapic_read(reg); j++) {
            lapic_eoi();
        }
    }
}

void lapic_init_cpu(void)
{
    unsigned int max_lvt;

    lapic_enable_mode();
    this_cpu()->arch->apic_id = lapic_id();
    max_lvt = (lapic_read(APIC_VERSION) >> APIC_VERSION_MAX_LVT_SHIFT) &
              APIC_VERSION_MAX_LVT_MASK;

    lapic_write(APIC_TPR, 0);
    if (!lapic_x2) {
        lapic_write(APIC_DFR, 0xffffffffu);
    }
    lapic_write(APIC_SVR, APIC_SVR_ENABLE | VECTOR_SPURIOUS);
    lapic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
    if (max_lvt >= APIC_LVT_NR_PERF) {
        lapic_write(APIC_LVT_PERF, APIC_LVT_MASKED);
    }
    if (max_lvt >= APIC_LVT_NR_THERMAL) {
        lapic_write(APIC_LVT_THERMAL, APIC_LVT_MASKED);
    }
    if (max_lvt >= APIC_LVT_NR_CMCI) {
        lapic_write(APIC_LVT_CMCI, APIC_LVT_MASKED);
    }
    lapic_drain_isr();
    lapic_init_lint();
    lapic_clear_esr();
    lapic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    lapic_timer_init_cpu();
}

void lapic_eoi(void)
{
    lapic_write(APIC_EOI, 0);
}

void lapic_offer_again(void)
{
    lapic_write(APIC_TPR, 0);
}

void arch_irq_eoi(void)
{
    lapic_eoi();
}

void lapic_send(uint32_t apic_id, uint32_t icr)
{
    if (lapic_x2) {
        /* The write does not wait for earlier stores; the target must. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        asm volatile("lfence" : : : "memory");
        msr_write(MSR_X2APIC_BASE + APIC_ICR / 16,
                  ((uint64_t)apic_id << APIC_ICR_DEST_SHIFT) | icr);
        return;
    }
    for (unsigned int i = 0; i < ICR_WAIT_MAX; i++) {
        if (!(lapic_read(APIC_ICR) & APIC_ICR_BUSY)) {
            break;
        }
        cpu_relax();
    }
    lapic_write(APIC_ICR_HIGH, apic_id << APIC_ID_SHIFT);
    lapic_write(APIC_ICR, icr);
}

static void lapic_error(void)
{
    uint32_t esr;

    lapic_write(APIC_ESR, 0);
    esr = lapic_read(APIC_ESR);
    printk(LOG_WARN, "CPU %u: local APIC error %02x\n", this_cpu_id(), esr);
}

void lapic_handle(unsigned int vector)
{
    switch (vector) {
    case VECTOR_TIMER:
        lapic_timer_served();
        lapic_eoi();
        timer_interrupt();
        return;
    case VECTOR_KICK:
        /* To have left the guest or the wait was all that was wanted. */
        break;
    case VECTOR_ERROR:
        lapic_error();
        break;
    case VECTOR_SPURIOUS:
        return;
    default:
        printk(LOG_WARN, "CPU %u: unexpected interrupt, vector %#x\n",
               this_cpu_id(), vector);
        break;
    }
    lapic_eoi();
}
