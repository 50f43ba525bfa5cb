/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDT and TSS of each CPU.  The TSS is there for its interrupt stack table
 * only: NMI, machine check and double fault have stacks of their own.
 * SDM, "Task Management in 64-bit Mode".
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/gdt.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/segment.h>

#define DESC_BASE_LOW_SHIFT 16
#define DESC_BASE_LOW_MASK 0xffffffUL
#define DESC_BASE_HIGH_SHIFT 56
#define DESC_BASE_HIGH_MASK 0xffUL
#define DESC_ATTR_SHIFT 40

static void gdt_set_tss(struct arch_cpu *a)
{
    const uint64_t base = (uintptr_t)&a->tss;
    const uint64_t attr = DESC_PRESENT | DESC_TYPE_TSS_AVAIL;

    a->gdt[SEL_TSS / 8] =
        (sizeof(a->tss) - 1) |
        ((base & DESC_BASE_LOW_MASK) << DESC_BASE_LOW_SHIFT) |
        (attr << DESC_ATTR_SHIFT) |
        (((base >> 24) & DESC_BASE_HIGH_MASK) << DESC_BASE_HIGH_SHIFT);
    a->gdt[SEL_TSS / 8 + 1] = base >> 32;
}

void gdt_init(struct cpu *c)
{
    struct arch_cpu *a = c->arch;
    struct cpu_stacks *s = a->stacks;

    a->gdt[SEL_CS32 / 8] = DESC_CS32;
    a->gdt[SEL_CS64 / 8] = DESC_CS64;
    a->gdt[SEL_DS / 8] = DESC_DS;
    gdt_set_tss(a);

    a->tss.rsp[0] = (uintptr_t)s->main + sizeof(s->main);
    for (unsigned int i = 0; i < IST_COUNT; i++) {
        /* Gates count from one. */
        a->tss.ist[i] =
            (uintptr_t)s->ist[i].stack + sizeof(s->ist[i].stack);
    }
    a->tss.iomap_base = sizeof(a->tss);
}

static void gdt_load_tss(void)
{
    /* It was marked busy if it has been loaded before. */
    gdt_set_tss(this_cpu()->arch);
    asm volatile("ltr %w[sel]" : : [sel] "r"(SEL_TSS) : "memory");
}

void gdt_load_cpu(void)
{
    struct arch_cpu *a = this_cpu()->arch;
    const struct desc_ptr ptr = {
        .limit = sizeof(a->gdt) - 1,
        .base = (uintptr_t)a->gdt,
    };

    gdt_load(&ptr);
    asm volatile("pushq %[cs]\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\n\t"
                 "movl %[ds], %%ds\n\t"
                 "movl %[ds], %%es\n\t"
                 "movl %[ds], %%ss"
                 :
                 : [cs] "i"(SEL_CS64), [ds] "r"(SEL_DS)
                 : "rax", "memory");
    asm volatile("lldt %w[sel]" : : [sel] "r"(0));
    gdt_load_tss();
}
