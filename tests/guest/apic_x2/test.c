/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC in x2APIC mode: identity, reserved and read-only registers,
 * self-IPI in all its forms, spurious and error handling, mode changes.
 * Intel SDM, "Extended xAPIC (x2APIC)".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define VEC 0x71

static uint32_t got(void)
{
    const uint32_t n = trap_irq_count[VEC];

    trap_irq_count[VEC] = 0;
    return n;
}

static void identity(void)
{
    const uint64_t base = rdmsr(MSR_APIC_BASE);
    const uint32_t id = apic_read(APIC_ID);

    check_eq("APIC base address", (int64_t)(base & 0xffffff000ull),
             APIC_MMIO_BASE);
    check_eq("boot processor", !!(base & APIC_BASE_BSP), 1);
    check_eq("APIC id of vCPU 0", id, 0);
    check_eq("logical id follows from the id", apic_read(APIC_LDR),
             (id >> 4) << 16 | 1u << (id & 15));
    CHECK("version is of an integrated APIC",
          (apic_read(APIC_VERSION) & 0xff) >= 0x10 &&
          (apic_read(APIC_VERSION) & 0xff) <= 0x15);
    check("there are at least 5 LVT entries",
          ((apic_read(APIC_VERSION) >> 16) & 0xff) >= 4, "%x",
          apic_read(APIC_VERSION));
}

static void registers(void)
{
    uint64_t val;

    check_fault("DFR is not there", rdmsr_safe(APIC_MSR(APIC_DFR), &val),
                FAULT_GP);
    check_fault("ICR high is not there",
                rdmsr_safe(APIC_MSR(APIC_ICR2), &val), FAULT_GP);
    check_fault("EOI cannot be read", rdmsr_safe(APIC_MSR(APIC_EOI), &val),
                FAULT_GP);
    check_fault("self-IPI cannot be read",
                rdmsr_safe(APIC_MSR(APIC_SELF_IPI), &val), FAULT_GP);
    check_fault("id cannot be written", wrmsr_safe(APIC_MSR(APIC_ID), 0),
                FAULT_GP);
    check_fault("LDR cannot be written", wrmsr_safe(APIC_MSR(APIC_LDR), 0),
                FAULT_GP);
    check_fault("PPR cannot be written", wrmsr_safe(APIC_MSR(APIC_PPR), 0),
                FAULT_GP);
    check_fault("ISR cannot be written", wrmsr_safe(APIC_MSR(APIC_ISR), 0),
                FAULT_GP);
    check_fault("IRR cannot be written", wrmsr_safe(APIC_MSR(APIC_IRR), 0),
                FAULT_GP);
    check_fault("EOI of something else than 0",
                wrmsr_safe(APIC_MSR(APIC_EOI), 1), FAULT_GP);
    check_fault("ESR of something else than 0",
                wrmsr_safe(APIC_MSR(APIC_ESR), 1), FAULT_GP);
    check_fault("TPR of more than 8 bits",
                wrmsr_safe(APIC_MSR(APIC_TPR), 0x100), FAULT_GP);
    check_fault("high half of a 32-bit register",
                wrmsr_safe(APIC_MSR(APIC_TPR), 1ull << 32), FAULT_GP);
    check_fault("a register that never was",
                rdmsr_safe(0x8ff, &val), FAULT_GP);
    apic_write(APIC_TPR, 0x50);
    check_eq("TPR reads back", apic_read(APIC_TPR), 0x50);
    check_eq("CR8 is TPR's high half", (int64_t)read_cr8(), 5);
    check_eq("PPR follows", apic_read(APIC_PPR), 0x50);
    write_cr8(0);
    check_eq("and the other way", apic_read(APIC_TPR), 0);
}

static void self_ipis(void)
{
    got();
    wrmsr(APIC_MSR(APIC_SELF_IPI), VEC);
    CHECK("pending in the IRR", apic_test(APIC_IRR, VEC));
    irq_window();
    check_eq("SELF_IPI register", got(), 1);
    CHECK("no longer in the IRR", !apic_test(APIC_IRR, VEC));
    apic_send(0, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("ICR, own id", got(), 1);
    apic_send(0, APIC_DM_FIXED | APIC_ICR_SELF | VEC);
    irq_window();
    check_eq("ICR, self shorthand", got(), 1);
    apic_send(0, APIC_DM_FIXED | APIC_ICR_ALL | VEC);
    irq_window();
    check_eq("ICR, all including self", got(), 1);
    apic_send(0, APIC_DM_FIXED | APIC_ICR_OTHERS | VEC);
    irq_window();
    check_eq("ICR, all but self", got(), 0);
    apic_send(1, APIC_DM_FIXED | APIC_ICR_LOGICAL | VEC);
    irq_window();
    check_eq("ICR, logical", got(), 1);
    apic_send(0xffffffffu, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("ICR, broadcast id", got(), 1);
    apic_send(0x1234, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("ICR, nobody's id", got(), 0);
    apic_send(0, APIC_DM_FIXED | VEC);
    apic_send(0, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("two before delivery are one", got(), 1);
    CHECK("ICR is never busy",
          !(rdmsr(APIC_MSR(APIC_ICR)) & APIC_ICR_BUSY));
}

static void nmi(void)
{
    const uint32_t before = this_cpu()->nmi_count;

    apic_send(0, APIC_DM_NMI | APIC_ICR_ASSERT);
    for (unsigned int i = 0; i < 1000; i++) {
        cpu_relax();
    }
    check_eq("NMI to oneself, with interrupts off",
             this_cpu()->nmi_count - before, 1);
}

static void errors(void)
{
    apic_write(APIC_LVT_ERROR, 0x72);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_ESR, 0);
    check_eq("no error", apic_read(APIC_ESR), 0);
    trap_irq_count[0x72] = 0;
    apic_send(0, APIC_DM_FIXED | 5);
    irq_window();
    apic_write(APIC_ESR, 0);
    CHECK("an illegal vector is an error",
          apic_read(APIC_ESR) & (APIC_ESR_SEND_ILLEGAL |
                                 APIC_ESR_RECV_ILLEGAL));
    check_eq("and interrupts", trap_irq_count[0x72], 1);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_ESR, 0);
    /* Xen gathers errors and never clears the register. */
    if (!on_xen()) {
        check_eq("cleared by writing twice", apic_read(APIC_ESR), 0);
    }
    apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
}

static void software_disable(void)
{
    apic_write(APIC_SVR, VEC_SPURIOUS);
    CHECK("LVTs are masked by it",
          apic_read(APIC_LVT_LINT0) & APIC_LVT_MASKED);
    apic_write(APIC_LVT_TIMER, 0x73);
    CHECK("and cannot be unmasked",
          apic_read(APIC_LVT_TIMER) & APIC_LVT_MASKED);
    got();
    apic_send(0, APIC_DM_FIXED | VEC);
    apic_write(APIC_SVR, APIC_SVR_ENABLE | VEC_SPURIOUS);
    irq_window();
    check_eq("no interrupt is accepted meanwhile", got(), 0);
}

static void modes(void)
{
    const uint64_t base = rdmsr(MSR_APIC_BASE);

    check_fault("x2APIC to xAPIC directly",
                wrmsr_safe(MSR_APIC_BASE, base & ~APIC_BASE_X2APIC),
                FAULT_GP);
    check_fault("x2APIC without enable",
                wrmsr_safe(MSR_APIC_BASE, base & ~APIC_BASE_ENABLE),
                FAULT_GP);
    check_fault("reserved bits of APIC_BASE",
                wrmsr_safe(MSR_APIC_BASE, base | 1ull << 62), FAULT_GP);
    check_eq("still as it was", (int64_t)rdmsr(MSR_APIC_BASE),
             (int64_t)base);
}

TEST(apic_x2, "Local APIC in x2APIC mode", 0)
{
    if (!check("x2APIC is there", apic_has_x2apic(), "not offered")) {
        return;
    }
    identity();
    registers();
    self_ipis();
    nmi();
    errors();
    software_disable();
    modes();
}
