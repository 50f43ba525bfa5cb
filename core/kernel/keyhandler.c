/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug keys: the table and its dispatch.
 */
#include <core/arch/arch_cpu.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/keyhandler.h>
#include <core/lib/util.h>

struct key {
    char letter;
    void (*handler)(void);
    const char *what;
};

#define KEY(letter, handler, what) void handler(void);
#include <core/kernel/keys.def>
#undef KEY

static const struct key keys[] = {
#define KEY(letter, handler, what) { (letter), (handler), (what) },
#include <core/kernel/keys.def>
#undef KEY
};

void keyhandler_help(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        printk_raw("  %c  %s\n", keys[i].letter, keys[i].what);
    }
}

void keyhandler_crash(void)
{
    panic("Asked for by the debug key\n");
}

void keyhandler_dump_cpus(void)
{
    printk_raw("CPU %u:\n", this_cpu_id());
    arch_cpu_dump();
    arch_cpu_dump_others();
}

void keyhandler_run(char key)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].letter == key) {
            printk_raw("'%c': %s\n", key, keys[i].what);
            keys[i].handler();
            return;
        }
    }
    printk_raw("No such key (h prints the list)\n");
}
