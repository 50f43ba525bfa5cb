/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of an exception or interrupt that hit the hypervisor: an
 * expected fault continues at its fix-up, NMI, machine check and interrupts
 * have their handlers, the rest is the end.
 */
#include <arch/x86/asm/extable.h>
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/bounded.h>
#include <arch/x86/cpu/ipi.h>
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/stack.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hw/vectors.h>
#include <core/arch/arch_irq.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/symbols.h>

static const char *const trap_names[VECTOR_EXCEPTIONS] = {
    [VECTOR_DE] = "divide error",
    [VECTOR_DB] = "debug exception",
    [VECTOR_NMI] = "NMI",
    [VECTOR_BP] = "breakpoint",
    [VECTOR_OF] = "overflow",
    [VECTOR_BR] = "bound range",
    [VECTOR_UD] = "invalid opcode",
    [VECTOR_NM] = "device not available",
    [VECTOR_DF] = "double fault",
    [VECTOR_TS] = "invalid TSS",
    [VECTOR_NP] = "segment not present",
    [VECTOR_SS] = "stack fault",
    [VECTOR_GP] = "general protection fault",
    [VECTOR_PF] = "page fault",
    [VECTOR_MF] = "x87 error",
    [VECTOR_AC] = "alignment check",
    [VECTOR_MC] = "machine check",
    [VECTOR_XM] = "SIMD error",
    [VECTOR_VE] = "virtualization exception",
    [VECTOR_CP] = "control protection",
    [VECTOR_HV] = "hypervisor injection",
    [VECTOR_VC] = "VMM communication",
    [VECTOR_SX] = "security exception",
};

static arch_irq_fn *device_handler RO_AFTER_INIT;

const char *trap_name(unsigned int vector)
{
    const char *name = NULL;

    if (vector < VECTOR_EXCEPTIONS) {
        name = trap_names[vector];
    }
    return name ? name : "?";
}

void arch_irq_set_dispatch(arch_irq_fn *fn)
{
    device_handler = fn;
}

void trap_dump_frame(const struct trap_frame *f)
{
    unsigned long offset = 0;
    const char *name = symbols_lookup(f->rip, &offset);

    printk_raw("CPU %u, vector %lu (%s), error %#lx\n", this_cpu_id(),
               f->vector, trap_name((unsigned int)f->vector), f->error);
    printk_raw("rip %016lx %s+%#lx\n", f->rip, name ? name : "?", offset);
    printk_raw("rsp %04lx:%016lx rflags %08lx cs %04lx\n", f->ss, f->rsp,
               f->rflags, f->cs);
    printk_raw("rax %016lx rbx %016lx rcx %016lx\n", f->rax, f->rbx, f->rcx);
    printk_raw("rdx %016lx rsi %016lx rdi %016lx\n", f->rdx, f->rsi, f->rdi);
    printk_raw("rbp %016lx r8  %016lx r9  %016lx\n", f->rbp, f->r8, f->r9);
    printk_raw("r10 %016lx r11 %016lx r12 %016lx\n", f->r10, f->r11, f->r12);
    printk_raw("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
    printk_raw("cr0 %08lx cr2 %016lx cr3 %09lx cr4 %08lx\n", cr0_read(),
               cr2_read(), cr3_read(), cr4_read());
}

static void __noreturn __cold trap_fatal(struct trap_frame *f)
{
    const unsigned int vector = (unsigned int)f->vector;
    const uintptr_t cr2 = cr2_read();

    this_cpu()->arch->fault = f;
    if (vector == VECTOR_PF || vector == VECTOR_DF) {
        if (stack_is_guard(cr2)) {
            panic("stack overflow, at %#lx\n", cr2);
        }
        panic("%s, error %#lx, address %#lx\n", trap_name(vector), f->error,
              cr2);
    }
    panic("%s, error %#lx\n", trap_name(vector), f->error);
}

static void trap_interrupt(struct trap_frame *f)
{
    const unsigned int vector = (unsigned int)f->vector;

    this_cpu()->arch->irq_count++;
    if (vector >= VECTOR_LAPIC_FIRST) {
        lapic_handle(vector);
        if (vector == VECTOR_TIMER) {
            bounded_tick(f);
        }
    } else if (vector >= VECTOR_DEVICE_FIRST &&
               vector <= VECTOR_DEVICE_LAST && device_handler) {
        device_handler((uint8_t)vector);
    }
    /* What is left are the masked 8259s' spurious ones: no EOI. */
}

void trap_dispatch(struct trap_frame *f)
{
    uintptr_t fixup;

    if (likely(f->vector >= VECTOR_EXCEPTIONS)) {
        trap_interrupt(f);
        return;
    }
    if (f->vector == VECTOR_NMI) {
        nmi_handle(f);
        return;
    }
    if (f->vector == VECTOR_MC) {
        mce_handle(f);
        return;
    }
    fixup = extable_find(f->rip);
    if (fixup && f->vector != VECTOR_DF) {
        f->rip = fixup;
    } else if (f->vector == VECTOR_DF || !bounded_trap(f)) {
        trap_fatal(f);
    }
}
