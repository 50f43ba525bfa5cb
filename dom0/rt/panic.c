/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the control domain.
 */
#include <stdarg.h>

#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <dom0/rt/con.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/panic.h>
#include <dom0/rt/x86.h>

#define REASON_MAX 256

void __stack_chk_fail(void) __noreturn;

void panic_shutdown(unsigned int reason)
{
    struct sched_shutdown arg = { .reason = reason };

    hypercall_sched(SCHEDOP_shutdown, &arg);
    for (;;) {
        x86_halt();
    }
}

void panic(const char *fmt, ...)
{
    char reason[REASON_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    con_write("\ndom0: PANIC: ", 14);
    con_write(reason, strlen(reason));
    con_write("\n", 1);
    panic_shutdown(SHUTDOWN_crash);
}

void __stack_chk_fail(void)
{
    panic("a function wrote past the end of its stack frame");
}
