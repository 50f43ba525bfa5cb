/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMIs: requests of other CPUs (stop, show a backtrace), else an error of the
 * platform.  Takes no lock but the console's, which a panic breaks.
 */
#include <core/arch/arch_io.h>
#include <arch/x86/cpu/ipi.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/stack.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hw/vectors.h>
#include <core/arch/arch_cpu.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/sync/atomic.h>

/* System control port B: why the chipset raised an NMI. */
#define PORT_NMI_STATUS 0x61
#define NMI_STATUS_SERR 0x80
#define NMI_STATUS_IOCHK 0x40
#define NMI_STATUS_NONE 0xff

static void nmi_dump(struct trap_frame *f)
{
    trap_dump_frame(f);
    stack_print(f->rip, f->rbp);
}

static void nmi_platform(struct trap_frame *f)
{
    const uint8_t status = arch_io_in8(PORT_NMI_STATUS);

    if (status != NMI_STATUS_NONE &&
        (status & (NMI_STATUS_SERR | NMI_STATUS_IOCHK))) {
        this_cpu()->arch->fault = f;
        panic("NMI: the chipset reports %s error (port 0x61: %02x)\n",
              status & NMI_STATUS_SERR ? "a memory or bus" : "an I/O check",
              status);
    }
}

void nmi_handle(struct trap_frame *f)
{
    struct arch_cpu *a = this_cpu()->arch;
    const uint32_t request = atomic_exchange(&a->nmi_request, 0);

    a->nmi_count++;
    if (!request) {
        nmi_platform(f);
        return;
    }
    if (request & NMI_REQUEST_DUMP) {
        nmi_dump(f);
    }
    if (request & NMI_REQUEST_STOP) {
        atomic_set(&a->state, CPU_STATE_STOPPED);
        arch_cpu_halt();
    }
}

void trap_raise_mce(void)
{
    asm volatile("int %[mce]" : : [mce] "i"(VECTOR_MC) : "memory");
}

void trap_raise_nmi(void)
{
    asm volatile("int %[nmi]" : : [nmi] "i"(VECTOR_NMI) : "memory");
}
