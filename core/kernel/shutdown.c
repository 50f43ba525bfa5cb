/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reboot and power off.  No lock: the first CPU that comes here stops the
 * others.
 */
#include <core/arch/arch_cpu.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/shutdown.h>
#include <core/kernel/time.h>

#define MAX_WAYS 4u
#define AFTER_PANIC_NS (5 * NSEC_PER_SEC)

bool shutdown_noreboot;

static void (*ways[2][MAX_WAYS])(void);

void shutdown_register(enum shutdown_kind kind, void (*fn)(void))
{
    for (unsigned int i = 0; i < MAX_WAYS; i++) {
        if (!ways[kind][i]) {
            ways[kind][i] = fn;
            return;
        }
    }
    BUG();
}

static void try_ways(enum shutdown_kind kind)
{
    for (unsigned int i = 0; i < MAX_WAYS && ways[kind][i]; i++) {
        ways[kind][i]();
    }
}

void shutdown_reset_now(void)
{
    try_ways(SHUTDOWN_KIND_REBOOT);
    arch_cpu_reset();
    arch_cpu_halt();
}

void shutdown_reboot(void)
{
    pr_info("Rebooting\n");
    arch_cpu_stop_others(false);
    try_ways(SHUTDOWN_KIND_REBOOT);
    arch_cpu_reset();
    pr_err("This machine cannot be reset; switch it off\n");
    arch_cpu_halt();
}

void shutdown_poweroff(void)
{
    pr_info("Powering off\n");
    arch_cpu_stop_others(false);
    try_ways(SHUTDOWN_KIND_POWEROFF);
    pr_err("This machine cannot be switched off; do it by hand\n");
    arch_cpu_halt();
}

void shutdown_after_panic(void)
{
    if (shutdown_noreboot) {
        printk_raw("Halted; reset by hand (option noreboot)\n");
        arch_cpu_halt();
    }
    printk_raw("Reboot in five seconds\n");
    time_busy_wait(AFTER_PANIC_NS);
    shutdown_reset_now();
}
