/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC in xAPIC mode through its MMIO page: registers, IPIs, the
 * changes of mode, accesses of other sizes, instruction forms.
 * AMD64 Architecture Programmer's Manual, "Advanced Programmable Interrupt
 * Controller (APIC)".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define VEC 0x74

static volatile uint8_t *const mmio = (uint8_t *)APIC_MMIO_BASE;

static uint32_t got(void)
{
    const uint32_t n = trap_irq_count[VEC];

    trap_irq_count[VEC] = 0;
    return n;
}

static void registers(void)
{
    check_eq("APIC id in bits 31:24", apic_read(APIC_ID), 0);
    apic_write(APIC_TPR, 0x40);
    check_eq("TPR", apic_read(APIC_TPR), 0x40);
    check_eq("PPR", apic_read(APIC_PPR), 0x40);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_DFR, 0xffffffff);
    check_eq("DFR flat", apic_read(APIC_DFR), 0xffffffff);
    apic_write(APIC_LDR, 0x01000000);
    check_eq("LDR", apic_read(APIC_LDR), 0x01000000);
    apic_write(APIC_ICR2, 0x05000000);
    check_eq("ICR high", apic_read(APIC_ICR2), 0x05000000);
    apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED | 0x700);
    check_eq("LINT0", apic_read(APIC_LVT_LINT0), APIC_LVT_MASKED | 0x700);
    apic_write(APIC_VERSION, 0);
    CHECK("version is read-only", apic_read(APIC_VERSION) != 0);
}

static void ipis(void)
{
    got();
    apic_send(0, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("own id", got(), 1);
    apic_send(0, APIC_DM_FIXED | APIC_ICR_SELF | VEC);
    irq_window();
    check_eq("self", got(), 1);
    apic_send(0, APIC_DM_FIXED | APIC_ICR_ALL | VEC);
    irq_window();
    check_eq("all", got(), 1);
    apic_send(0xff, APIC_DM_FIXED | VEC);
    irq_window();
    check_eq("broadcast id", got(), 1);
    apic_send(1, APIC_DM_FIXED | APIC_ICR_LOGICAL | VEC);
    irq_window();
    check_eq("logical flat", got(), 1);
    apic_send(2, APIC_DM_FIXED | APIC_ICR_LOGICAL | VEC);
    irq_window();
    check_eq("logical flat, somebody else", got(), 0);
    apic_send(0, APIC_DM_LOWEST | VEC);
    irq_window();
    check_eq("lowest priority", got(), 1);
}

static void forms(void)
{
    uint64_t val = 0;
    uint64_t scratch;

    apic_write(APIC_TPR, 0x30);
    asm volatile("movl 0x80(%1), %k0" : "=r"(val) : "r"(mmio));
    check_eq("mov r32, m32", (int64_t)val, 0x30);
    asm volatile("movl $0, %k0; orl 0x80(%1), %k0"
                 : "=&r"(val) : "r"(mmio) : "cc");
    check_eq("or r32, m32", (int64_t)val, 0x30);
    asm volatile("movl $0x20, 0x80(%0)" : : "r"(mmio) : "memory");
    check_eq("mov m32, imm32", apic_read(APIC_TPR), 0x20);
    asm volatile("movabs 0xfee00080, %%eax" : "=a"(val));
    check_eq("mov eax, moffs", (int64_t)(uint32_t)val, 0x20);
    asm volatile("movq $0xfee00080, %1; movl $0x60, %k0; xchgl %k0, (%1)"
                 : "=&r"(val), "=&r"(scratch) : : "memory");
    check_eq("xchg gives the old value", (int64_t)(uint32_t)val, 0x20);
    check_eq("and stores the new", apic_read(APIC_TPR), 0x60);
    asm volatile("testl $0x40, 0x80(%1); setnz %b0"
                 : "=q"(val) : "r"(mmio) : "cc");
    check_eq("test m32, imm32", (int64_t)(uint8_t)val, 1);
    asm volatile("andl $0x3f, 0x80(%0)" : : "r"(mmio) : "memory", "cc");
    check_eq("and m32, imm", apic_read(APIC_TPR), 0x20);
    asm volatile("cmpl $0x20, 0x80(%1); sete %b0"
                 : "=q"(val) : "r"(mmio) : "cc");
    check_eq("cmp m32, imm", (int64_t)(uint8_t)val, 1);
    apic_write(APIC_TPR, 0);
}

static void modes(void)
{
    const uint64_t base = rdmsr(MSR_APIC_BASE);
    uint32_t val;

    CHECK("xAPIC mode", !(base & APIC_BASE_X2APIC));
    check_fault("x2APIC registers are not there",
                rdmsr_safe(APIC_MSR(APIC_TPR), &(uint64_t){ 0 }), FAULT_GP);
    wrmsr(MSR_APIC_BASE, base & ~APIC_BASE_ENABLE);
    read32_safe((void *)(APIC_MMIO_BASE + APIC_VERSION), &val);
    check_eq("disabled: the page is no APIC", val, 0xffffffff);
    CHECK("CPUID says so", !(cpuid(1, 0).edx & (1u << 9)));
    check_fault("disabled to x2APIC directly",
                wrmsr_safe(MSR_APIC_BASE, (base & ~APIC_BASE_ENABLE) |
                           APIC_BASE_X2APIC), FAULT_GP);
    wrmsr(MSR_APIC_BASE, base);
    CHECK("enabled again: spurious vector register is at reset",
          apic_read(APIC_SVR) == 0xff);
    CHECK("LVTs are masked", apic_read(APIC_LVT_ERROR) & APIC_LVT_MASKED);
}

TEST(apic_x, "Local APIC in xAPIC mode", 0)
{
    const enum apic_mode before = apic_get_mode();

    apic_set_mode(APIC_XAPIC);
    registers();
    ipis();
    forms();
    modes();
    apic_set_mode(before);
}
