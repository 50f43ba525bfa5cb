/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot as a table: runs the rows of initcalls.def and says what each took.
 * Locking: none, one CPU; init_cpu() runs on the others, each for itself.
 */
#include <boot/boot_main.h>
#include <core/arch/arch_cpu.h>
#include <core/arch/arch_time.h>
#include <core/console/printk.h>
#include <core/init/init.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/util.h>

struct init_step {
    const char *name;
    void (*fn)(void);
    bool (*check)(void);
    bool is_per_cpu;
};

static const struct init_step steps[] = {
#define INIT(text, function) { .name = (text), .fn = (function) },
#define INIT_CPU(text, function)                                             \
    { .name = (text), .fn = (function), .is_per_cpu = true },
#define INIT_CPU_CHECK(text, function)                                       \
    { .name = (text), .check = (function), .is_per_cpu = true },
#include <core/init/initcalls.def>
#undef INIT
#undef INIT_CPU
#undef INIT_CPU_CHECK
};

static void INIT_TEXT init_steps(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
        const uint64_t start = arch_cycles();

        if (steps[i].fn) {
            steps[i].fn();
            printk(LOG_DEBUG, "init: %s: %lu cycles\n", steps[i].name,
                   arch_cycles() - start);
        }
    }
}

bool init_cpu(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
        if (!steps[i].is_per_cpu) {
            continue;
        }
        if (steps[i].check) {
            if (!steps[i].check()) {
                return false;
            }
        } else {
            steps[i].fn();
        }
    }
    return true;
}

/* Not INIT_TEXT: the last step gives that away. */
void init_main(uint64_t tsc)
{
    init_steps();
    cpu_set_online();
    printk(LOG_INFO, "Boot: %lu cycles since the loader's hand-over\n",
           arch_cycles() - tsc);
    boot_release();
    cpu_loop();
    unreachable();
}
