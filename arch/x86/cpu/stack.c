/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU stacks with guard pages, and backtraces by frame pointers.
 */
#include <arch/x86/cpu/stack.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/mm/pgtable.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/symbols.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>

#define STACK_FRAMES_MAX 32u

static int stack_map(uint8_t *stack, unsigned int order)
{
    void *va = xpage_alloc(order);

    if (!va) {
        return -ENOMEM;
    }
    return pgtable_map((uintptr_t)stack, arch_va_to_paddr(va),
                       PAGE_SIZE << order, MAP_RW, MEMTYPE_WB);
}

struct cpu_stacks *stack_create(unsigned int id)
{
    struct cpu_stacks *s =
        (struct cpu_stacks *)(STACKS_VIRT + id * sizeof(*s));

    for (unsigned int i = 0; i < IST_COUNT; i++) {
        if (stack_map(s->ist[i].stack, 0)) {
            return NULL;
        }
    }
    return stack_map(s->main, CPU_STACK_ORDER) ? NULL : s;
}

void INIT_TEXT stack_guard_cpu0(void)
{
    for (unsigned int i = 0; i < IST_COUNT; i++) {
        pgtable_unmap((uintptr_t)cpu0_stacks.ist[i].guard, PAGE_SIZE);
    }
    pgtable_unmap((uintptr_t)cpu0_stacks.main_guard, PAGE_SIZE);
}

bool stack_is_guard(uintptr_t addr)
{
    const struct cpu_stacks *s = this_cpu()->arch->stacks;

    for (unsigned int i = 0; i < IST_COUNT; i++) {
        if (addr - (uintptr_t)s->ist[i].guard < PAGE_SIZE) {
            return true;
        }
    }
    return addr - (uintptr_t)s->main_guard < PAGE_SIZE;
}

/* May @size bytes at @addr be read as stack of this CPU. */
static bool stack_holds(uintptr_t addr, size_t size)
{
    const struct cpu_stacks *s = this_cpu()->arch->stacks;
    const uintptr_t off = addr - (uintptr_t)s;

    return !(addr % sizeof(uint64_t)) && off < sizeof(*s) &&
           off + size <= sizeof(*s) && !stack_is_guard(addr) &&
           !stack_is_guard(addr + size - 1);
}

static void stack_print_entry(uintptr_t rip)
{
    unsigned long offset;
    const char *name = symbols_lookup(rip, &offset);

    if (name) {
        printk_raw("  %016lx %s+%#lx\n", rip, name, offset);
    } else {
        printk_raw("  %016lx\n", rip);
    }
}

void stack_print(uintptr_t rip, uintptr_t rbp)
{
    printk_raw("Call trace:\n");
    stack_print_entry(rip);
    for (unsigned int i = 0; i < STACK_FRAMES_MAX; i++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (!stack_holds(rbp, 2 * sizeof(uint64_t))) {
            break;
        }
        /* Behind a call that does not return another function may begin. */
        stack_print_entry(frame[1] - 1);
        /* Callers lie higher; anything else is a loop or rubbish. */
        if (frame[0] <= rbp) {
            break;
        }
        rbp = frame[0];
    }
}

/* The compiler calls this by name when a canary was overwritten. */
void __noreturn __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    panic("stack smashed in the function that returns to %p\n",
          __builtin_return_address(0));
}
