/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end: say why, show where every CPU is, and restart.
 *
 * Locking: the first CPU to panic wins, others that follow stop where they
 * are.  From then on the console's lock is only waited for so long.
 */
#include <core/arch/arch_cpu.h>
#include <core/console/console.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/shutdown.h>
#include <core/kernel/version.h>
#include <core/sync/atomic.h>
#include <core/trace/trace.h>

#define PANIC_TRACE_RECORDS 32u

/* [a] CPU + 1 that panics first. */
static uint32_t panic_cpu;
/* [a] A second fault in the course of it: give up printing. */
static uint32_t panic_depth;

bool panic_is_on(void)
{
    return atomic_read_relaxed(&panic_cpu) != 0;
}

static void claim_panic(void)
{
    uint32_t nobody = 0;

    if (!atomic_cmpxchg(&panic_cpu, &nobody, this_cpu_id() + 1) &&
        nobody != this_cpu_id() + 1) {
        arch_cpu_halt();
    }
}

void panic(const char *fmt, ...)
{
    va_list args;
    uint32_t depth;

    claim_panic();
    depth = atomic_inc(&panic_depth);
    if (depth > 2) {
        shutdown_reset_now();
    }
    console_force();
    printk_raw("\n*** Panic on CPU %u: ", this_cpu_id());
    va_start(args, fmt);
    vprintk_raw(fmt, args);
    va_end(args);
    printk_raw("%s %s\n", version_info.name, version_info.version);
    if (depth == 1) {
        arch_cpu_dump();
        arch_cpu_stop_others(true);
        trace_dump(PANIC_TRACE_RECORDS);
    }
    shutdown_after_panic();
}

void panic_forget(void)
{
    atomic_set_relaxed(&panic_cpu, 0u);
    atomic_set_relaxed(&panic_depth, 0u);
}

void bug_fail(const char *what, const char *file, int line)
{
    panic("BUG: %s, %s:%d\n", what, file, line);
}

void bug_warn(const char *what, const char *file, int line)
{
    pr_warn("WARN: %s, %s:%d\n", what, file, line);
    arch_cpu_backtrace();
}

int err_trace_print(int err, const char *func, int line)
{
    pr_debug("error %d from %s:%d\n", err, func, line);
    return err;
}
