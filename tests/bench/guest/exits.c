/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of plain exits: hypercall, CPUID, MSR, port, MMIO, multicall.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/x86.h>

#define LOOPS       64
#define MULTICALLS  32
#define PORT_PIC    0x21
#define PORT_PCI    0xcf8
#define IOAPIC_BASE 0xfec00000ull
#define IOAPIC_RTE  0x10u

static volatile uint8_t *const ioapic = (uint8_t *)IOAPIC_BASE;

static void op_hypercall(void)
{
    hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static void op_cpuid(void)
{
    cpuid(0, 0);
}

static void op_rdmsr(void)
{
    rdmsr(MSR_APIC_BASE);
}

static void op_port(void)
{
    inb(PORT_PIC);
}

static void op_pci_latch(void)
{
    outl(PORT_PCI, 0x80000000u);
}

static void op_ioapic_read(void)
{
    mmio_read32(ioapic + 0x10);
}

static void op_ioapic_write(void)
{
    mmio_write32(ioapic + 0x10, 0x10000u);
}

static void op_yield(void)
{
    hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

static void op_multicall(void)
{
    static struct multicall_entry calls[MULTICALLS];

    for (unsigned int i = 0; i < MULTICALLS; i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
        calls[i].args[1] = 0;
    }
    hypercall2(__HYPERVISOR_multicall, (uint64_t)calls, MULTICALLS);
}

#define SAMPLE(name)                                                        \
    static uint64_t sample_##name(void)                                     \
    {                                                                       \
        return bench_loop(op_##name, LOOPS);                                \
    }

SAMPLE(hypercall)
SAMPLE(cpuid)
SAMPLE(rdmsr)
SAMPLE(port)
SAMPLE(pci_latch)
SAMPLE(ioapic_read)
SAMPLE(ioapic_write)
SAMPLE(yield)

static uint64_t sample_multicall(void)
{
    return bench_loop(op_multicall, 1);
}

void bench_calls(void)
{
    bench_row("hypercall", sample_hypercall);
    bench_row("yield", sample_yield);
}

void bench_exits(void)
{
    bench_calls();
    bench_row("cpuid", sample_cpuid);
    bench_row("rdmsr", sample_rdmsr);
    bench_row("port", sample_port);
    bench_row("pci_latch", sample_pci_latch);
    /* The last pin: nothing is wired to it, and it stays masked. */
    mmio_write32(ioapic, IOAPIC_RTE + 2 * 23);
    bench_row("ioapic_read", sample_ioapic_read);
    bench_row("ioapic_write", sample_ioapic_write);
    bench_row("multicall", sample_multicall);
}
