/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kicks and requests by NMI, and the rest of the contract about CPUs.
 * Locking: none; requests are atomic bits.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/early_console.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/ipi.h>
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/stack.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hw/vectors.h>
#include <arch/x86/cpu/topology.h>
#include <core/arch/arch_io.h>
#include <core/arch/arch_irq.h>
#include <core/console/printk.h>
#include <core/kernel/time.h>
#include <core/sync/atomic.h>

#define STOP_WAIT_LOOPS 10000000u
#define PORT_RESET 0xcf9
#define RESET_HARD 0x02
#define RESET_CPU 0x04
#define PORT_KBC 0x64
#define KBC_RESET 0xfe

uint32_t arch_cpu_apic_id(unsigned int cpu)
{
    return cpu_of(cpu)->arch->apic_id;
}

void arch_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id)
{
    *apic_id = cpu_of(cpu)->arch->apic_id;
    *acpi_id = cpu_of(cpu)->arch->acpi_id;
}

void arch_cpu_place(unsigned int cpu, uint32_t *core, uint32_t *package)
{
    const struct cpu_topology t = topology_read(cpuid_raw);
    const uint32_t id = cpu_of(cpu)->arch->apic_id;

    *core = topology_core(&t, id);
    *package = topology_package(&t, id);
}

void arch_cpu_kick(unsigned int cpu)
{
    lapic_send(arch_cpu_apic_id(cpu),
               APIC_ICR_MODE_FIXED | APIC_ICR_ASSERT | VECTOR_KICK);
}

static void ipi_nmi(unsigned int cpu, uint32_t request)
{
    atomic_fetch_or(&cpu_of(cpu)->arch->nmi_request, request);
    lapic_send(arch_cpu_apic_id(cpu), APIC_ICR_MODE_NMI | APIC_ICR_ASSERT);
}

/* Wait until @cpu took the request or stopped; bounded. */
static void ipi_wait(unsigned int cpu, bool for_stop)
{
    const struct arch_cpu *a = cpu_of(cpu)->arch;

    for (unsigned int i = 0; i < STOP_WAIT_LOOPS; i++) {
        if (for_stop ? atomic_read_acquire(&a->state) == CPU_STATE_STOPPED
                     : !atomic_read_acquire(&a->nmi_request)) {
            return;
        }
        cpu_relax();
    }
    printk_raw("CPU %u does not answer\n", cpu);
}

void arch_cpu_stop_others(bool show)
{
    unsigned int cpu;

    if (!lapic_is_ready()) {
        return;
    }
    for_each_online_cpu(cpu) {
        if (cpu != this_cpu_id()) {
            ipi_nmi(cpu, NMI_REQUEST_STOP | (show ? NMI_REQUEST_DUMP : 0));
            ipi_wait(cpu, true);
        }
    }
}

void arch_cpu_dump_others(void)
{
    unsigned int cpu;

    for_each_online_cpu(cpu) {
        if (cpu != this_cpu_id()) {
            ipi_nmi(cpu, NMI_REQUEST_DUMP);
            ipi_wait(cpu, false);
        }
    }
}

void arch_cpu_halt(void)
{
    for (;;) {
        asm volatile("cli\n\thlt" : : : "memory");
    }
}

void arch_cpu_idle(void)
{
    if (unlikely(cpu_info.is_tcg)) {
        lapic_offer_again();
    }
    /* STI takes effect after HLT: no interrupt is lost between them. */
    asm volatile("sti\n\thlt\n\tcli" : : : "memory");
}

void arch_cpu_backtrace(void)
{
    stack_print((uintptr_t)__builtin_return_address(0),
                *(const uint64_t *)__builtin_frame_address(0));
}

void arch_cpu_dump(void)
{
    const struct trap_frame *f = this_cpu()->arch->fault;

    if (f) {
        trap_dump_frame(f);
        stack_print(f->rip, f->rbp);
        return;
    }
    printk_raw("CPU %u, cr0 %08lx cr2 %016lx cr3 %09lx cr4 %08lx\n",
               this_cpu_id(), cr0_read(), cr2_read(), cr3_read(),
               cr4_read());
    stack_print((uintptr_t)__builtin_return_address(0),
                *(const uint64_t *)__builtin_frame_address(0));
}

void arch_cpu_reset(void)
{
    const struct desc_ptr none = { 0 };

    arch_io_out8(PORT_RESET, RESET_HARD);
    arch_io_out8(PORT_RESET, RESET_HARD | RESET_CPU);
    arch_io_out8(PORT_KBC, KBC_RESET);
    /* The last resort: a triple fault. */
    idt_load(&none);
    asm volatile("ud2");
}
