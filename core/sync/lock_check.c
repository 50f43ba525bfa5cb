/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock checker.  Each CPU keeps a small stack of the locks it holds;
 * taking one whose level is not above all of them is reported before the CPU
 * waits for it, so that a possible deadlock is found without its happening.
 *
 * Locking: per-CPU data only, apart from reading the holders for messages.
 */
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/symbols.h>
#include <core/sync/lock_check.h>

struct lock_class_info {
    const char *name;
    unsigned int level;
};

static const struct lock_class_info lock_classes[LOCK_CLASSES] = {
#define LOCK_CLASS(name, level, what) [LOCK_##name] = { #name, (level) },
#include <core/sync/lock_order.def>
#undef LOCK_CLASS
};

const char *lock_class_name(unsigned int lock_class)
{
    return lock_class < LOCK_CLASSES ? lock_classes[lock_class].name : "?";
}

static void print_place(const void *where)
{
    unsigned long off = 0;
    const char *const name = symbols_lookup((uintptr_t)where, &off);

    printk_raw(" at %p %s+%#lx\n", where, name ? name : "?", off);
}

static void __cold complain(const struct lock_held *held,
                            const struct spinlock *l, const char *what)
{
    printk_raw("lock check: %s %s, holder CPU %d, wanted",
               what, lock_class_name(l->lock_class), (int)l->holder - 1);
    print_place(__builtin_return_address(0));
    for (unsigned int i = 0; i < held->depth; i++) {
        printk_raw("lock check: CPU %u holds %s", this_cpu_id(),
                   lock_class_name(held->entry[i].lock->lock_class));
        print_place(held->entry[i].where);
    }
    panic("lock order violated\n");
}

void __noinline lock_check_acquire(struct spinlock *l,
                                   bool is_second_of_both)
{
    const struct lock_held *const held = &this_cpu()->held;
    const unsigned int level = lock_classes[l->lock_class].level;

    if (panic_is_on()) {
        return;
    }
    for (unsigned int i = 0; i < held->depth; i++) {
        const struct spinlock *const other = held->entry[i].lock;
        const unsigned int other_level =
            lock_classes[other->lock_class].level;

        if (other == l) {
            complain(held, l, "taken twice:");
        }
        if (other_level > level ||
            (other_level == level && !is_second_of_both)) {
            complain(held, l, "wrong order:");
        }
    }
}

void __noinline lock_check_acquired(struct spinlock *l)
{
    struct cpu *const c = this_cpu();
    struct lock_held *const held = &c->held;

    l->holder = (uint16_t)(c->id + 1);
    if (held->depth < LOCK_CHECK_DEPTH) {
        held->entry[held->depth].lock = l;
        held->entry[held->depth].where = __builtin_return_address(0);
        held->depth++;
    } else if (!panic_is_on()) {
        complain(held, l, "too many locks:");
    }
}

void __noinline lock_check_release(struct spinlock *l)
{
    struct lock_held *const held = &this_cpu()->held;
    unsigned int i = held->depth;

    while (i > 0 && held->entry[i - 1].lock != l) {
        i--;
    }
    if (i == 0) {
        if (!panic_is_on()) {
            complain(held, l, "released but not held:");
        }
        return;
    }
    for (; i < held->depth; i++) {
        held->entry[i - 1] = held->entry[i];
    }
    held->depth--;
    l->holder = 0;
}

void lock_check_none_held(void)
{
    if (IS_ENABLED(LOCK_CHECK)) {
        const struct lock_held *const held = &this_cpu()->held;

        if (unlikely(held->depth != 0)) {
            complain(held, held->entry[0].lock, "held at the loop head:");
        }
    }
}

void lock_check_dump(void)
{
    unsigned int cpu;

    if (!IS_ENABLED(LOCK_CHECK)) {
        printk_raw("locks are not recorded in this build\n");
        return;
    }
    for_each_online_cpu (cpu) {
        const struct lock_held *const held = &cpu_of(cpu)->held;
        const unsigned int depth = min(READ_ONCE(held->depth),
                                       LOCK_CHECK_DEPTH);

        printk_raw("CPU %u: %u locks\n", cpu, depth);
        for (unsigned int i = 0; i < depth; i++) {
            const struct spinlock *const l = READ_ONCE(held->entry[i].lock);

            printk_raw("  %s", l ? lock_class_name(l->lock_class) : "?");
            print_place(READ_ONCE(held->entry[i].where));
        }
    }
}
