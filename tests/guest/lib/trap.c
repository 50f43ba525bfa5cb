/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables and the dispatch of exceptions and interrupts.
 * No locking: the IDT and the handler table are written by the boot CPU
 * before they are used; counters are incremented atomically.
 * AMD64 Architecture Programmer's Manual, "Exceptions and Interrupts".
 */
#include <tests/guest/lib/trap.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/console.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define STUB_SIZE   16
#define STACK_SIZE  4096
#define GATE_INT    0x8e00u
#define GATE_USER   0xee00u
#define IST_DF      1
#define IST_NMI     2
#define IST_MC      3

struct trap_gate {
    uint16_t off0;
    uint16_t sel;
    uint16_t attr;
    uint16_t off16;
    uint32_t off32;
    uint32_t rsvd_12;
};

struct trap_dtr {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct trap_fixup {
    uint64_t from;
    uint64_t to;
};

_Static_assert(offsetof(struct guest_cpu, try_rsp) == 8, "trap_entry.S");
_Static_assert(sizeof(struct trap_tss) == 104, "TSS");

struct guest_cpu guest_cpu_area[GUEST_MAX_CPUS];
trap_irq_handler_t trap_irq_handlers[256];
volatile uint32_t trap_irq_count[256];
bool (*volatile trap_exception_hook)(struct trap_frame *f);

static struct trap_gate trap_idt[256];
static uint8_t trap_stacks[GUEST_MAX_CPUS][4][STACK_SIZE]
    __attribute__((aligned(16)));

extern const uint8_t trap_stubs[];
extern const struct trap_fixup trap_ex_start[];
extern const struct trap_fixup trap_ex_end[];
extern const uint8_t trap_try_land[];

void trap_dispatch(struct trap_frame *f);
uint32_t trap_user_enter(uint64_t rip, uint64_t rsp, uint64_t rax);

void trap_set_gate(unsigned int vec, const void *stub)
{
    const uint64_t addr = stub ? (uint64_t)stub
                               : (uint64_t)trap_stubs + vec * STUB_SIZE;

    trap_idt[vec].off0 = (uint16_t)addr;
    trap_idt[vec].off16 = (uint16_t)(addr >> 16);
    trap_idt[vec].off32 = (uint32_t)(addr >> 32);
}

static void trap_build_idt(void)
{
    for (unsigned int vec = 0; vec < 256; vec++) {
        unsigned int attr = GATE_INT;

        if (vec == VEC_USER_EXIT || vec == TRAP_BP || vec == TRAP_OF) {
            attr = GATE_USER;
        }
        if (vec == TRAP_DF) {
            attr |= IST_DF;
        } else if (vec == TRAP_NMI) {
            attr |= IST_NMI;
        } else if (vec == TRAP_MC) {
            attr |= IST_MC;
        }
        trap_idt[vec].sel = SEL_KERNEL_CS;
        trap_idt[vec].attr = (uint16_t)attr;
        trap_set_gate(vec, NULL);
    }
}

static void set_stack(uint32_t *slot, const uint8_t *stack)
{
    const uint64_t top = (uint64_t)stack + STACK_SIZE;

    slot[0] = (uint32_t)top;
    slot[1] = (uint32_t)(top >> 32);
}

static void load_tables(struct guest_cpu *c)
{
    const uint64_t tss = (uint64_t)&c->tss;
    const struct trap_dtr gdtr = { sizeof(c->gdt) - 1, (uint64_t)c->gdt };
    const struct trap_dtr idtr = { sizeof(trap_idt) - 1,
                                   (uint64_t)trap_idt };

    c->gdt[1] = 0x00af9b000000ffffull;
    c->gdt[2] = 0x00cf93000000ffffull;
    c->gdt[3] = 0x00cff3000000ffffull;
    c->gdt[4] = 0x00affb000000ffffull;
    c->gdt[5] = (sizeof(c->tss) - 1) | ((tss & 0xffffff) << 16) |
                (0x89ull << 40) | (((tss >> 24) & 0xff) << 56);
    c->gdt[6] = tss >> 32;
    asm volatile("lgdt %0" : : "m"(gdtr));
    asm volatile("lidt %0" : : "m"(idtr));
    asm volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                 : : "i"(SEL_KERNEL_CS) : "rax", "memory");
    asm volatile("movl %0, %%ss; movl %0, %%ds; movl %0, %%es"
                 : : "r"(SEL_KERNEL_DS) : "memory");
    asm volatile("ltr %w0" : : "r"(SEL_TSS));
}

void trap_init_cpu(unsigned int id)
{
    struct guest_cpu *c = &guest_cpu_area[id];

    if (id == 0) {
        trap_build_idt();
    }
    c->self = c;
    c->id = id;
    c->tss.iomap = sizeof(c->tss);
    set_stack(c->tss.rsp0, trap_stacks[id][0]);
    for (unsigned int i = 0; i < 3; i++) {
        set_stack(&c->tss.ist[2 * i], trap_stacks[id][1 + i]);
    }
    load_tables(c);
    wrmsr(MSR_GS_BASE, (uint64_t)c);
}

static void trap_interrupt(struct trap_frame *f)
{
    const unsigned int vec = (unsigned int)f->vector;

    __atomic_fetch_add(&trap_irq_count[vec], 1, __ATOMIC_SEQ_CST);
    if (trap_irq_handlers[vec]) {
        trap_irq_handlers[vec](f);
    } else if (vec != VEC_SPURIOUS) {
        apic_eoi();
    }
}

static void land(struct trap_frame *f, uint32_t fault)
{
    f->rip = (uint64_t)trap_try_land;
    f->rsp = this_cpu()->try_rsp;
    f->cs = SEL_KERNEL_CS;
    f->ss = SEL_KERNEL_DS;
    f->rflags = 2;
    f->rax = fault;
}

static bool fixup(struct trap_frame *f)
{
    for (const struct trap_fixup *e = trap_ex_start; e < trap_ex_end; e++) {
        if (e->from == f->rip) {
            f->rip = e->to;
            return true;
        }
    }
    return false;
}

static void die(const struct trap_frame *f)
{
    kprintf("trap %lu error %lx rip %lx rsp %lx cr2 %lx flags %lx cs %lx\n",
            f->vector, f->error, f->rip, f->rsp, read_cr2(), f->rflags,
            f->cs);
    kprintf("rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx\n",
            f->rax, f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp);
    test_abort("unexpected exception");
}

void trap_dispatch(struct trap_frame *f)
{
    struct guest_cpu *c = this_cpu();

    if (f->vector == VEC_USER_EXIT && (f->cs & 3) && c->try_rsp) {
        c->fault_cr2 = f->rax;
        land(f, 0);
        return;
    }
    if (f->vector >= 32) {
        trap_interrupt(f);
        return;
    }
    if (trap_exception_hook && trap_exception_hook(f)) {
        return;
    }
    if (f->vector == TRAP_NMI) {
        c->nmi_count++;
        return;
    }
    c->fault_cr2 = f->vector == TRAP_PF ? read_cr2() : 0;
    c->fault_rip = f->rip;
    c->fault = FAULT(f->vector, f->error);
    if (fixup(f)) {
        return;
    }
    if (c->try_rsp) {
        land(f, c->fault);
        return;
    }
    die(f);
}

static void call_code(void *code)
{
    ((void (*)(void))code)();
}

uint32_t trap_try_code(const void *code)
{
    return trap_try(call_code, (void *)(uintptr_t)code);
}

uint32_t trap_user_run(uint64_t rip, uint64_t rsp, uint64_t *rax)
{
    const uint32_t fault = trap_user_enter(rip, rsp, *rax);

    *rax = this_cpu()->fault_cr2;
    return fault;
}
