/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts. Chapter: AMD64 Programmer's Manual volume 2,
 * "Exceptions and Interrupts"; Intel SDM volume 3, "Extended XAPIC (x2APIC)".
 */
#include <dom0/rt/rt.h>
#include <dom0/rt/start.h>
#include <dom0/rt/trap.h>

#define GATE_INTERRUPT 0x8e00u
#define CPUID_1_ECX_X2APIC BIT(21)
#define STUB_BYTES 16u
#define FIRST_INTERRUPT 32u
#define MSI_VECTORS (START_VECTORS - START_VECTOR_MSI)
#define SPURIOUS_VECTOR (START_VECTORS - 1u)

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t type;
    uint16_t offset_mid;
    uint32_t offset_high;
    uint32_t reserved;
};

struct idtr {
    uint16_t limit;
    uint64_t base;
} __packed;

extern const char start_vectors[];

static struct gate trap_idt[START_VECTORS];
static trap_msi_fn *trap_fn[MSI_VECTORS];
static void *trap_ctx[MSI_VECTORS];
static unsigned int trap_msi_count;
static uint32_t trap_msi_came;

void trap_init(void)
{
    const struct idtr idtr = { sizeof(trap_idt) - 1, (uint64_t)trap_idt };

    for (unsigned int i = 0; i < START_VECTORS; i++) {
        const uint64_t at = (uint64_t)start_vectors + i * STUB_BYTES;

        trap_idt[i] = (struct gate){
            .offset_low = (uint16_t)at,
            .selector = START_CS,
            .type = GATE_INTERRUPT,
            .offset_mid = (uint16_t)(at >> 16),
            .offset_high = (uint32_t)(at >> 32),
        };
    }
    asm volatile("lidt %0" :: "m"(idtr));

    if (!(x86_cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC)) {
        panic("the hypervisor offers no x2APIC");
    }
    x86_wrmsr(MSR_APIC_BASE, x86_rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE);
    x86_wrmsr(MSR_APIC_BASE, x86_rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
    x86_wrmsr(MSR_X2APIC_TPR, 0);
    x86_wrmsr(MSR_X2APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_VECTOR);
}

void trap_handle(const struct trap_frame *f)
{
    if (f->vector < FIRST_INTERRUPT) {
        panic("exception %lu error %#lx rip %#lx cr2 %#lx rsp %#lx\n"
              " rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx",
              f->vector, f->error, f->rip, x86_read_cr2(), f->rsp, f->rax,
              f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp);
    }
    if (f->vector == SPURIOUS_VECTOR) {
        return;
    }
    if (f->vector >= START_VECTOR_MSI) {
        trap_msi_came |= BIT32(f->vector - START_VECTOR_MSI);
    }
    x86_wrmsr(MSR_X2APIC_EOI, 0);
}

int trap_msi_alloc(trap_msi_fn *fn, void *ctx)
{
    const unsigned int i = trap_msi_count;

    if (i >= SPURIOUS_VECTOR - START_VECTOR_MSI) {
        return -ENOSPC;
    }
    trap_fn[i] = fn;
    trap_ctx[i] = ctx;
    trap_msi_count++;
    return (int)(START_VECTOR_MSI + i);
}

bool trap_msi_dispatch(void)
{
    uint32_t came = trap_msi_came;

    if (came == 0) {
        return false;
    }
    trap_msi_came = 0;
    while (came != 0) {
        const unsigned int i = bit_lowest(came);

        came &= came - 1;
        trap_fn[i](trap_ctx[i]);
    }
    return true;
}
