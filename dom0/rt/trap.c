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
#define SPURIOUS_VECTOR (START_VECTORS - 1u)

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t type;
    uint16_t offset_mid;
    uint32_t offset_high;
    uint32_t reserved;
};

extern const char start_vectors[];

static struct gate trap_idt[START_VECTORS];
static struct loop_work *trap_work[START_VECTORS];

void trap_init(void)
{
    const struct desc_ptr idtr = { sizeof(trap_idt) - 1, (uint64_t)trap_idt };

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
    idt_load(&idtr);

    if (!(cpuid_raw(1, 0).ecx & CPUID_1_ECX_X2APIC)) {
        panic("the hypervisor offers no x2APIC");
    }
    msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE);
    msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_EXTD);
    msr_write(MSR_X2APIC(APIC_TPR), 0);
    msr_write(MSR_X2APIC(APIC_SVR), APIC_SVR_ENABLE | SPURIOUS_VECTOR);
}

void trap_handle(const struct trap_frame *f)
{
    if (f->vector < FIRST_INTERRUPT) {
        panic("exception %lu error %#lx rip %#lx cr2 %#lx rsp %#lx\n"
              " rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx",
              f->vector, f->error, f->rip, cr2_read(), f->rsp, f->rax,
              f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp);
    }
    if (f->vector == SPURIOUS_VECTOR) {
        return;
    }
    if (trap_work[f->vector] != NULL) {
        loop_post(trap_work[f->vector]);
    }
    msr_write(MSR_X2APIC(APIC_EOI), 0);
}

int trap_msi_alloc(struct loop_work *work)
{
    static unsigned int next = START_VECTOR_MSI;

    if (next == SPURIOUS_VECTOR) {
        return -ENOSPC;
    }
    trap_work[next] = work;
    return (int)next++;
}
