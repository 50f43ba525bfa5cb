/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDT, one for all CPUs: 256 interrupt gates, so that interrupts are off
 * in every handler.  SDM, "64-Bit Mode IDT".
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/hw/segment.h>
#include <arch/x86/hw/vectors.h>
#include <core/lib/compiler.h>
#include <core/lib/util.h>

struct idt_gate {
    uint16_t offset_0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_16;
    uint32_t offset_32;
    uint32_t rsvd_c;
};

static_assert(sizeof(struct idt_gate) == 16, "SDM, 64-Bit Mode IDT");

/* Stubs of entry.S, this far apart. */
#define TRAP_STUB_SIZE 16
extern const uint8_t trap_stubs[];

static struct idt_gate idt[VECTOR_COUNT] RO_AFTER_INIT __aligned(PAGE_SIZE);

static uint8_t idt_ist_of(unsigned int vector)
{
    switch (vector) {
    case VECTOR_NMI:
        return IST_NMI;
    case VECTOR_MC:
        return IST_MCE;
    case VECTOR_DF:
        return IST_DF;
    default:
        return IST_NONE;
    }
}

void idt_init(void)
{
    for (unsigned int i = 0; i < VECTOR_COUNT; i++) {
        const uintptr_t stub = (uintptr_t)trap_stubs + i * TRAP_STUB_SIZE;

        idt[i] = (struct idt_gate){
            .offset_0 = (uint16_t)stub,
            .selector = SEL_CS64,
            .ist = idt_ist_of(i),
            .type = DESC_PRESENT | DESC_TYPE_INTR_GATE,
            .offset_16 = (uint16_t)(stub >> 16),
            .offset_32 = (uint32_t)(stub >> 32),
        };
    }
}

void idt_load_cpu(void)
{
    const struct desc_ptr ptr = {
        .limit = sizeof(idt) - 1,
        .base = (uintptr_t)idt,
    };

    idt_load(&ptr);
}
