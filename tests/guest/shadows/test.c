/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds interrupts back for a moment: the shadow of STI and of MOV SS,
 * NMI blocking until IRET, and HLT between them.
 * AMD64 Architecture Programmer's Manual, "Interrupt shadow".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define VEC 0x76
#define WAKES 4000u
/* The longest time of the timer. */
#define WAKE_TICKS 3001u

static volatile uint64_t irq_rip;
static volatile uint32_t nested_nmis;

static void on_irq(struct trap_frame *f)
{
    irq_rip = f->rip;
    apic_eoi();
}

static void sti_shadow(void)
{
    uint64_t after;

    irq_rip = 0;
    apic_send(0, VEC);
    asm volatile("sti\n"
                 "nop\n"
                 "1: nop\n"
                 "cli\n"
                 "leaq 1b(%%rip), %0" : "=r"(after) : : "memory");
    check_eq("one instruction after STI is covered", (int64_t)irq_rip,
             (int64_t)after);
    irq_rip = 0;
    apic_send(0, VEC);
    asm volatile("sti; cli; nop; nop" : : : "memory");
    check_eq("STI; CLI lets nothing in", (int64_t)irq_rip, 0);
    /* The instruction in the shadow exits to the hypervisor. */
    asm volatile("xorl %%eax, %%eax\n"
                 "sti\n"
                 "cpuid\n"
                 "1: nop\n"
                 "cli\n"
                 "leaq 1b(%%rip), %0"
                 : "=r"(after) : : "rax", "rbx", "rcx", "rdx", "memory");
    check_eq("an exit in the shadow ends it properly", (int64_t)irq_rip,
             (int64_t)after);
}

static void mov_ss_shadow(void)
{
    uint64_t after;

    irq_rip = 0;
    irq_enable();
    asm volatile("movl %%ss, %%ebx\n"
                 "wrmsr\n"
                 "1: nop\n"
                 "leaq 1b(%%rip), %0"
                 : "=r"(after)
                 : "a"(VEC), "d"(0), "c"(APIC_MSR(APIC_SELF_IPI))
                 : "rbx", "memory");
    check_eq("self-IPI arrives after its own instruction",
             (int64_t)irq_rip, (int64_t)after);
    irq_disable();
    irq_rip = 0;
    apic_send(0, VEC);
    asm volatile("movl %%ss, %%ebx\n"
                 "pushfq\n"
                 "orl $0x200, (%%rsp)\n"
                 "popfq\n"
                 "1: nop\n"
                 "cli\n"
                 "leaq 1b(%%rip), %0"
                 : "=r"(after) : : "rbx", "memory", "cc");
    check_eq("POPF has no shadow", (int64_t)irq_rip, (int64_t)after);
}

static bool nmi_hook(struct trap_frame *f)
{
    if (f->vector != TRAP_NMI) {
        return false;
    }
    this_cpu()->nmi_count++;
    if (this_cpu()->nmi_count == 1) {
        const uint32_t before = this_cpu()->nmi_count;

        /* A second NMI while one is being handled waits for IRET. */
        apic_send(0, APIC_DM_NMI | APIC_ICR_ASSERT);
        for (unsigned int i = 0; i < 200; i++) {
            cpu_relax();
        }
        nested_nmis = this_cpu()->nmi_count - before;
    }
    return true;
}

static void nmis(void)
{
    this_cpu()->nmi_count = 0;
    trap_exception_hook = nmi_hook;
    apic_send(0, APIC_DM_NMI | APIC_ICR_ASSERT);
    for (unsigned int i = 0; i < 1000; i++) {
        cpu_relax();
    }
    /* Without hardware help it may come only when interrupts are on. */
    irq_window();
    trap_exception_hook = NULL;
    check_eq("no NMI within an NMI", nested_nmis, 0);
    check_eq("the second comes after IRET", this_cpu()->nmi_count, 2);
}

static void halts(void)
{
    trap_irq_count[VEC] = 0;
    apic_send(0, VEC);
    sti_hlt_cli();
    check_eq("HLT with an interrupt pending", trap_irq_count[VEC], 1);
    this_cpu()->nmi_count = 0;
    apic_write(APIC_LVT_TIMER, VEC);
    apic_write(APIC_TDCR, 0xb);
    apic_write(APIC_TMICT, 100000);
    sti_hlt_cli();
    check_eq("HLT wakes by the timer", trap_irq_count[VEC], 2);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
}

/*
 * A timer may end anywhere about STI; HLT: its interrupt comes before both or
 * behind both. Between them it would be handled, and HLT sleep on.
 */
static void wakes(void)
{
    uint32_t late = 0;

    apic_write(APIC_LVT_TIMER, VEC);
    for (uint32_t i = 0; i < WAKES; i++) {
        const uint32_t before = trap_irq_count[VEC];

        apic_write(APIC_TMICT, 1 + i * 37 % WAKE_TICKS);
        while (trap_irq_count[VEC] == before) {
            sti_hlt_cli();
        }
        late += trap_irq_count[VEC] != before + 1;
    }
    check_eq("no wake-up is lost between STI and HLT", late, 0);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
}

TEST(shadows, "Interrupt shadows, NMI blocking and HLT", 0)
{
    trap_irq_handlers[VEC] = on_irq;
    sti_shadow();
    if (apic_get_mode() == APIC_X2APIC) {
        mov_ss_shadow();
    }
    nmis();
    halts();
    wakes();
    trap_irq_handlers[VEC] = NULL;
}
